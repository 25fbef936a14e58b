"""Headers that each request to a server carries, such as its credentials."""

import base64
from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase

AUTHORIZATION = "Authorization"
_HIDDEN = "***"


@dataclass(frozen=True)
class RequestHeaders(AuthBase):
    """Headers that each request carries. Their values are secrets: no repr and no message has them.

    They are given to requests as its ``auth``. Without that, it would send what a .netrc file has
    for the host.

    Attributes:
        headers: names and values.
        secrets: the values, and what they are made of, such as a password.

    """

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers to a request."""
        request.headers.update(self.headers)
        return request

    def __add__(self, other: "RequestHeaders") -> "RequestHeaders":
        """Return the headers of both."""
        return RequestHeaders(self.headers + other.headers, self.secrets + other.secrets)

    def has(self, name: str) -> bool:
        """Return whether there is a header of this name."""
        return any(known.lower() == name.lower() for known, _ in self.headers)

    def hide_in(self, text: str) -> str:
        """Return a text with ``***`` in place of each secret: servers may repeat what they got."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


NO_HEADERS = RequestHeaders()


def plain(name: str, value: str) -> RequestHeaders:
    """Return a header of any name."""
    # Of "Bearer abc", a server may repeat "abc".
    secrets = [value, *value.split(" ", 1)[1:]]
    return RequestHeaders(((name, value),), tuple(filter(None, secrets)))


def bearer(token: str) -> RequestHeaders:
    """Return the header that carries a bearer token."""
    return plain(AUTHORIZATION, f"Bearer {token}")


def basic(user: str, password: str) -> RequestHeaders:
    """Return the header of basic authentication."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    own = RequestHeaders((), (password,) if password else ())
    return plain(AUTHORIZATION, f"Basic {pair}") + own

"""Where a Prometheus is, and what each request to it carries: tenant, credentials, certificates.

All programs that ask a Prometheus read the same environment variables for this.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from quotas.http.headers import AUTHORIZATION, NO_HEADERS, RequestHeaders, basic, bearer, plain
from quotas.settings import Setting, SettingsReader, hide_password, parse_token, parse_url

EXAMPLE_URL = "http://prometheus:9090"
LARGEST_HEADERS_BYTES = 65_536
MOST_HEADERS = 50

HEADERS_FILE, TOKEN, CA_FILE = "PROMETHEUS_HEADERS_FILE", "PROMETHEUS_TOKEN", "PROMETHEUS_CA_FILE"
ENDPOINT_SETTINGS = (
    Setting(
        HEADERS_FILE,
        "",
        "a file of headers that each request to Prometheus carries, one `Name: value` a line, such "
        "as `X-Scope-OrgID: team-a`",
    ),
    Setting(TOKEN, "", "the bearer token that each request to Prometheus carries", secret=True),
    Setting(
        CA_FILE,
        "",
        "a file of certificates (PEM) of the authorities that Prometheus's own certificate is "
        "checked with; empty: those of the system",
    ),
)

# RFC 9110, section 5.6.2. Values have no characters beyond ASCII, which servers read differently.
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([!-~](?:[ -~\t]*[!-~])?)")
# They describe the connection or the body, and are set for each request.
_NOT_ALLOWED = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)


@dataclass(frozen=True)
class Endpoint:
    """A Prometheus, or another server with its API. Neither its repr nor ``url`` has a secret.

    Attributes:
        url: the address, without user, password, and final slash.
        headers: what each request carries.
        ca_file: a file of certificates that it is checked with; empty for those of the system.

    """

    url: str
    headers: RequestHeaders = NO_HEADERS
    ca_file: str = ""


def make_endpoint(url: str, environ: Mapping[str, str]) -> Endpoint:
    """Return the endpoint at an address, with what the environment variables add to each request.

    Raises:
        SettingsError: the address or a variable is wrong. The message has no secret.

    """
    reader = SettingsReader(ENDPOINT_SETTINGS, environ)
    try:
        url = parse_prometheus_url(url)
    except ValueError as error:
        reader.mistakes.append(f'"{hide_password(url)}" {error}')
        url = EXAMPLE_URL
    endpoint = read_endpoint(reader, url)
    reader.check()
    return endpoint


def parse_prometheus_url(text: str) -> str:
    """Return the address of a Prometheus; it may have a user and a password.

    Raises:
        ValueError: it is none.

    """
    return parse_url(text, "Prometheus", EXAMPLE_URL)


def read_endpoint(reader: SettingsReader, url: str) -> Endpoint:
    """Return the endpoint at an address, with the settings of ENDPOINT_SETTINGS.

    Mistakes are added to those of the reader.

    Args:
        reader: reads ENDPOINT_SETTINGS, at least.
        url: the address, as ``parse_prometheus_url`` returns it, or empty.

    """
    headers = reader.parse(HEADERS_FILE, _read_headers, NO_HEADERS)
    has_authorization = {HEADERS_FILE: headers.has(AUTHORIZATION)}
    token = reader.parse(TOKEN, parse_token, "")
    has_authorization[TOKEN] = bool(token)
    if token:
        headers += bearer(token)
    parts = urlsplit(url)
    pair, at, host = parts.netloc.rpartition("@")
    has_authorization["the address"] = bool(at)
    if at:
        user, _, password = pair.partition(":")
        headers += basic(unquote(user), unquote(password))
        url = parts._replace(netloc=host).geturl()
    several = [name for name, has in has_authorization.items() if has]
    if len(several) > 1:
        reader.mistakes.append(
            f"{' and '.join(several)} each say who asks Prometheus, and a request can only carry "
            f"one {AUTHORIZATION}; keep one of them"
        )
    return Endpoint(url, headers, reader.parse(CA_FILE, _check_ca_file, ""))


def _read_headers(text: str) -> RequestHeaders:
    """Return the headers in a file. No message has the content of a line."""
    headers = NO_HEADERS
    if not text:
        return headers
    try:
        with Path(text).open("rb") as file:
            content = file.read(LARGEST_HEADERS_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); name a readable file") from error
    if len(content) > LARGEST_HEADERS_BYTES:
        raise ValueError(f"is larger than {LARGEST_HEADERS_BYTES:,} bytes; a header needs few")
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _HEADER.fullmatch(line.rstrip())
        if match is None:
            raise ValueError(
                f"has no header in line {number}; write a name, a colon and a value of printable "
                f'ASCII characters, such as "X-Scope-OrgID: team-a"'
            )
        name, value = match.groups()
        if name.lower() in _NOT_ALLOWED:
            raise ValueError(f"sets {name} in line {number}, which each request sets; remove it")
        if headers.has(name):
            raise ValueError(f"sets {name} in line {number} again; keep one of these lines")
        headers += plain(name, value)
    if len(headers.headers) > MOST_HEADERS:
        raise ValueError(f"has {len(headers.headers)} headers; the most are {MOST_HEADERS}")
    return headers


def _check_ca_file(text: str) -> str:
    if not text:
        return ""
    try:
        ssl.create_default_context(cafile=text)
    except (OSError, ValueError) as error:
        why = error.reason if isinstance(error, ssl.SSLError) else None
        why = why or getattr(error, "strerror", None) or "it has none"
        raise ValueError(
            f"holds no certificates that can be used ({why}); name a file of certificates in PEM, "
            f'which begin with "-----BEGIN CERTIFICATE-----"'
        ) from error
    return text

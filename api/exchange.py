"""One request over HTTP and its answer, both bounded: in size, and in time."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

CONNECT_TIMEOUT_SECONDS = 3
_CHUNK_BYTES = 2**16
_MOST_CONNECTIONS = 32

OK = 200


class UpstreamError(Exception):
    """Whom we ask gave no answer that can be used; the message can be shown to anyone."""

    def __init__(self, message: str, who: str = "Prometheus") -> None:
        self.who = who
        super().__init__(message)


class UnavailableError(UpstreamError):
    """It cannot be reached, or says that it is not ready."""


class TooSlowError(UpstreamError):
    """It did not answer in time."""


class BadAnswerError(UpstreamError):
    """It refused the question, or its answer is none."""


class TooLargeError(BadAnswerError):
    """Its answer is larger than what is read of it."""


@dataclass(frozen=True)
class Bounds:
    """Who is asked, how long a wait may be, and how much of an answer is read."""

    who: str
    longest_seconds: int
    largest_bytes: int


def open_session() -> requests.Session:
    """Return what keeps connections open, for all threads: it holds no cookies."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS))
    return session


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    bounds: Bounds,
    *,
    form: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    auth: AuthBase | None = None,
) -> tuple[int, bytes]:
    """Return status and body of an answer; no redirect is followed.

    The whole exchange ends at twice the longest wait, trickles too.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError, TooLargeError: there is no whole answer.

    """
    who, longest = bounds.who, bounds.longest_seconds
    deadline = time.monotonic() + longest
    try:
        with session.request(
            method,
            url,
            data=form,
            params=parameters,
            auth=auth,
            timeout=(CONNECT_TIMEOUT_SECONDS, longest),
            allow_redirects=False,  # the question would be lost on the way
            stream=True,
        ) as response:
            return response.status_code, b"".join(_read_chunks(response, bounds, deadline))
    except requests.ConnectTimeout as error:
        raise UnavailableError("it cannot be reached", who) from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise TooSlowError(f"it did not answer within {longest} seconds", who) from error
    except requests.ConnectionError as error:
        # A wait that ran out while the body was read is a ConnectionError to requests.
        if time.monotonic() >= deadline:
            raise TooSlowError(f"it did not answer within {longest} seconds", who) from error
        raise UnavailableError("it cannot be reached", who) from error
    except (requests.RequestException, HTTPError) as error:
        raise BadAnswerError("its answer broke off or cannot be read", who) from error


def _read_chunks(response: requests.Response, bounds: Bounds, deadline: float) -> Iterator[bytes]:
    size = 0
    # What has arrived, not a whole chunk: else a trickle would not be noticed until it is one.
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        size += len(chunk)
        if size > bounds.largest_bytes:
            largest = f"{bounds.largest_bytes // 2**20} MiB"
            raise TooLargeError(f"its answer is larger than {largest}", bounds.who)
        if time.monotonic() >= deadline:
            raise TooSlowError("it did not finish its answer in time", bounds.who)
        yield chunk

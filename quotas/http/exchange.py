"""One request over HTTP and its answer, both bounded: in size, and in time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from quotas.http import deadline

CONNECT_TIMEOUT_SECONDS = 3
_CHUNK_BYTES = 2**16
_TOO_SLOW = "it gave no whole answer within %d seconds"

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
    session = deadline.open_session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # What is not compressed is as large as it says, and costs whom we ask less.
    session.headers["Accept-Encoding"] = "identity"
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

    All of it ends after the longest wait, whatever trickles in.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError, TooLargeError: there is no whole answer.

    """
    who, longest = bounds.who, bounds.longest_seconds
    too_slow = TooSlowError(_TOO_SLOW % longest, who)
    with deadline.deadline(longest) as time:
        try:
            with session.request(
                method,
                url,
                data=form,
                params=parameters,
                auth=auth,
                # The deadline comes first.
                timeout=(CONNECT_TIMEOUT_SECONDS, longest + 1),
                stream=True,
            ) as response:
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise BadAnswerError("its answer is compressed, without being asked to", who)
                body = b"".join(_read_chunks(response, bounds))
        except (requests.RequestException, HTTPError, OSError) as error:
            raise (too_slow if time.has_passed else _translate(error, bounds)) from error
        if time.has_passed:
            # Without a length, an answer that is cut off looks like a whole one.
            raise too_slow
        return response.status_code, body


def _translate(error: Exception, bounds: Bounds) -> UpstreamError:
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return TooSlowError(_TOO_SLOW % bounds.longest_seconds, bounds.who)
    if isinstance(error, (requests.ConnectionError, requests.ConnectTimeout)):
        return UnavailableError("it cannot be reached", bounds.who)
    return BadAnswerError("its answer broke off or cannot be read", bounds.who)


def _read_chunks(response: requests.Response, bounds: Bounds) -> Iterator[bytes]:
    size = 0
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
        size += len(chunk)
        if size > bounds.largest_bytes:
            largest = f"{bounds.largest_bytes // 2**20} MiB"
            raise TooLargeError(f"its answer is larger than {largest}", bounds.who)
        yield chunk

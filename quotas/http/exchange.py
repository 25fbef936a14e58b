"""One HTTP request and its JSON answer, both bounded in size and in time."""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import orjson
import requests
from urllib3.exceptions import HTTPError

from quotas.http import deadline
from quotas.http.headers import NO_HEADERS, RequestHeaders

CONNECT_TIMEOUT_SECONDS = 3
_CHUNK_BYTES = 2**16
_LONGEST_LOGGED = 500
_MOST_WORDS_BYTES = 2**16

OK, _TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE, _GATEWAY_TIMEOUT = 200, 429, 503, 504

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)


class UpstreamError(Exception):
    """A server gave no usable answer; the message can be shown to anyone, ``who`` names it.

    ``reason`` is what the system says about a connection that failed, such as "Connection refused".
    """

    def __init__(self, message: str, who: str = "Prometheus", reason: str = "") -> None:
        self.who = who
        self.reason = reason
        super().__init__(message)


class UnavailableError(UpstreamError):
    """It cannot be reached, or says that it is not ready."""


class TooSlowError(UpstreamError):
    """It did not answer in time."""


class BadAnswerError(UpstreamError):
    """It refused the request, or its answer cannot be read."""


class TooLargeError(BadAnswerError):
    """Its answer is larger than what is read of it."""


def open_session() -> requests.Session:
    """Return a session that keeps connections open, for all threads; it keeps no cookies."""
    session = deadline.open_session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # An uncompressed answer is as large as it says, and costs the server less.
    session.headers["Accept-Encoding"] = "identity"
    return session


@dataclass(frozen=True)
class Server:
    """A server that answers JSON: its name in messages, address, and the bounds of an exchange.

    Attributes:
        name: its name in messages.
        url: its address.
        longest_seconds: how long an exchange may take.
        largest_bytes: how large an answer may be.
        headers: what each request carries.
        ca_file: a file of certificates that it is checked with; empty for those of the system.
        session: what keeps connections open.

    """

    name: str
    # It may hold a password, and a repr ends in logs.
    url: str = field(repr=False)
    longest_seconds: int
    largest_bytes: int
    headers: RequestHeaders = NO_HEADERS
    ca_file: str = ""
    session: requests.Session = field(default_factory=open_session, repr=False, compare=False)


@dataclass(frozen=True)
class Content:
    """The body of a request that is no form, and its media type."""

    media_type: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer of any status. ``location`` is where a redirect leads; else it is empty."""

    status: int
    body: bytes | bytearray
    location: str = ""


def ask(
    server: Server,
    method: str,
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    explain: Callable[[int, bytes], UpstreamError | None] = lambda _status, _body: None,
    receive: Callable[[Iterator[bytes]], bytes | bytearray] = b"".join,
    decode: Callable[[bytes | bytearray], _T] = orjson.loads,
) -> _T:
    """Return the JSON that a server answers with status 200. Redirects are not followed.

    Args:
        server: whom to ask.
        method: GET or POST.
        path: appended to the server's address.
        form: the body of a POST.
        parameters: the query of a GET.
        explain: returns the error for another status and its body, where it knows better than
            the general words.
        receive: returns the body from its parts.
        decode: returns what the body says; a ValueError means that it is not JSON.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError, TooLargeError: there is no usable answer.

    """
    answer = exchange(server, method, path, form=form, parameters=parameters, receive=receive)
    if answer.status != OK:
        # Its words only go to the log: they may be about things the caller must not see.
        words = read_words(server, answer, _LONGEST_LOGGED)
        _logger.warning("%s answered HTTP %d: %r", server.name, answer.status, words)
        raise explain(answer.status, bytes(answer.body)) or _refusal(server, answer.status)
    try:
        return decode(answer.body)
    except ValueError as error:
        raise BadAnswerError("its answer is not JSON", server.name) from error


def _refusal(server: Server, status: int) -> UpstreamError:
    if status in (_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE):
        return UnavailableError(f"it is not ready (HTTP {status})", server.name)
    if status == _GATEWAY_TIMEOUT:
        return TooSlowError("it took too long", server.name)
    return BadAnswerError(f"it refused the request (HTTP {status})", server.name)


def read_words(server: Server, answer: Answer, longest: int) -> str:
    """Return the beginning of an answer's text, without the secrets that the request carried."""
    text = answer.body[:_MOST_WORDS_BYTES].decode("utf-8", "replace")
    return server.headers.hide_in(text).strip()[:longest]


def exchange(
    server: Server,
    method: str,
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    content: Content | None = None,
    receive: Callable[[Iterator[bytes]], bytes | bytearray] = b"".join,
) -> Answer:
    """Return an answer of any status, in ``longest_seconds`` or by the end of ``deadline.within``.

    Args:
        server: whom to ask.
        method: the method of HTTP.
        path: appended to the server's address.
        form: the body of a POST.
        parameters: the query.
        content: the body in place of a form.
        receive: returns the body from its parts.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError, TooLargeError: there is no whole answer.

    """
    who, longest = server.name, deadline.seconds_left(server.longest_seconds)
    if longest <= 0:
        raise TooSlowError("the time for this request is over", who)
    too_slow = TooSlowError(f"it gave no whole answer within {longest:.0f} seconds", who)
    with deadline.deadline(longest) as time:
        try:
            with server.session.request(
                method,
                server.url + path,
                data=form if content is None else content.body,
                params=parameters,
                headers=None if content is None else {"Content-Type": content.media_type},
                auth=server.headers,
                verify=server.ca_file or None,
                # The deadline comes first.
                timeout=(CONNECT_TIMEOUT_SECONDS, longest + 1),
                stream=True,
            ) as response:
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise BadAnswerError("its answer is compressed, without being asked to", who)
                body = receive(_read_chunks(response, server))
        except (requests.RequestException, HTTPError, OSError) as error:
            if time.has_passed or _is_timeout(error):
                raise too_slow from error
            raise _translate(error, who) from error
        if time.has_passed:
            # Without a length, an answer that is cut off looks like a whole one.
            raise too_slow
        return Answer(response.status_code, body, response.headers.get("Location", ""))


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout)


def _translate(error: Exception, who: str) -> UpstreamError:
    if isinstance(error, (requests.ConnectionError, requests.ConnectTimeout)):
        reason = _reason_of(error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            message = "it cannot be reached: its certificate is not trusted"
            return UnavailableError(message, who, reason.verify_message)
        return UnavailableError("it cannot be reached", who, (reason and reason.strerror) or "")
    return BadAnswerError("its answer broke off or cannot be read", who)


def _reason_of(error: BaseException) -> OSError | None:
    """Return the error of the system that led to this one, if any."""
    found = None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            found = cause
        cause = cause.__cause__ or cause.__context__
    return found


def _read_chunks(response: requests.Response, server: Server) -> Iterator[bytes]:
    size = 0
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
        size += len(chunk)
        if size > server.largest_bytes:
            largest = f"{server.largest_bytes // 2**20} MiB"
            raise TooLargeError(f"its answer is larger than {largest}", server.name)
        yield chunk

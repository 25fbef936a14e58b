"""A layer before Flask that sends again what was sent for the same question.

Flask takes more time than all else of a cached answer. Here its response is kept beside the answer
in the cache, and dropped with it. The token is checked each time: its scope is a part of the key.
Whatever is not plainly the same question is left to Flask.
"""

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.access import ALL, find_grant
from api.http.answer_cache import SENT_ANSWER, Answer, key_of
from api.http.context import Context

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Responses that are kept of one answer, by the headers that they depend on.
_MOST_VARIANTS = 8
_LONGEST_HEADER = 200
_BEARER = "Bearer "
# Headers with which the response is another one.
_OTHERS = ("HTTP_ORIGIN", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE")


@dataclass(frozen=True)
class Sent:
    """A response that Flask made of an answer, and the rule of its path."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    rule: str


class SentAnswers:
    """A WSGI application that answers as another does, without it if it can."""

    def __init__(self, application: "WSGIApplication", context: Context) -> None:
        self._application = application
        self._context = context

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send what was sent before; else let the application answer."""
        began = time.perf_counter()
        key = self._find_key(environ)
        if key is None:
            return self._application(environ, start_response)
        variant = environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH")
        answer: Answer | None = self._context.upstream.cache.peek(key)
        sent: Sent | None = None if answer is None else answer.sent.get(variant)
        if sent is None:
            return self._send(environ, start_response, variant)
        start_response(sent.status, sent.headers)
        seconds = time.perf_counter() - began
        self._context.metrics.requests.labels(sent.rule, sent.status[:3]).observe(seconds)
        return [sent.body]

    def _find_key(self, environ: "WSGIEnvironment") -> Hashable | None:
        """Return the key of a plain question; None if Flask must look at it."""
        path: str = environ.get("PATH_INFO", "")
        if (
            environ["REQUEST_METHOD"] != "GET"
            or not path.isascii()
            or "text/" in environ.get("HTTP_ACCEPT", "").lower()
            or any(name in environ for name in _OTHERS)
        ):
            return None
        scope, grants = ALL, self._context.settings.grants
        if grants is not None:
            authorization: str = environ.get("HTTP_AUTHORIZATION", "")
            token = authorization.removeprefix(_BEARER)
            grant = find_grant(grants, token, self._context.clock())
            if grant is None or token == authorization:
                return None
            scope = grant.scope
        query: str = environ.get("QUERY_STRING", "")
        return key_of(path, query.encode("latin-1"), scope, prefers_csv=False)

    def _send(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        variant: tuple[str, str | None],
    ) -> Iterable[bytes]:
        """Let the application answer, and keep what it sends of an answer."""
        status, headers = "", list[tuple[str, str]]()

        def start(
            its_status: str, its_headers: list[tuple[str, str]], *more: Any
        ) -> Callable[[bytes], object]:
            nonlocal status, headers
            status, headers = its_status, its_headers
            return start_response(its_status, its_headers, *more)

        parts = self._application(environ, start)
        answer, rule = environ.get(SENT_ANSWER, (None, ""))
        expected = "200" if variant[1] is None else "304"
        if (
            answer is None
            or not status.startswith(expected)
            or len(answer.sent) >= _MOST_VARIANTS
            or len(str(variant)) > _LONGEST_HEADER
        ):
            return parts
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        # Werkzeug sets the time of the response, and so does gunicorn.
        kept = [(name, value) for name, value in headers if name != "Date"]
        answer.sent[variant] = Sent(status, kept, body, rule)
        return [body]

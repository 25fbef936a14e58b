"""Requests that nginx refuses before Kong looks for a route.

Kong's plugin does not count them, since they have no route; nginx counts them as requests. The
rules are those of nginx's src/http/ngx_http_request.c.
"""

import re
from email.message import Message
from http import HTTPStatus

# large_client_header_buffers of nginx: the request line and each header fit into one of four.
LINE_BYTES = 8 * 1024
HEAD_BYTES = 4 * LINE_BYTES

MESSAGES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "Bad request",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI too long",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Request header or cookie too large",
}

_SINGLE_HEADERS = ("Host", "Content-Length", "Transfer-Encoding")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def refused(method: str, version: str, headers: Message, head_bytes: int) -> int | None:
    """Return the status code of a request that nginx refuses, or None.

    Args:
        method: such as GET.
        version: such as HTTP/1.1.
        headers: of a request whose first line is valid.
        head_bytes: the size of all headers.

    """
    if head_bytes > HEAD_BYTES or any(
        len(name) + len(value) > LINE_BYTES for name, value in headers.items()
    ):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if _are_malformed(headers) or _contradict_each_other(version, headers):
        return HTTPStatus.BAD_REQUEST
    if headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
        return HTTPStatus.NOT_IMPLEMENTED
    if method in ("TRACE", "CONNECT"):
        return HTTPStatus.METHOD_NOT_ALLOWED
    return None


def _are_malformed(headers: Message) -> bool:
    length = headers.get("Content-Length", "0")
    return (
        bool(headers.defects)
        or any(_CONTROL.search(name + value) for name, value in headers.items())
        or any(len(headers.get_all(name, ())) > 1 for name in _SINGLE_HEADERS)
        or not (length.isascii() and length.isdigit())
    )


def _contradict_each_other(version: str, headers: Message) -> bool:
    if version < "HTTP/1.1":
        return "Transfer-Encoding" in headers
    return "Host" not in headers or ("Transfer-Encoding" in headers and "Content-Length" in headers)

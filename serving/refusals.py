"""Answers to requests that gunicorn refuses: problems (RFC 9457), as all other errors are."""

import json
from http import HTTPStatus

from gunicorn.http import errors

_STATUS: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
    # A header that the application tried to send.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_LONGEST_DETAIL = 500


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of the answer to a request that failed with this error."""
    if not isinstance(error, errors.ParseException):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)


def refusal(error: Exception) -> bytes:
    """Return the whole HTTP response to a request that failed with this error."""
    status = status_of(error)
    is_ours = status is HTTPStatus.INTERNAL_SERVER_ERROR
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": status.description if is_ours else str(error)[:_LONGEST_DETAIL],
    }
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}",
        "Connection: close",
        "Content-Type: application/problem+json",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + body

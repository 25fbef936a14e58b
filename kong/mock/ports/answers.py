"""What the gateway answers: bytes for a route, or an error in Kong's format."""

import json
from dataclasses import dataclass
from http import HTTPStatus

MAX_BODY_BYTES = 1024**3
SIZED = "/bytes/"


@dataclass(frozen=True)
class Answer:
    """An answer to a client: with ``body``, or with ``size_bytes`` of any content if it is None."""

    code: int
    source: str = "service"
    content_type: str = "application/json; charset=utf-8"
    body: bytes | None = None
    size_bytes: int = 0


def route_answer(rest: str) -> Answer:
    """Return the answer for the path after that of the route: ``/bytes/N`` is N bytes long."""
    if not rest.startswith(SIZED):
        return Answer(HTTPStatus.OK, body=b'{"message":"ok"}')
    digits = rest.removeprefix(SIZED)
    # The number of digits is checked first, since int() is slow with thousands of them.
    is_size = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_BODY_BYTES))
    if not is_size or int(digits) > MAX_BODY_BYTES:
        return refusal(
            HTTPStatus.BAD_REQUEST, f"after {SIZED} comes a number from 0 to {MAX_BODY_BYTES}"
        )
    return Answer(HTTPStatus.OK, content_type="application/octet-stream", size_bytes=int(digits))


def no_route() -> Answer:
    """Return Kong's answer to a request that matches no route.

    Kong's plugin does not count such a request, since there is no route to label it with.
    """
    return refusal(HTTPStatus.NOT_FOUND, "no Route matched with those values", source="kong")


def refusal(code: int, message: str, *, source: str = "service") -> Answer:
    """Return an error in the format of Kong."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(code, source=source, body=body)

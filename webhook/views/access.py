"""Access: requests carry the webhook's bearer token."""

import hmac

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized


def check_token(token: str) -> None:
    """Abort with 401 unless the request carries the bearer token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # As bytes, because compare_digest refuses text beyond ASCII, which a header can hold.
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise Unauthorized(
            "send the header Authorization: Bearer with the webhook's token",
            www_authenticate=WWWAuthenticate("bearer"),
        )

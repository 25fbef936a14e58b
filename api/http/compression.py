"""Compress answers (gzip), once for all clients that get the same.

A compressed body is cached by the ETag of the plain one. Its own ETag is weak. ``If-None-Match``
compares weakly (RFC 9110, section 13.1.2), so either ETag leads to a 304.
"""

import gzip
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, request

from api.clients.cache import Cache, CacheEntry

# Below, headers and packets cost more than what is saved.
SMALLEST_BYTES = 1_024
# A chart becomes nearly as small as at level 6, in a quarter of the time.
_LEVEL = 4
_KEEP_SECONDS = 300
_TYPES = {
    *("application/json", "text/csv", "text/html", "text/css", "text/javascript", "image/svg+xml"),
}


def register(app: Flask, cache: Cache) -> None:
    """Make ``app`` compress answers that have an ETag, for clients that accept gzip."""
    app.after_request(_compress_with(cache))


def _compress_with(cache: Cache) -> Callable[[Response], Response]:
    def compress(response: Response) -> Response:
        etag, is_weak = response.get_etag()
        if response.mimetype not in _TYPES or etag is None or is_weak:
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings["gzip"]:
            return response
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            response.set_etag(etag, weak=True)
        elif response.status_code == HTTPStatus.OK:
            _set_compressed(cache, response, etag)
        return response

    return compress


def _set_compressed(cache: Cache, response: Response, etag: str) -> None:
    def make() -> CacheEntry:
        body = gzip.compress(response.get_data(), _LEVEL, mtime=0)
        return CacheEntry(body, len(body), _KEEP_SECONDS)

    if (response.content_length or 0) < SMALLEST_BYTES:
        return
    # A file would be sent as it is.
    response.direct_passthrough = False
    compressed = cache.get_or_make(("gzip", etag), make)
    response.close()
    response.set_data(compressed)
    response.set_etag(etag, weak=True)
    response.headers["Content-Encoding"] = "gzip"

"""Headers of every answer: what browsers may do with it, and which pages may read it (CORS)."""

from flask import Flask, Response, request

from api.http.context import get_context

# The pages load nothing from other hosts. Swagger UI writes inline styles, and its style sheet
# contains pictures.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# Data runs nothing, even if a browser shows it as a page.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PREFLIGHT_SECONDS = 600


def register(app: Flask) -> None:
    """Make ``app`` send these headers, and answer preflight requests of allowed origins."""
    app.after_request(_harden)
    app.after_request(_allow_origin)


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    page = response.mimetype == "text/html"
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else DATA_POLICY)
    return response


def _allow_origin(response: Response) -> Response:
    """Let pages of allowed origins read the answer, errors included."""
    allowed = get_context().settings.cors_origins
    if allowed:
        response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin not in allowed or origin is None:
        return response
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        headers["Access-Control-Allow-Headers"] = "Authorization, If-None-Match"
        headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
    return response

"""The dashboard at /, with its scripts and styles; nothing comes from another host."""

from flask import Blueprint, Response

# No inline scripts or styles.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint(
    "dashboard", __name__, static_folder="../static/dashboard", static_url_path="/dashboard"
)


@blueprint.get("/")
def show_dashboard() -> Response:
    """Return the page; its script gets the data from the API."""
    response = blueprint.send_static_file("index.html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response

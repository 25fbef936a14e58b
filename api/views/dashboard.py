"""The dashboard at /: a page and the modules, styles and uPlot that it loads, all from here."""

from flask import Blueprint, Response

# Nothing is written into the page: no script, no style; styles are set by scripts alone.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint(
    "dashboard", __name__, static_folder="../static/dashboard", static_url_path="/dashboard"
)


@blueprint.get("/")
def show_dashboard() -> Response:
    """Return the page; what it shows, its script asks of the API."""
    response = blueprint.send_static_file("index.html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response

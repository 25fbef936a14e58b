"""GET /healthz: whether the process answers."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> dict[str, str]:
    """Return 200: the settings are right, and requests are served.

    It does not ask Prometheus: a restart of the API would not mend that.
    """
    return {"status": "ok"}

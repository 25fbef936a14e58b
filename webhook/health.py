"""GET /healthz: whether the process answers."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> dict[str, str]:
    """Return 200: the settings and quotas.yaml were read, and requests are served.

    It does not look at the SMTP server: a restart of the webhook would not mend that.
    """
    return {"status": "ok"}

"""GET /healthz and /readyz: whether the process answers, and whether it can answer questions."""

from flask import Blueprint

from api.bandwidth.windows import to_ms
from api.clients.cache import Entry
from api.clients.prometheus import query_at
from api.clients.range_cache import Upstream
from api.http.context import get_context

READY_SECONDS = 3.0

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> dict[str, str]:
    """Return 200: the settings are right, and requests are served.

    It does not ask Prometheus: a restart of the API would not mend that.
    """
    return {"status": "ok"}


@blueprint.get("/readyz")
def show_readiness() -> dict[str, str]:
    """Return 200 if Prometheus answers; it is asked once in READY_SECONDS at most."""
    context = get_context()
    _check_prometheus(context.upstream, to_ms(context.clock()))
    return {"status": "ready"}


def _check_prometheus(upstream: Upstream, now_ms: int) -> None:
    def ask() -> Entry:
        return Entry(query_at(upstream.prometheus, "vector(1)", now_ms), 0, READY_SECONDS)

    upstream.memory.once("ready", ask)

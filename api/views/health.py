"""GET /healthz: the process answers. GET /readyz: Prometheus answers too."""

from flask import Blueprint

from api.clients.cache import CacheEntry
from api.clients.range_cache import Upstream
from api.http.context import get_context
from api.windows import to_ms
from quotas.prometheus.queries import query_at

READY_SECONDS = 3.0

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> dict[str, str]:
    """Return 200: the settings are right, and requests are answered.

    It does not ask Prometheus, since a restart of the API would not help it.
    """
    return {"status": "ok"}


@blueprint.get("/readyz")
def show_readiness() -> dict[str, str]:
    """Return 200 if Prometheus answers; it is asked at most once in READY_SECONDS."""
    context = get_context()
    with context.waiting.place(), context.bounded():
        _check_prometheus(context.upstream, to_ms(context.clock()))
    return {"status": "ready"}


def _check_prometheus(upstream: Upstream, now_ms: int) -> None:
    def make() -> CacheEntry:
        return CacheEntry(query_at(upstream.prometheus, "vector(1)", now_ms), 0, READY_SECONDS)

    upstream.cache.get_or_make("ready", make)

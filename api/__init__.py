"""The REST API: bandwidth over time and quotas, from Prometheus, for a frontend."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Flask

from api.clients.cache import Memory
from api.clients.prometheus import Prometheus
from api.clients.range_cache import Upstream
from api.http import errors, headers
from api.http import metrics as measures
from api.http.context import Context, set_context
from api.refusals import TooManyPointsError
from api.settings import read_settings
from api.usage.notifications import Webhook
from api.views import bandwidth, catalog, dashboard, health
from api.views import openapi as docs
from api.views import quotas as quotas_views
from quotas.http.exchange import UpstreamError


def _read_clock() -> datetime:
    return datetime.now(UTC)


def create_app(
    environ: Mapping[str, str] | None = None, *, clock: Callable[[], datetime] = _read_clock
) -> Flask:
    """Return the application.

    Args:
        environ: the environment variables; by default those of the process.
        clock: what tells the time, aware.

    Raises:
        SettingsError: an environment variable is wrong.

    """
    settings = read_settings(os.environ if environ is None else environ)
    app = Flask(__name__)
    # Without this, /api//v1 would be answered with a redirect.
    app.url_map.merge_slashes = False
    memory = Memory(
        settings.cache_megabytes * 2**20, remembered_errors=(UpstreamError, TooManyPointsError)
    )
    measured = measures.make_measures(memory)
    prometheus = Prometheus(
        settings.prometheus_url,
        settings.prometheus_timeout_seconds,
        observe=measured.observe_query,
    )
    known = settings.webhook
    webhook = None if known is None else Webhook(known.url, known.token)
    upstream = Upstream(prometheus, memory)
    set_context(app.extensions, Context(settings, clock, upstream, measured, webhook))
    for part in (bandwidth, quotas_views, catalog, health, measures, docs, dashboard):
        app.register_blueprint(part.blueprint)
    errors.register(app)
    headers.register(app)
    measures.register(app)
    return app

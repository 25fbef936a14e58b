"""The REST API: bandwidth over time and quotas, from Prometheus, for a frontend.

``create_app`` wires the packages together. Each may import those after it: ``views``, ``http``,
``bandwidth``, ``usage`` and ``pipeline``, then ``clients``, then the modules directly in ``api/``.
All may import ``quotas``, and none imports ``webhook``. Only ``views`` and ``http`` import Flask.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Flask

from api.clients.cache import Cache
from api.clients.range_cache import Upstream
from api.clients.waiting import LargeRequests
from api.clients.webhook import Webhook
from api.http import compression, errors, headers
from api.http import metrics as http_metrics
from api.http.context import Context, set_context
from api.http.sent_answers import SentAnswers
from api.settings import read_settings
from api.views import (
    bandwidth,
    catalog,
    dashboard,
    delivery,
    health,
    metrics,
    openapi,
    pipeline,
    quotas,
)
from api.windows import TooManyPointsError
from quotas.http.exchange import UpstreamError
from quotas.model import QuotaFile
from quotas.prometheus.queries import Prometheus


def _read_clock() -> datetime:
    return datetime.now(UTC)


def create_app(
    environ: Mapping[str, str] | None = None, *, clock: Callable[[], datetime] = _read_clock
) -> Flask:
    """Return the application.

    Args:
        environ: the environment variables; by default those of the process.
        clock: returns the current time, aware.

    Raises:
        SettingsError: an environment variable is wrong.

    """
    settings = read_settings(os.environ if environ is None else environ)
    app = Flask(__name__)
    # Without this, /api//v1 would be answered with a redirect.
    app.url_map.merge_slashes = False
    cache = Cache(settings.cache_megabytes * 2**20, (UpstreamError, TooManyPointsError))
    measured = http_metrics.make_metrics(cache)
    large = LargeRequests()
    prometheus = Prometheus(
        settings.prometheus,
        settings.prometheus_timeout_seconds,
        measured.observe_query,
        large.begin,
    )
    known = settings.webhook
    webhook = None if known is None else Webhook(known.url, known.token)
    upstream = Upstream(prometheus, cache)
    read_quotas = settings.quotas.read if settings.quotas else QuotaFile
    context = Context(settings, read_quotas, clock, upstream, measured, large, webhook)
    set_context(app.extensions, context)
    for view in (
        bandwidth,
        quotas,
        catalog,
        pipeline,
        delivery,
        health,
        metrics,
        openapi,
        dashboard,
    ):
        app.register_blueprint(view.blueprint)
    errors.register(app)
    headers.register(app)
    compression.register(app, cache)
    http_metrics.register(app, measured)
    app.wsgi_app = SentAnswers(app.wsgi_app, context)  # type: ignore[method-assign]
    return app

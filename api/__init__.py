"""The REST API: bandwidth over time, from Prometheus, as JSON for a frontend."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

from api import bandwidth, errors, health
from api.prometheus import Prometheus
from api.settings import read_settings


def _read_clock() -> datetime:
    return datetime.now(UTC)


class _Json(DefaultJSONProvider):
    """JSON in UTF-8, its keys in the order in which the schemas have them."""

    ensure_ascii = False
    sort_keys = False


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
    app = Flask(__name__, static_folder=None)
    # Without this, //healthz would be answered with a redirect.
    app.url_map.merge_slashes = False
    app.json = _Json(app)
    app.extensions["clock"] = clock
    app.extensions["scrape_interval_seconds"] = settings.scrape_interval_seconds
    app.extensions["prometheus"] = Prometheus(
        settings.prometheus_url, settings.prometheus_timeout_seconds
    )
    app.register_blueprint(bandwidth.blueprint)
    app.register_blueprint(health.blueprint)
    errors.register(app)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response

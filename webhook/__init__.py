"""The webhook: Alertmanager posts alerts, people get mail."""

import logging
import os
from collections.abc import Mapping

from flask import Flask

from webhook import alerts, errors, health
from webhook.quotas_file import QuotasFile
from webhook.settings import read_settings
from webhook.smtp import make_mail


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Return the application, configured from environment variables.

    Raises:
        webhook.settings.SettingsError: a variable is wrong.
        quotas.load.QuotasError: quotas.yaml is wrong.

    """
    app = Flask(__name__)
    # Without this, //alerts would be answered with a redirect.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = alerts.LARGEST_BODY_BYTES
    app.logger.setLevel(logging.INFO)
    settings = read_settings(environ)
    quotas = QuotasFile(settings.quotas_file)
    mail = make_mail(app, settings.mail)
    app.register_blueprint(alerts.create_blueprint(settings, quotas.read, mail.connect))
    app.register_blueprint(health.blueprint)
    errors.register(app)
    return app

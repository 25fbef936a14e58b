"""The webhook: Alertmanager posts alerts, people get mail."""

import logging
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask

from quotas.model import QuotaFile
from webhook.alerts.payload import Payload
from webhook.alerts.quotas_file import QuotasFile
from webhook.cli import delivery as commands
from webhook.delivery.housekeeping import Housekeeping
from webhook.delivery.session import Session
from webhook.delivery.smtp import make_mail
from webhook.delivery.watchdog import SilenceWatch
from webhook.delivery.worker import Deliverer
from webhook.intake import Taken, take_payload
from webhook.mail.message import Letterhead
from webhook.settings import read_settings
from webhook.store.database import Store, StoreError
from webhook.views import alerts, errors, health, notifications
from webhook.views.metrics import Metrics


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Return the application, configured from environment variables.

    Raises:
        quotas.settings.SettingsError: a variable is wrong.
        webhook.store.schema.SchemaError: the database is that of a newer version.
        quotas.load.QuotasError: quotas.yaml is wrong.

    """
    app = Flask(__name__)
    # Without this, //alerts would be answered with a redirect.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = alerts.LARGEST_BODY_BYTES + 1
    app.logger.setLevel(logging.INFO)
    settings = read_settings(environ)
    quotas = QuotasFile(settings.quotas_file)
    letterhead = Letterhead(settings.mail.sender, settings.addresses)
    store = Store(settings.database_url)
    app.extensions["store"] = store
    prepare(store)
    mail = make_mail(app, settings.mail)
    watch = SilenceWatch(store, quotas.read, letterhead)
    housekeeping = Housekeeping(store, settings.retention)

    def tend() -> None:
        watch.look()
        housekeeping.look()

    def make_deliverer(stop: threading.Event) -> Deliverer:
        session = Session(mail.connect, settings.mail.sender.addr_spec)
        return Deliverer(store, session, stop, tend)

    metrics = Metrics(store)
    metrics.register(app)

    def take(payload: Payload, current: QuotaFile) -> Taken:
        return take_payload(store, payload, current, letterhead, datetime.now(UTC))

    app.register_blueprint(
        alerts.create_blueprint(settings.token, quotas.read, take, metrics.count_alerts)
    )
    app.register_blueprint(notifications.create_blueprint(settings.token, store))
    app.register_blueprint(health.create_blueprint(store))
    errors.register(app)
    commands.register(app, store, settings.retention, make_deliverer)
    return app


def prepare(store: Store) -> None:
    """Bring the tables up to date if that can be done now; else the first request does it."""
    try:
        store.prepare()
    except StoreError as error:
        logging.getLogger(__name__).warning("the store is not there yet: %s", error)
    finally:
        # Gunicorn may fork after this: no connection is carried over.
        store.close()

"""The webhook: Alertmanager posts alerts, and people get mail.

``create_app`` wires the parts together. Each line may import the lines below it:

- ``views`` (HTTP) and ``cli`` (commands);
- ``intake`` (from a payload to the outbox), ``delivery`` (from the outbox to SMTP) and ``preview``
  (test mails);
- ``reports`` (about weeks and months);
- ``recipients`` (who gets a mail) and ``mail`` (what it says);
- ``alerts`` (what an alert means, and who was already notified of it);
- ``store`` (the database) and ``usage`` (what Prometheus knows about quotas);
- ``settings``, ``database_url`` (which databases can be used) and ``text``.

Flask is used only in ``views``, ``cli`` and ``delivery.smtp``.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import click
from flask import Flask

from quotas.file.loading import QuotasError, load_quotas
from quotas.model import Quota, QuotaFile
from quotas.watched_file import WatchedFile
from webhook.alerts.payload import LARGEST_BODY_BYTES, Payload
from webhook.cli import delivery as delivery_commands
from webhook.cli import outbox as outbox_commands
from webhook.cli import preview as preview_commands
from webhook.cli import report as report_command
from webhook.cli.failures import short_failures
from webhook.delivery.charts.adding import Charts
from webhook.delivery.session import Session
from webhook.delivery.smtp import make_mail
from webhook.delivery.upkeep.housekeeping import Housekeeping
from webhook.delivery.upkeep.undelivered_reports import UndeliveredReports
from webhook.delivery.upkeep.usage_reports import UsageReports
from webhook.delivery.upkeep.watchdog import WatchdogMonitor
from webhook.delivery.worker import Deliverer
from webhook.intake import IntakeResult, queue_mails
from webhook.mail.composing import compose_mails
from webhook.preview.charts import add_charts
from webhook.preview.mails import Preview, make_previews
from webhook.reports.signatures import Read
from webhook.reports.writing import ReportReader, ReportWriter
from webhook.settings import Settings, read_settings
from webhook.store.database import Store, StoreError
from webhook.usage.reading import UsageReader
from webhook.views import alerts, errors, health, notifications
from webhook.views.metrics import Metrics


@short_failures()
def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Return the application, configured from environment variables.

    Raises:
        quotas.settings.SettingsError: a variable is wrong.
        webhook.store.upgrade.SchemaError: the database has tables of a newer version.
        quotas.file.loading.QuotasError: quotas.yaml is wrong.

    """
    app = Flask(__name__)
    # With merged slashes, //alerts would be answered with a redirect.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.logger.setLevel(logging.INFO)
    settings = read_settings(environ)
    quotas = WatchedFile(settings.quotas_file, load_quotas, QuotasError)
    store = Store(settings.database_url)
    usage = UsageReader(settings.prometheus) if settings.prometheus else None
    app.extensions["store"] = store
    # A command prepares the store when it uses it, because some commands need none.
    if click.get_current_context(silent=True) is None:
        _prepare(store)
    compose = partial(compose_mails, settings.mail.sender, settings.addresses)
    connect = make_mail(app, settings.mail).connect
    open_session = partial(Session, connect, settings.mail.sender.addr_spec)

    def queue(payload: Payload) -> IntakeResult:
        return queue_mails(store, payload, quotas.read(), compose, datetime.now(UTC))

    def preview(quota: Quota, quotas: QuotaFile, *, recipient: str) -> Sequence[Preview]:
        now = datetime.now(UTC)
        previews = make_previews(quota, quotas, usage, compose, now, recipient=recipient)
        return [
            replace(one, mails=add_charts(one.mails, quota, usage, is_real=one.is_real))
            for one in previews
        ]

    metrics = Metrics(store)
    metrics.register(app)
    app.register_blueprint(
        alerts.create_blueprint(settings.token, queue, metrics.count_alerts, metrics.count_refused)
    )
    app.register_blueprint(notifications.create_blueprint(settings.token, store))
    app.register_blueprint(health.create_blueprint(store))
    errors.register(app)
    outbox_commands.register(app, store, settings.retention)
    deliver = _wire_delivery(settings, store, quotas, usage, open_session)
    delivery_commands.register(app, store, deliver)
    preview_commands.register(app, quotas.read, preview, open_session)
    read, writer = _wire_reports(settings, usage)
    report_command.register(app, store, quotas.read, read, write=writer.write, show=writer.show)
    return app


def _wire_reports(
    settings: Settings, usage: UsageReader | None
) -> tuple[Read | None, ReportWriter]:
    """Return what reads the figures of reports, if there is a Prometheus, and what writes mails."""
    writer = ReportWriter(settings.mail.sender, settings.addresses)
    return ReportReader(usage).read if usage else None, writer


def _wire_delivery(
    settings: Settings,
    store: Store,
    quotas: WatchedFile[QuotaFile],
    usage: UsageReader | None,
    open_session: Callable[[threading.Event], Session],
) -> delivery_commands.RunDelivery:
    """Return what the command ``deliver`` runs."""
    sender = settings.mail.sender
    read, writer = _wire_reports(settings, usage)
    read_points = usage.read_points if usage else None

    def run_delivery(stop: threading.Event, *, once: bool) -> bool:
        _prepare(store)
        watchdog = WatchdogMonitor(store, quotas.read, sender, settings.addresses)
        undelivered = UndeliveredReports(store, quotas.read, sender)
        usage_reports = UsageReports(store, quotas.read, read, writer.write, stop)
        housekeeping = Housekeeping(store, settings.retention)

        def run_upkeep() -> None:
            watchdog.run_if_due()
            undelivered.run_if_due()
            usage_reports.run_if_due(wait=once)
            housekeeping.run_if_due()

        charts = Charts(store, quotas.read, read_points, stop)
        deliverer = Deliverer(store, open_session(stop), stop, run_upkeep, charts.add)
        if once:
            return deliverer.run_once()
        deliverer.run()
        return True

    return run_delivery


def _prepare(store: Store) -> None:
    """Bring the tables up to date. If that fails now, the next use retries it."""
    try:
        store.prepare()
    except StoreError as error:
        logging.getLogger(__name__).warning("the store is not there yet: %s", error)
    finally:
        # Gunicorn may fork after this, and a connection must not be shared by two processes.
        store.close()

"""Queueing the mails of a payload in tests."""

from datetime import datetime, timedelta
from functools import partial

from quotas.model import QuotaFile
from tests.unit.webhook.samples import NOW, QUOTAS, SENDER
from webhook.alerts.payload import Alert, Payload
from webhook.intake import IntakeResult, queue_mails
from webhook.mail.composing import compose_mails
from webhook.settings import Addresses
from webhook.store.database import Store

DAY = timedelta(days=1)


def queue(
    store: Store,
    *alerts: Alert,
    quotas: QuotaFile = QUOTAS,
    now: datetime = NOW,
    **payload: object,
) -> IntakeResult:
    """Queue the mails of a payload with these alerts."""
    made = Payload(alerts, **payload)  # type: ignore[arg-type] # a test's own fields
    compose = partial(compose_mails, SENDER, Addresses())
    return queue_mails(store, made, quotas, compose, now)


def tags(result: IntakeResult) -> list[str]:
    """Return the tag and quota of each queued mail: ``[90 %] shared``."""
    return [mail.subject.partition(":")[0] for mail in result.mails]

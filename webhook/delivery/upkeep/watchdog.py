"""Notifying people when the watchdog alert stops arriving, and when it arrives again."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address

from quotas.model import QuotaFile
from webhook.alerts.missing_watchdog import MISSING_AFTER, missing_since
from webhook.mail.content import MailContent, MailLink
from webhook.mail.formatting import format_time
from webhook.mail.message import make_mail
from webhook.settings import Addresses
from webhook.store.database import Store
from webhook.store.outbox import FIRST, add_mails
from webhook.store.status import (
    STARTED,
    WATCHDOG,
    WATCHDOG_MISSING,
    StatusValue,
    add_status,
    clear_status,
    read_status,
)
from webhook.text import web_url

CHECK_EVERY_SECONDS = 5
# A clock that moves by more than this between two checks was set.
JUMP = timedelta(seconds=30)

_TO_DO = (
    "Until this is mended, nobody is told of any quota. Look at the alert QuotaPipelineWatchdog in "
    "Prometheus: it must fire, with rules/ loaded. Then at Alertmanager: is it running, does its "
    "configuration lead this alert to the webhook, with the webhook's token?"
)

_log = logging.getLogger(__name__)


class WatchdogMonitor:
    """Checks every few seconds that the watchdog arrives, and mails once when that changes."""

    def __init__(
        self,
        store: Store,
        read_quotas: Callable[[], QuotaFile],
        sender: Address,
        addresses: Addresses,
    ) -> None:
        self._store = store
        self._read_quotas = read_quotas
        self._sender = sender
        self._addresses = addresses
        self._observed_since = datetime.now(UTC)
        # The last check, on the clock and on the monotonic clock.
        self._checked_at = (self._observed_since, time.monotonic())
        self._due_at = 0.0

    def run_if_due(self) -> None:
        """Check, unless that was done within CHECK_EVERY_SECONDS.

        Raises:
            webhook.store.database.StoreError: the database cannot be read or written.

        """
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + CHECK_EVERY_SECONDS
            now = datetime.now(UTC)
            if self._has_jumped(now):
                # Times from before say nothing now. The watchdog has time to arrive again.
                self._observed_since = now
            self.check(now)

    def _has_jumped(self, now: datetime) -> bool:
        """Return whether the clock was set forward or back since the last check."""
        former, former_monotonic = self._checked_at
        self._checked_at = (now, time.monotonic())
        passed = timedelta(seconds=self._checked_at[1] - former_monotonic)
        return abs(now - former - passed) > JUMP

    def check(self, now: datetime) -> None:
        """Queue mails if alerts have stopped arriving, or arrive again, since the last mails."""
        with self._store.reading() as connection:
            status = read_status(connection)
        if STARTED not in status:
            with self._store.writing() as connection:
                add_status(connection, STARTED, now)
        known = status.get(WATCHDOG_MISSING)
        since = missing_since(status, now, self._observed_since)
        if known is None and since is not None:
            self._notify(_missing_content(since, self._addresses), now, since)
        elif known is not None and since is None and _has_arrived_since(known, status, now):
            last_at, back_at = datetime.fromisoformat(known.value), status[WATCHDOG].at
            self._notify(_back_content(last_at, back_at), now)

    def _notify(self, content: MailContent, now: datetime, since: datetime | None = None) -> None:
        """Queue a mail for each default recipient.

        ``since`` is when the watchdog last arrived, or None if it is back.
        """
        recipients = self._read_quotas().notify
        mails = [
            make_mail(content, recipient, self._sender, now, priority=FIRST)
            for recipient in recipients
        ]
        with self._store.writing() as connection:
            # If several delivery processes run, only the one that changes the status notifies.
            if since is None:
                changed = clear_status(connection, WATCHDOG_MISSING)
            else:
                changed = add_status(connection, WATCHDOG_MISSING, now, since.isoformat())
            if changed:
                add_mails(connection, mails, now)
        if changed:
            _log.warning("%s; %d people are notified", content.title, len(mails))


def _has_arrived_since(
    missing: StatusValue, status: Mapping[str, StatusValue], now: datetime
) -> bool:
    seen = status.get(WATCHDOG)
    return seen is not None and seen.at > missing.at and now - seen.at <= MISSING_AFTER


def _missing_content(since: datetime, addresses: Addresses) -> MailContent:
    links = (
        MailLink("Open Prometheus", web_url(addresses.prometheus)),
        MailLink("Open Alertmanager", web_url(addresses.alertmanager)),
    )
    return MailContent(
        subject=f"[silence] alerts have stopped arriving since {format_time(since)}",
        tone="critical",
        state="Critical · no alerts arrive",
        title="Alerts have stopped arriving",
        lead=f"Nothing has come from Alertmanager since {format_time(since)}.",
        to_do=(_TO_DO,),
        links=tuple(link for link in links if link.url),
    )


def _back_content(since: datetime, back_at: datetime) -> MailContent:
    return MailContent(
        subject=f"[resolved] alerts are arriving again since {format_time(back_at)}",
        tone="resolved",
        state="Resolved",
        title="Alerts are arriving again",
        lead=f"Nothing had come from Alertmanager since {format_time(since)}. What has begun to "
        f"fire meanwhile and still does is told now.",
    )

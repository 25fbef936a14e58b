"""Silence is a fault: the watchdog alert comes each minute; people are told when it does not."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from quotas.model import QuotaFile
from webhook.mail.content import Link, Page
from webhook.mail.formatting import format_time
from webhook.mail.links import Addresses, web_url
from webhook.mail.message import FIRST, Letterhead, compose_page
from webhook.store.database import Store
from webhook.store.outbox import add_mails
from webhook.store.status import SILENCE, STARTED, WATCHDOG, Fact, add_fact, get_facts, remove_fact

SILENT_AFTER = timedelta(minutes=5)
LOOK_EVERY_SECONDS = 5

_TO_DO = (
    "Until this is mended, nobody is told of any quota. Look at the alert QuotaPipelineWatchdog in "
    "Prometheus: it must fire, with rules/ loaded. Then at Alertmanager: is it running, does its "
    "configuration lead this alert to the webhook, with the webhook's token?"
)

_log = logging.getLogger(__name__)


def silent_since(facts: dict[str, Fact], now: datetime, awake_since: datetime) -> datetime | None:
    """Return since when the watchdog has not come, or None while that is no fault.

    Nothing could come before ``awake_since``, when the one who looks was started.
    """
    known = facts.get(WATCHDOG) or facts.get(STARTED)
    last = known.at if known else awake_since
    return last if now - max(last, awake_since) > SILENT_AFTER else None


class SilenceWatch:
    """Looks every few seconds whether the watchdog comes, and mails once when that changes."""

    def __init__(
        self, store: Store, read_quotas: Callable[[], QuotaFile], letterhead: Letterhead
    ) -> None:
        self._store = store
        self._read_quotas = read_quotas
        self._letterhead = letterhead
        self._awake_since = datetime.now(UTC)
        self._look_at = 0.0

    def look(self) -> None:
        """Look, unless that was done a moment ago.

        Raises:
            webhook.store.StoreError: the store cannot be read or written.

        """
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
            self.check(datetime.now(UTC))

    def check(self, now: datetime) -> None:
        """Queue a mail where alerts have stopped arriving, or arrive again, since the last one."""
        with self._store.reading() as connection:
            facts = get_facts(connection)
        if STARTED not in facts:
            with self._store.writing() as connection:
                add_fact(connection, STARTED, now)
        told, since = facts.get(SILENCE), silent_since(facts, now, self._awake_since)
        if told is None and since is not None:
            self._tell(_stopped_page(since, self._letterhead.addresses), now, begins=since)
        elif told is not None and since is None and _has_come_since(facts, told, now):
            self._tell(_back_page(datetime.fromisoformat(told.value), facts[WATCHDOG].at), now)

    def _tell(self, page: Page, now: datetime, begins: datetime | None = None) -> None:
        recipients = self._read_quotas().notify
        mails = [compose_page(to, page, self._letterhead, now, FIRST) for to in recipients]
        with self._store.writing() as connection:
            # Of several delivery processes one changes the fact, and tells.
            if begins is None:
                changed = remove_fact(connection, SILENCE)
            else:
                changed = add_fact(connection, SILENCE, now, begins.isoformat())
            if changed:
                add_mails(connection, mails, now)
        if changed:
            _log.warning("%s; %d people are told", page.title, len(mails))


def _has_come_since(facts: dict[str, Fact], told: Fact, now: datetime) -> bool:
    seen = facts.get(WATCHDOG)
    return seen is not None and seen.at > told.at and now - seen.at <= SILENT_AFTER


def _stopped_page(since: datetime, addresses: Addresses) -> Page:
    links = (
        Link("Open Prometheus", web_url(addresses.prometheus)),
        Link("Open Alertmanager", web_url(addresses.alertmanager)),
    )
    return Page(
        subject=f"[silence] alerts have stopped arriving since {format_time(since)}",
        tone="critical",
        state="Critical · no alerts arrive",
        title="Alerts have stopped arriving",
        lead=f"Nothing has come from Alertmanager since {format_time(since)}.",
        to_do=(_TO_DO,),
        links=tuple(link for link in links if link.url),
    )


def _back_page(since: datetime, back_at: datetime) -> Page:
    return Page(
        subject=f"[resolved] alerts are arriving again since {format_time(back_at)}",
        tone="resolved",
        state="Resolved",
        title="Alerts are arriving again",
        lead=f"Nothing had come from Alertmanager since {format_time(since)}. What has begun to "
        f"fire meanwhile and still does is told now.",
    )

"""Notifying the default recipients of mails that failed or expired."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.headerregistry import Address

from quotas.model import QuotaFile
from webhook.mail.content import AlertRow, MailContent
from webhook.mail.message import make_mail
from webhook.store.database import Store
from webhook.store.outbox import FIRST, add_mails
from webhook.store.sending.clock import read_clock
from webhook.store.sending.undelivered import (
    UndeliveredMail,
    has_unreported,
    mark_reported,
    take_unreported,
)
from webhook.store.status import REPORTED, read_status, set_status
from webhook.text import clean_line

CHECK_EVERY_SECONDS = 5
# The shortest time between two reports, and between two about the same recipient.
BETWEEN_REPORTS = timedelta(hours=1)
BETWEEN_REPORTS_OF_RECIPIENT = timedelta(days=1)
MOST_ROWS = 20
LONGEST_ANSWER = 300

_TO_DO = (
    "Look at the server's answers. If an address is wrong, correct it in quotas.yaml.",
    "To send the mails again: flask --app webhook outbox retry --failed",
)

_log = logging.getLogger(__name__)


class UndeliveredReports:
    """Checks every few seconds for mails that failed or expired, and mails once about each."""

    def __init__(self, store: Store, read_quotas: Callable[[], QuotaFile], sender: Address) -> None:
        self._store = store
        self._read_quotas = read_quotas
        self._sender = sender
        self._due_at = 0.0

    def run_if_due(self) -> None:
        """Check, unless that was done within CHECK_EVERY_SECONDS.

        Raises:
            webhook.store.database.StoreError: the database cannot be read or written.

        """
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + CHECK_EVERY_SECONDS
            self.check()

    def check(self) -> None:
        """Queue mails about what nobody was notified of, unless there were some within the hour."""
        with self._store.reading() as connection:
            if not has_unreported(connection):
                return
        recipients = self._read_quotas().notify
        with self._store.writing() as connection:
            now = read_clock(connection)
            last = read_status(connection).get(REPORTED)
            # A report in the future was stored by a wrong clock.
            if last and timedelta(0) <= now - last.at < BETWEEN_REPORTS:
                return
            found = take_unreported(connection, now, BETWEEN_REPORTS_OF_RECIPIENT)
            if not found:
                return
            content = make_content(found)
            mails = [make_mail(content, to, self._sender, now, priority=FIRST) for to in recipients]
            add_mails(connection, mails, now)
            # Else a report that cannot be delivered would lead to another one.
            mark_reported(connection, [mail.message_id for mail in mails], now)
            set_status(connection, REPORTED, now)
        _log.error("%s; %d people are notified", content.title, len(mails))


def make_content(found: Sequence[UndeliveredMail]) -> MailContent:
    """Return the content of a mail about at least one mail that failed or expired."""
    count = "1 mail" if len(found) == 1 else f"{len(found)} mails"
    title = f"{count} could not be delivered"
    rows = tuple(
        AlertRow(
            tone="critical",
            tag=mail.state,
            state="",
            name=mail.recipient,
            figures=mail.subject,
            note=clean_line(mail.answer, LONGEST_ANSWER),
        )
        for mail in found[:MOST_ROWS]
    )
    hidden = len(found) - len(rows)
    more = f"{hidden} more are not shown. The command outbox list --state failed lists them."
    return MailContent(
        subject=f"[undelivered] {title}",
        tone="critical",
        state="Critical · people are not notified",
        title=title,
        lead="Their recipients were not notified, and they are not tried again.",
        rows=rows,
        paragraphs=(more,) if hidden else (),
        to_do=_TO_DO,
    )

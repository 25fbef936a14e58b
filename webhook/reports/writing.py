"""Writing reports: reading the figures of their quotas, and one mail for each recipient."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address

from quotas.model import Quota
from webhook.mail.charts.attaching import attach
from webhook.mail.content import MailContent
from webhook.mail.message import make_mail, make_plain_mail
from webhook.mail.rendering import render_text
from webhook.mail.report.content import make_report_content
from webhook.mail.report.table import make_table
from webhook.settings import Addresses
from webhook.store.outbox import Mail
from webhook.text import clean_line
from webhook.usage.figures import read_figures
from webhook.usage.model import Figures, Reported, ReportSpan
from webhook.usage.reading import UsageReader, UsageUnavailableError

# After so many failures in a row, Prometheus is not asked about the rest.
_AWAY_AFTER = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReportReader:
    """Reads the figures of quotas from a Prometheus."""

    reader: UsageReader

    def read(
        self,
        quotas: Sequence[Quota],
        span: ReportSpan,
        now: datetime,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Reported:
        """Return the quotas with their figures; None where they cannot be read now.

        Each question takes five seconds at most. If ``is_stopped``, the rest is left out.
        """
        found: list[tuple[Quota, Figures | None]] = []
        failures = 0
        for quota in quotas:
            if is_stopped():
                break
            figures = None
            if failures < _AWAY_AFTER:
                try:
                    figures = read_figures(self.reader, quota, span, now)
                    failures = 0
                except UsageUnavailableError as error:
                    failures += 1
                    _log.warning("quota=%s: its figures cannot be read: %s", quota.name, error)
            found.append((quota, figures))
        return found


@dataclass(frozen=True)
class ReportWriter:
    """Writes the mails of a report."""

    sender: Address
    addresses: Addresses

    def write(self, span: ReportSpan, reported: Reported, now: datetime) -> Iterator[Mail]:
        """Yield one mail for each recipient, about all of these quotas that name them."""
        for recipients, theirs in group_recipients(reported):
            try:
                content = self.make_content(span, theirs)
                mails = [make_mail(content, to, self.sender, now) for to in recipients]
                mails = _add_charts(mails, content)
            except Exception:  # noqa: BLE001 - a mistake in our code must not cost anybody a mail
                _log.exception("the report about %d quotas cannot be written", len(theirs))
                mails = [self._make_plain_mail(span, theirs, to, now) for to in recipients]
            yield from mails

    def make_content(self, span: ReportSpan, reported: Reported) -> MailContent:
        """Return the content of a report about these quotas."""
        return make_report_content(span, reported, self.addresses, make_table(span, reported))

    def show(self, span: ReportSpan, reported: Reported) -> Iterator[str]:
        """Yield each report as text, with its recipients and subject."""
        for recipients, theirs in group_recipients(reported):
            content = self.make_content(span, theirs)
            text = render_text(content, "This is how the report reads as text.")
            yield f"To: {', '.join(recipients)}\nSubject: {content.subject}\n\n{text}"

    def _make_plain_mail(
        self, span: ReportSpan, reported: Reported, recipient: str, now: datetime
    ) -> Mail:
        lines = [f"{quota.name}: {_describe_plainly(figures)}" for quota, figures in reported]
        lines.append("The usual report could not be written. The log of the webhook says why.")
        subject = clean_line(f"[report] {span.period.title}")
        return make_plain_mail(subject, lines, recipient, self.sender, now)


def _add_charts(mails: list[Mail], content: MailContent) -> list[Mail]:
    """Return the mails with the charts of their sections; as they are if that fails."""
    try:
        # Of all processes, only those that draw need Pillow.
        from webhook.mail.charts.picture import make_picture  # noqa: PLC0415

        pictures = [
            make_picture(section.chart, section.name)
            for section in content.sections
            if section.chart is not None
        ]
        if not pictures:
            return mails
        return [
            replace(mail, content=attach(mail.content, mail.message_id, *pictures))
            for mail in mails
        ]
    except Exception:  # noqa: BLE001 - a mistake in our code must not cost anybody a mail
        _log.exception("a report goes out without charts")
        return mails


def group_recipients(reported: Reported) -> Sequence[tuple[Sequence[str], Reported]]:
    """Return recipients who are notified of the same quotas, with these, in order of address."""
    by_recipient: dict[str, list[int]] = {}
    for number, (quota, _) in enumerate(reported):
        for recipient in dict.fromkeys(quota.notify):
            by_recipient.setdefault(recipient, []).append(number)
    groups: dict[tuple[int, ...], list[str]] = {}
    for recipient, numbers in sorted(by_recipient.items()):
        groups.setdefault(tuple(numbers), []).append(recipient)
    return [
        (recipients, [reported[number] for number in numbers])
        for numbers, recipients in groups.items()
    ]


def _describe_plainly(figures: Figures | None) -> str:
    if figures is None or not figures.entries:
        return "no figures"
    entry = figures.entries[0]
    return f"{entry.used_bytes} of {entry.limit_bytes} bytes"

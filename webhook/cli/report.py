"""flask --app webhook report: a report by hand, to look at or to send."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click
from flask import Flask

from quotas.calendars import Calendar, Kind
from quotas.file.values import did_you_mean
from quotas.model import Quota, QuotaFile
from webhook.cli.failures import short_failures
from webhook.mail.formatting import format_time
from webhook.reports.periods import kind_of, parse_period
from webhook.reports.schedule import newest_period, span_of
from webhook.reports.signatures import Read, Show, Write
from webhook.store.database import Store
from webhook.store.outbox import add_mails
from webhook.store.sending.clock import read_clock
from webhook.usage.model import Reported, ReportSpan

_REPORTS = {"month": "monthly", "week": "weekly"}


def register(
    app: Flask,
    store: Store,
    read_quotas: Callable[[], QuotaFile],
    read: Read | None,
    *,
    write: Write,
    show: Show,
) -> None:
    """Give ``app`` the command ``report``. Without ``read``, it only says why it cannot work."""

    @app.cli.command("report")
    @click.option(
        "--period",
        required=True,
        metavar="PERIOD",
        help="A month such as 2026-10, or a week such as 2026-W43.",
    )
    @click.option(
        "--quota",
        "quota_name",
        metavar="QUOTA",
        help="Only this quota, even if it has no reports in quotas.yaml.",
    )
    @click.option("--send", is_flag=True, help="Queue the mails instead of printing them.")
    def report(*, period: str, quota_name: str | None, send: bool) -> None:
        """Show or send the reports about a past week or month.

        The figures are those of Prometheus (PROMETHEUS_URL). The recipients get the usual reports
        even if you have sent one by hand.
        """
        now, quotas = datetime.now(UTC), read_quotas()
        try:
            chosen = _choose(quotas, kind_of(period), quota_name)
            spans = {
                calendar: span_of(calendar, parse_period(calendar, period), now)
                for calendar in chosen
            }
            for span in spans.values():
                _check_over(span, now)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        if read is None:
            raise click.ClickException(
                "PROMETHEUS_URL is not set; set it to the address of the Prometheus that evaluates "
                "the rules, such as http://prometheus:9090"
            )
        for calendar, span in spans.items():
            reported = read(chosen[calendar], span, now, lambda: False)
            _check_figures(reported)
            if send:
                _send(store, write, span, reported)
            else:
                click.echo("\n".join(show(span, reported)))


def _choose(
    quotas: QuotaFile, kind: Kind, quota_name: str | None
) -> dict[Calendar, Sequence[Quota]]:
    """Return the quotas to report, by the weeks or months of their reports.

    Raises:
        ValueError: there are none.

    """
    report = _REPORTS[kind]
    if quota_name is not None:
        quota = quotas.find(quota_name)
        if quota is None:
            hint = did_you_mean(quota_name, [quota.name for quota in quotas.quotas])
            raise ValueError(f'quotas.yaml has no quota "{quota_name}"{hint}')
        return {_calendar_of(quota, kind): [quota]}
    chosen: dict[Calendar, list[Quota]] = {}
    for quota in quotas.quotas:
        if quota.report is not None and quota.report.kind == kind:
            chosen.setdefault(quota.report, []).append(quota)
    if not chosen:
        raise ValueError(
            f"no quota has report: {report}; add it to quotas.yaml, or name a quota with --quota"
        )
    return dict(chosen)


def _calendar_of(quota: Quota, kind: Kind) -> Calendar:
    for known in (quota.report, quota.calendar):
        if isinstance(known, Calendar) and known.kind == kind:
            return known
    zoned = quota.report or quota.calendar
    return Calendar(kind, timezone=zoned.timezone if isinstance(zoned, Calendar) else "UTC")


def _check_over(span: ReportSpan, now: datetime) -> None:
    if span.period.end > now:
        newest = newest_period(span.calendar, now)
        raise ValueError(
            f"{span.period.title} is not over before {format_time(span.period.end)}; the newest "
            f"{span.calendar.kind} that can be reported is {newest.title}"
        )


def _check_figures(reported: Reported) -> None:
    """Warn of figures that could not be read, and end if there are none. The log says why."""
    missing = [quota.name for quota, figures in reported if figures is None]
    if len(missing) == len(reported):
        raise click.ClickException("Prometheus gave no figures; the log says why")
    if missing:
        click.echo(f"no figures of {', '.join(missing)}", err=True)


def _send(store: Store, write: Write, span: ReportSpan, reported: Reported) -> None:
    # Outside of the transaction, because writing takes longer than storing.
    mails = list(write(span, reported, datetime.now(UTC)))
    with short_failures(), store.writing() as connection:
        add_mails(connection, mails, read_clock(connection))
    count = "1 mail is" if len(mails) == 1 else f"{len(mails)} mails are"
    click.echo(f"{count} queued, about {span.period.title}")

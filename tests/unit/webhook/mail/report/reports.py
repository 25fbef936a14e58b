"""Reports in tests: quotas with their figures, and the mails that they become."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from quotas.calendars import DAY, MONTH, WEEK, Calendar, Rolling, period_at
from quotas.model import Match, Quota
from tests.unit.webhook.mails import OpenedMail, open_mail
from tests.unit.webhook.samples import ADDRESSES, SENDER
from webhook.mail.message import make_mail
from webhook.mail.report.content import make_report_content
from webhook.mail.report.table import make_table
from webhook.reports.schedule import span_of
from webhook.usage.model import EntryFigures, Figures, Reported, ReportSpan

GB, GIB = 10**9, 2**30
NOW = datetime(2026, 11, 1, 1, 2, tzinfo=UTC)
BERLIN = Calendar("month", timezone="Europe/Berlin")

BUN = Quota("bun-egress", 500 * GB, {"service": Match(("bun",))}, "egress", limit_unit="GB")
API = Quota("public-api", 2_000 * GB, limit_unit="TB")
EACH = Quota("each-consumer", 10 * GIB, for_each=("consumer",), limit_unit="GiB")
EACH_DAY = replace(EACH, name="each-day", calendar=DAY)
DAILY = Quota("partner-daily", 20 * GB, calendar=DAY, limit_unit="GB")
WINDOW = Quota("window", 600 * GB, calendar=Rolling(30 * 86_400), limit_unit="GB")


def growing(end: datetime, days: int, used_bytes: int) -> tuple[tuple[datetime, int], ...]:
    """Return usage that grows day by day."""
    first = end - timedelta(days=days)
    return tuple((first + timedelta(days=day), used_bytes * day // days) for day in range(days + 1))


NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
OVER = Figures(
    "period",
    (EntryFigures({}, 513_650_000_000, 500 * GB, 430_100_000_000, 571_000_000_000),),
    430_100_000_000,
    (
        ("consumer", (("acme", 120 * GB), ("big-co", 80 * GB), ("small-co", 9 * GB))),
        ("route", (("download", 400 * GB), ("search", 100 * GB))),
    ),
    points=growing(NOVEMBER, 31, 513_650_000_000),
)
FINE = Figures("period", (EntryFigures({}, 712 * GB, 2_000 * GB, 801 * GB, 690 * GB),), 801 * GB)
ENTRIES = Figures(
    "period",
    (
        EntryFigures({"consumer": "acme"}, 11_400_000_000, 10 * GIB, 9_000_000_000, 12 * GIB),
        EntryFigures({"consumer": "=cmd|' /C calc'!A0"}, 9 * GIB, 10 * GIB, None, 9 * GIB),
        EntryFigures({"consumer": "small-co"}, 1 * GIB, 10 * GIB, 1 * GIB, 1 * GIB),
        *(
            EntryFigures({"consumer": f"tiny-{number}"}, 5_000_000, 10 * GIB, 0, 5_000_000)
            for number in range(20)
        ),
    ),
    14 * GIB,
    (("service", (("bun", 15 * GIB), ("carrot", 5 * GIB))),),
)
DAYS = Figures("highest", (EntryFigures({}, 20_500_000_000, 20 * GB, 18 * GB, over=2),), periods=31)
DAYS_OF_EACH = Figures(
    "highest",
    (
        EntryFigures({"consumer": "acme"}, 11 * GIB, 10 * GIB, 9 * GIB, over=3),
        EntryFigures({"consumer": "big-co"}, 8 * GIB, 10 * GIB, over=0),
    ),
    periods=31,
)
ROLLING = Figures("highest", (EntryFigures({}, 411 * GB, 600 * GB, 300 * GB),))
SO_FAR = Figures(
    "so far",
    (EntryFigures({}, 251 * GB, 500 * GB, 170 * GB),),
    170 * GB,
    points=growing(datetime(2026, 10, 26, tzinfo=UTC), 25, 251 * GB),
)


def span(calendar: Calendar = MONTH, now: datetime = NOW) -> ReportSpan:
    """Return the span of the report that is due now."""
    period = period_at(calendar, period_at(calendar, now).start - timedelta(seconds=1))
    return span_of(calendar, period, now)


MONDAY = datetime(2026, 10, 26, 1, 2, tzinfo=UTC)
CASES: dict[str, tuple[ReportSpan, Reported]] = {
    "month": (
        span(),
        [(API, FINE), (BUN, OVER), (EACH, ENTRIES), (DAILY, DAYS), (WINDOW, ROLLING)],
    ),
    "single": (span(BERLIN), [(API, FINE)]),
    "entries": (span(), [(EACH_DAY, DAYS_OF_EACH)]),
    "week": (span(WEEK, MONDAY), [(BUN, SO_FAR), (DAILY, DAYS)]),
    "missing": (span(), [(API, FINE), (BUN, None), (EACH, Figures("period"))]),
}


def read_report(about: ReportSpan, reported: Reported) -> OpenedMail:
    """Return the opened mail of a report."""
    content = make_report_content(about, reported, ADDRESSES, make_table(about, reported))
    return open_mail(make_mail(content, "ops@example.com", SENDER, NOW))

"""Two months that the rules have recorded, and a webhook that was down when the last one ended."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quotas import names
from quotas.calendars import MONTH, Period, period_at
from quotas.file.loading import load_quotas
from tests.integration.support.prometheus import samples
from webhook.reports.schedule import newest_period, start_new
from webhook.store.database import Store

RECIPIENTS = [f"r{number:02}@example.com" for number in range(50)]
QUOTAS = f"""\
version: 1
defaults: {{notify: [ops@example.com], report: monthly}}
quotas:
  - {{name: team, service: bun, limit: 10 GB}}
  - {{name: each, limit: 5 GB, for_each: consumer, notify: [{", ".join(RECIPIENTS)}]}}
  - {{name: daily, limit: 1 GB, period: day}}
  - {{name: quiet, limit: 1 GB, report: none}}
"""
GB = 10**9
NOW = datetime.now(UTC)
LAST = newest_period(MONTH, NOW)
BEFORE = period_at(MONTH, LAST.start - timedelta(seconds=1))


def recorded() -> Iterator[str]:
    """Yield what the rules recorded around the ends of the last two months."""
    for period, factor in ((BEFORE, 1), (LAST, 2)):
        # What was used grows by a tenth in the last week.
        yield from used("team", period, 4.5 * factor * GB, service="bun")
        yield from used("each", period, 2.75 * factor * GB, consumer="acme")
        yield from used("each", period, 1 * factor * GB, consumer="=big-co")
        for consumer, size in {"acme": 3, "=big-co": 1.5}.items():
            labels = {"service": "bun", "consumer": consumer, "direction": "egress"}
            of_period = {"calendar": "month", "period": str(period.id)}
            yield from around(
                names.TOTAL, of_period | labels, period.end, size * factor * GB, size * factor * GB
            )
        for day in range(1, 4):
            start = period.start + timedelta(days=day)
            ident = {"quota": "daily", "calendar": "day", "period": f"{start:%Y%m%d}"}
            size = day * 0.2 * factor * GB
            end = start + timedelta(days=1)
            yield from around(names.USED, ident, end, size, size)


def used(quota: str, period: Period, size: float, **labels: str) -> Iterator[str]:
    """Yield the usage of an entry in a period."""
    ident = {"quota": quota, "calendar": "month", "period": str(period.id), **labels}
    yield from around(
        names.USED, ident, period.end - timedelta(days=7), size * 10 // 11, size * 10 // 11
    )
    yield from around(names.USED, ident, period.end, size * 10 // 11, size)


def around(
    metric: str, labels: Mapping[str, str], end: datetime, first: float, last: float
) -> Iterator[str]:
    """Yield a series that has one value until some time, and another for 45 minutes after it."""
    at = int(end.timestamp())
    yield from samples(
        metric,
        labels,
        ((time, first if time < at else last) for time in range(at - 30 * 60, at + 46 * 60, 60)),
    )


def miss_the_turn(environ: Mapping[str, str]) -> None:
    """Store what a delivery process stored that ended during the last month."""
    store = Store(environ["DATABASE_URL"])
    quotas = load_quotas(Path(environ["QUOTAS_FILE"]))
    try:
        with store.writing() as connection:
            start_new(connection, quotas, LAST.start + timedelta(days=10))
    finally:
        store.close()

"""Past periods of a quota whose limit was changed, from a real Prometheus."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api import create_app
from quotas import names
from quotas.calendars import MONTH, period_of
from tests.integration.support.prometheus import fill, running, samples

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# What was used in all of each month, and the limit from each day on.
USED = {"202608": 0, "202609": 900, "202610": 7_000_000_000_000_003, "202611": 50}
LIMITS = {datetime(2026, 8, 1, tzinfo=UTC): 1_000, datetime(2026, 10, 15, tzinfo=UTC): 10**15}


def recorded(period_id: str) -> Iterator[str]:
    """Yield samples every six hours of a month: used, ratio and limit."""
    period = period_of(MONTH, period_id)
    end = min(period.end, NOW)
    count = int((end - period.start) / timedelta(hours=6))
    times = [end - number * timedelta(hours=6) for number in reversed(range(count))]
    limits = [[value for since, value in LIMITS.items() if since < at][-1] for at in times]
    used = USED[period_id]
    # What is used grows in the last quarter of the period.
    values = [used if 4 * number > 3 * count else 0 for number in range(count)]
    labels = {names.QUOTA: "q", names.CALENDAR: "month", names.PERIOD: period_id}
    at = [time.timestamp() for time in times]
    yield from samples(names.USED, labels, zip(at, map(float, values), strict=True))
    ratios = [value / limit for value, limit in zip(values, limits, strict=True)]
    yield from samples(names.RATIO, labels, zip(at, ratios, strict=True))
    yield from samples(names.LIMIT, {names.QUOTA: "q"}, zip(at, map(float, limits), strict=True))


def test_each_period_has_its_total_and_the_limit_at_its_end(tmp_path: Path) -> None:
    fill(tmp_path, [line for period_id in USED for line in recorded(period_id)])
    with running(tmp_path) as server:
        client = create_app({"PROMETHEUS_URL": server.url}, clock=lambda: NOW).test_client()
        answer = client.get("/api/v1/quotas/q/history?lookback=120d").get_json()
    found = [
        (past["period"]["id"], past["used_bytes"], past["limit_bytes"], past["ratio"])
        for past in answer["periods"]
    ]
    assert found == [
        (202611, 50, 10**15, 5e-14),
        (202610, 7_000_000_000_000_003, 10**15, 7.000000000000003),
        (202609, 900, 1_000, 0.9),
        # Of a month without any bytes, no ratio says what its limit was.
        (202608, 0, None, None),
    ]

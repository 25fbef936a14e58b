"""Generate a month of samples in blocks on disk, and their continuation in memory.

The month ends now, and its samples go on for some minutes, so that a Prometheus can evaluate rules
over them as it does in production. They are what scrapes and several versions of rules record.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.support.remote_write import Series, write
from local import programs
from quotas import names
from quotas.promql import select

MONTH_SECONDS = 31 * 86_400
AHEAD_SECONDS = 1_500
# Prometheus holds so much in memory, and older samples in blocks. An empty one rejects samples that
# are more than an hour older than its newest one.
HEAD_SECONDS, HEAD_PART_SECONDS = 7_200, 3_600
# Services with counters. The others have only steps.
SERVICES, OTHER_SERVICES = 10, 10
GATEWAYS = 4
SCRAPE_SECONDS, STEP_SECONDS = 15, 60
# The number of consumers of each shop, and how many of the first have a month of history.
SHOPS = {"shop-1000": 1_000, "shop-5000": 5_000}
CONSUMERS_WITH_HISTORY = 100
# The size of the largest blocks with a retention of 45 days.
BLOCK_SECONDS = 54 * 3_600
BUILD_TIMEOUT_SECONDS = 900

RATE = "peer:bandwidth_bytes:rate5m"
# Periods are only labels here: the whole month is one.
PERIOD = "202612"
OF_MONTH = {names.CALENDAR: "month", names.PERIOD: PERIOD}


@dataclass(frozen=True)
class _History:
    """One series: bytes that grow each second, or vary around a number, or are 1."""

    labels: Mapping[str, str]
    every_seconds: int
    growth: int
    grows: bool = False
    has_past: bool = True

    def samples(self, origin: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield times and values between two times; ``origin`` is when the month began."""
        for time in range(start, end, self.every_seconds):
            if self.grows:
                yield time, (time - origin) * self.growth + time * 7_919 % self.growth
            else:
                yield time, time * 7_919 % (2 * self.growth) if self.growth else 1


def build_month(folder: Path, end: int) -> None:
    """Write a month of counters, and of what the rules record of them, except its last hours.

    Args:
        folder: where Prometheus looks for its data.
        end: the end of the month in Unix seconds, a whole minute.

    Raises:
        subprocess.SubprocessError: promtool failed.

    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder.parent / "month.om"
    begin = end - MONTH_SECONDS
    last = end - HEAD_SECONDS
    for start in range(begin // BLOCK_SECONDS * BLOCK_SECONDS, last, BLOCK_SECONDS):
        span = max(start, begin), min(start + BLOCK_SECONDS, last)
        with source.open("w", encoding="utf-8") as file:
            metric = ""
            for history in _histories():
                if not history.has_past:
                    continue
                labels = dict(history.labels)
                name = labels.pop("__name__")
                if name != metric:
                    file.write(f"# TYPE {name} gauge\n")
                    metric = name
                # OpenMetrics allows no blanks between labels.
                head = name + select(labels).replace(", ", ",")
                file.writelines(
                    f"{head} {value} {time}\n" for time, value in history.samples(begin, *span)
                )
            file.write("# EOF\n")
        create_blocks(source, folder)
    source.unlink()


def create_blocks(source: Path, folder: Path) -> None:
    """Write samples in OpenMetrics to blocks in a data folder.

    Raises:
        subprocess.SubprocessError: promtool failed.

    """
    command = ["tsdb", "create-blocks-from", f"--max-block-duration={BLOCK_SECONDS}s", "-q"]
    subprocess.run(  # noqa: S603 - a fixed program, no shell
        [programs.find(programs.PROMTOOL), *command, "openmetrics", source, folder],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=BUILD_TIMEOUT_SECONDS,
    )


def continue_month(url: str, end: int) -> None:
    """Write the last hours of the month into a Prometheus, and AHEAD_SECONDS more.

    Raises:
        requests.RequestException: Prometheus cannot be reached or refuses them.

    """
    for start in range(end - HEAD_SECONDS, end + AHEAD_SECONDS, HEAD_PART_SECONDS):
        until = min(start + HEAD_PART_SECONDS, end + AHEAD_SECONDS)
        write(url, _part(end - MONTH_SECONDS, start, until))


def _part(origin: int, start: int, until: int) -> Iterable[Series]:
    for history in _histories():
        yield history.labels, list(history.samples(origin, start, until))


def _histories() -> Iterator[_History]:
    """Yield all series, sorted by metric."""
    targets = [
        {"job": names.GATEWAY_JOB, "instance": f"10.0.0.{gateway}:8100"}
        for gateway in range(GATEWAYS)
    ]
    counted = [
        _labels(f"service-{number}", direction)
        for number in range(SERVICES + OTHER_SERVICES)
        for direction in (names.EGRESS, names.INGRESS)
    ]
    for number, labels in enumerate(counted[: 2 * SERVICES]):
        for target in targets:
            name = {"__name__": names.GATEWAY_BYTES}
            yield _History({**name, **labels, **target}, SCRAPE_SECONDS, 7_919 + number, grows=True)
    for target in targets:
        yield _History({"__name__": "up", **target}, SCRAPE_SECONDS, 0)
    for number in range(SERVICES):
        rate = {"__name__": RATE, names.SERVICE: f"service-{number}"}
        yield _History(rate, STEP_SECONDS, 2_111)
    for metric in (names.PERIOD_COUNTED, names.PERIOD_ELAPSED):
        yield _History({"__name__": metric, **OF_MONTH}, STEP_SECONDS, 1, grows=True)
    consumed = [
        (_labels(shop, names.EGRESS) | {names.CONSUMER: f"consumer-{number}"}, number)
        for shop, consumers in SHOPS.items()
        for number in range(consumers)
    ]
    delta, total = {"__name__": names.DELTA}, {"__name__": names.TOTAL}
    # As the earlier rules recorded steps: with a calendar and its period.
    for labels in counted:
        yield _History({**delta, **labels, **OF_MONTH}, STEP_SECONDS, 63_352)
    for labels, number in consumed:
        if number < CONSUMERS_WITH_HISTORY:
            yield _History({**delta, **labels, **OF_MONTH}, STEP_SECONDS, 63_352)
    for labels in [*counted, *(labels for labels, _ in consumed)]:
        yield _History({**delta, **labels}, STEP_SECONDS, 63_352, has_past=False)
        yield _History(
            {**total, **labels, **OF_MONTH}, STEP_SECONDS, 63_352, grows=True, has_past=False
        )


def _labels(service: str, direction: str) -> dict[str, str]:
    return {
        names.SERVICE: service,
        names.ROUTE: f"{service}-route",
        names.WORKSPACE: "default",
        names.DIRECTION: direction,
    }

"""Generate a month of samples in blocks on disk, and the past 75 minutes for remote write."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.support.remote_write import Series
from local import programs
from quotas import names
from quotas.promql import select

# A month of 31 days. Queries read most in its last minutes.
START = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
END = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
PERIOD = "202612"
SERVICES = 10
GATEWAYS = 2
# These services have deltas but no counters: with them a quota can match 40 series of deltas.
OTHER_SERVICES = 10
SCRAPE_SECONDS = 15
STEP_SECONDS = 60
# The size of the largest blocks with a retention of 45 days.
BLOCK_SECONDS = 54 * 3_600
BUILD_TIMEOUT_SECONDS = 600

RATE = "peer:bandwidth_bytes:rate5m"

TARGETS = 20
COUNTERS_OF_TARGET = 500
SCRAPES = 301
# An empty Prometheus rejects samples that are more than an hour older than its newest one.
SCRAPES_AT_ONCE = 100


def build_month(folder: Path) -> None:
    """Write a month of counters, and of what the rules record of them, into a data folder.

    Raises:
        subprocess.SubprocessError: promtool failed.

    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder.parent / "month.om"
    for start in range(START // BLOCK_SECONDS * BLOCK_SECONDS, END, BLOCK_SECONDS):
        with source.open("w", encoding="utf-8") as file:
            for lines in _month(max(start, START), min(start + BLOCK_SECONDS, END)):
                file.write(lines)
            file.write("# EOF\n")
        command = ["tsdb", "create-blocks-from", f"--max-block-duration={BLOCK_SECONDS}s", "-q"]
        subprocess.run(  # noqa: S603 - a fixed program, no shell
            [programs.find(programs.PROMTOOL), *command, "openmetrics", source, folder],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=BUILD_TIMEOUT_SECONDS,
        )
    source.unlink()


def _month(start: int, end: int) -> Iterator[str]:
    """Yield the lines of each series between two times, in OpenMetrics."""
    yield f"# TYPE {names.GATEWAY_BYTES} gauge\n"
    for number in range(SERVICES):
        for direction in (names.EGRESS, names.INGRESS):
            for gateway in range(GATEWAYS):
                labels = _labels(number, direction) | {
                    "job": names.GATEWAY_JOB,
                    "instance": f"10.0.0.{gateway}:8100",
                }
                head = names.GATEWAY_BYTES + select(labels)
                yield _lines(head, range(start, end, SCRAPE_SECONDS), 7_919 + number, START)
    yield "# TYPE up gauge\n"
    for gateway in range(GATEWAYS):
        head = "up" + select({"job": names.GATEWAY_JOB, "instance": f"10.0.0.{gateway}:8100"})
        yield _lines(head, range(start, end, SCRAPE_SECONDS), 0, None)
    yield f"# TYPE {names.DELTA} gauge\n"
    for number in range(SERVICES + OTHER_SERVICES):
        for direction in (names.EGRESS, names.INGRESS):
            head = names.DELTA + select(_labels(number, direction))
            yield _lines(head, range(start, end, STEP_SECONDS), 63_352, None)
    yield f"# TYPE {names.TOTAL} gauge\n"
    for number in range(SERVICES + OTHER_SERVICES):
        for direction in (names.EGRESS, names.INGRESS):
            period = {names.CALENDAR: "month", names.PERIOD: PERIOD}
            head = names.TOTAL + select(_labels(number, direction) | period)
            yield _lines(head, range(start, end, STEP_SECONDS), 63_352, START)
    yield f"# TYPE {names.PERIOD_ELAPSED} gauge\n"
    head = names.PERIOD_ELAPSED + select({names.CALENDAR: "month", names.PERIOD: PERIOD})
    yield _lines(head, range(start, end, STEP_SECONDS), 1, START)
    yield f"# TYPE {RATE} gauge\n"
    for number in range(SERVICES):
        head = RATE + select({names.SERVICE: f"service-{number}"})
        yield _lines(head, range(start, end, STEP_SECONDS), 2_111, None)


def _lines(head: str, times: range, step: int, counted_from: int | None) -> str:
    """Return the samples of one series.

    They grow by ``step`` per second from the time ``counted_from``. Without this time, they vary
    around ``step``. With the step 0, all are 1.
    """
    head = head.replace(", ", ",")  # OpenMetrics allows no blanks here
    if step == 0:
        return "".join(f"{head} 1 {time}\n" for time in times)
    if counted_from is None:
        return "".join(f"{head} {time * 7_919 % (2 * step)} {time}\n" for time in times)
    return "".join(
        f"{head} {(time - counted_from) * step + time * 7_919 % step} {time}\n" for time in times
    )


def _labels(number: int, direction: str) -> dict[str, str]:
    service = f"service-{number}"
    return {
        names.SERVICE: service,
        names.ROUTE: f"{service}-route",
        names.WORKSPACE: "default",
        names.DIRECTION: direction,
    }


def recent_hour(
    now: int, gateways: int = TARGETS, counters: int = COUNTERS_OF_TARGET
) -> Iterator[list[Series]]:
    """Yield the past 75 minutes of gateways with so many counters each, in parts by time."""
    for first in range(0, SCRAPES, SCRAPES_AT_ONCE):
        scrapes = range(first, min(first + SCRAPES_AT_ONCE, SCRAPES))
        yield list(_recent(now, scrapes, gateways, counters))


def _recent(now: int, scrapes: range, gateways: int, counters: int) -> Iterator[Series]:
    for gateway in range(gateways):
        # The scrapes of the gateways are spread over the interval.
        phase = gateway * SCRAPE_SECONDS / gateways
        times = [now - SCRAPE_SECONDS * (SCRAPES - n) + phase for n in scrapes]
        target = {"job": names.GATEWAY_JOB, "instance": f"10.0.0.{gateway}:8100"}
        node = {**target, "node_id": f"node-{gateway}"}
        yield {"__name__": "up", **target}, [(time, 1) for time in times]
        yield {"__name__": "kong_node_info", **node}, [(time, 1) for time in times]
        requests = {"__name__": "kong_nginx_requests_total", "subsystem": "http", **node}
        yield requests, [(time, 7_919 * n) for time, n in zip(times, scrapes, strict=True)]
        for counter in range(counters):
            step = 1_000 + gateway * 7_919 + counter * 104_729
            values = [step * n + n * 7_919 % step for n in scrapes]
            yield (
                {
                    "__name__": names.GATEWAY_BYTES,
                    **target,
                    **_labels(counter // 10, (names.EGRESS, names.INGRESS)[counter % 2]),
                    names.ROUTE: f"route-{counter // 2}",
                    names.CONSUMER: f"consumer-{counter % 7}",
                },
                list(zip(times, values, strict=True)),
            )

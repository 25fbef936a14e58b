"""The samples that the charts and lists of the benchmark show, in OpenMetrics.

A day of ten services and of 1,000 consumers, 90 days of recorded bytes of these consumers, and
10,000 quotas.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from local import programs
from quotas import names

SERVICES = 10
CONSUMERS = 1_000
QUOTAS = 10_000
DAYS = 90
SCRAPE_SECONDS = 15
# Counters of consumers are scraped less often, so that the files are small enough.
CONSUMER_SCRAPE_SECONDS = 60
RECORDED_SECONDS = 6 * 3_600
_PAST_END_SECONDS = 600
_DAY_SECONDS = 26 * 3_600
_TARGET = f'job="{names.GATEWAY_JOB}",instance="kong:8100"'
# Until well after the benchmark, which asks for the quotas of the present.
_PRESENT_SECONDS = 4 * 3_600
_PERIOD = "202201"


def samples(end: int) -> Iterator[str]:
    """Yield all samples until some minutes after ``end``, in Unix seconds."""
    times = range(end - _DAY_SECONDS, end + _PAST_END_SECONDS, SCRAPE_SECONDS)
    yield from (f"up{{{_TARGET}}} 1 {at}\n" for at in range(end - DAYS * 86_400, times[0], 3_600))
    yield from (f"up{{{_TARGET}}} 1 {at}\n" for at in times)
    yield from _counters(times, "service-", SERVICES, "")
    sparse = range(times.start, times.stop, CONSUMER_SCRAPE_SECONDS)
    yield from _counters(sparse, "consumers", 1, "consumer-")
    recorded = range(end - DAYS * 86_400, end, RECORDED_SECONDS)
    for consumer in range(CONSUMERS):
        labels = _labels("consumers", f"consumer-{consumer}")
        for at in recorded:
            yield f"{names.DELTA}{{{labels}}} {7 * consumer + at % 997} {at}\n"
    yield from _quotas(range(end, end + _PRESENT_SECONDS, 600))
    yield "# EOF\n"


def _labels(service: str, consumer: str) -> str:
    return (
        f'{_TARGET},service="{service}",route="route",consumer="{consumer}",'
        f'workspace="default",direction="egress"'
    )


def _counters(times: range, service: str, services: int, consumer: str) -> Iterator[str]:
    for number in range(CONSUMERS if consumer else services):
        labels = _labels(
            service if consumer else f"{service}{number}", consumer and f"{consumer}{number}"
        )
        for index, at in enumerate(times):
            yield f"{names.GATEWAY_BYTES}{{{labels}}} {index * (1000 + 37 * number)} {at}\n"


def _quotas(times: range) -> Iterator[str]:
    """Yield used and limit of each quota."""
    for metric, value in ((names.USED, 400), (names.LIMIT, 1_000)):
        for number in range(QUOTAS):
            of_period = f',calendar="month",period="{_PERIOD}"' if metric == names.USED else ""
            amount = value + number % 600
            for at in times:
                yield f'{metric}{{quota="quota-{number}"{of_period}}} {amount} {at}\n'


def write_history(folder: Path, end: int) -> None:
    """Write the samples into the data folder of Prometheus."""
    text = folder / "samples.txt"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(samples(end))
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    # One block for a month: with blocks of two hours, promtool reads the file once for each.
    long = ("--max-block-duration=1536h",)
    command = ["tsdb", "create-blocks-from", *long, "openmetrics", str(text), str(folder / "data")]
    subprocess.run(  # noqa: S603 - our own program
        [programs.find(programs.PROMTOOL), *command], check=True, capture_output=True, timeout=300
    )

"""One Prometheus that scrapes many answers, each in a job like that of the gateways."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bench.support.http_server import QuietHandler, serving
from local.stack.config import PROMETHEUS_FILE
from quotas import names
from tests.integration.relabelling.answers import Answer
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import Labels, Server, with_config

_LINE = re.compile(r"(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Series = set[tuple[frozenset[tuple[str, str]], float]]


@dataclass(frozen=True)
class Scrape:
    """An answer, the labels of the target that gives it, and changes to the scrape job."""

    answer: Answer
    target_labels: Mapping[str, str]
    job: Mapping[str, Any] = field(default_factory=dict)


def parse(text: str, more_labels: Mapping[str, str]) -> Series:
    """Return the series of a text in Prometheus's notation, each with further labels."""
    series: Series = set()
    for line in _LINE.finditer(text):
        labels = {"__name__": line["name"], **more_labels, **dict(_LABEL.findall(line["labels"]))}
        present = frozenset((name, value) for name, value in labels.items() if value)
        series.add((present, float(line["value"])))
    return series


@dataclass(frozen=True)
class Stored:
    """What Prometheus stored of each scrape."""

    server: Server
    scrapes: Sequence[Scrape]

    def series(self, scrape: Scrape) -> Series:
        """Return the series that a scrape brought, without job and instance."""
        job = _job_name(self.scrapes.index(scrape))
        found = _query(self.server, f'last_over_time({{__name__=~"kong_.+", job="{job}"}}[1m])')
        return {
            (
                frozenset(item for item in labels.items() if item[0] not in names.TARGET_LABELS),
                value,
            )
            for labels, value in found
        }

    def dropped_samples(self, scrape: Scrape) -> float:
        """Return how many samples of a scrape Prometheus did not store, such as duplicates."""
        job = _job_name(self.scrapes.index(scrape))
        # The answer is always the same. On a busy machine, the last scrape may have timed out.
        found = f'max_over_time(scrape_samples_scraped{{job="{job}"}}[1m])'
        ((_, exposed),) = _query(self.server, found)
        return exposed - len(self.series(scrape))


@contextmanager
def scraped(folder: Path, scrapes: Sequence[Scrape]) -> Iterator[Stored]:
    """Run a Prometheus until it has scraped each answer with the job of ``prometheus.yml``."""
    config = yaml.safe_load(PROMETHEUS_FILE.read_text(encoding="utf-8"))
    (gateways,) = (job for job in config["scrape_configs"] if job["job_name"] == names.GATEWAY_JOB)
    with _serving([scrape.answer.exposed for scrape in scrapes]) as address:
        jobs = [
            gateways
            | {
                "job_name": _job_name(number),
                "metrics_path": f"/{number}",
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "static_configs": [{"targets": [address], "labels": dict(scrape.target_labels)}],
            }
            | dict(scrape.job)
            for number, scrape in enumerate(scrapes)
        ]
        with with_config(folder, {"scrape_configs": jobs}) as server:
            count = "count(scrape_samples_scraped > 0)"
            poll(
                lambda: [value for _, value in _query(server, count)] == [len(scrapes)],
                "not everything was scraped",
            )
            yield Stored(server, scrapes)


@contextmanager
def _serving(answers: Sequence[str]) -> Iterator[str]:
    """Serve each text below its number, as Kong's status port does; yield host and port."""

    class Handler(QuietHandler):
        def answer(self, _: bytes) -> None:
            text = answers[int(self.path.removeprefix("/"))]
            self.reply(text.encode(), "text/plain; charset=UTF-8")

    with serving(Handler) as address:
        yield address


def _query(server: Server, query: str) -> list[tuple[Labels, float]]:
    return server.query(query, time.time())


def _job_name(number: int) -> str:
    return f"{names.GATEWAY_JOB}-{number}"

"""The API under gunicorn, asked for more than it answers, and by many at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from bench.api.quick_prometheus import quick_prometheus
from tests.integration.api.api_process import api
from tests.integration.support.webhook_process import metric

CONSUMERS = 1_000
AT_ONCE = 8
PROMPT_SECONDS = 3
TIMEOUT_SECONDS = 90
# Measured: 32 MiB. Each of these answers has 32 MiB, and took 400 when it was parsed as a whole.
MOST_MORE_BYTES = 160 * 2**20
# Other tests keep the machine busy.
PATIENT = {"PROMETHEUS_TIMEOUT_SECONDS": "60"}
DAY = "start=1769774400&end=1769860800&by=consumer"


def test_too_much_for_many_at_once_is_refused_within_little_memory_and_time(tmp_path: Path) -> None:
    with (
        quick_prometheus(CONSUMERS) as prometheus,
        api(tmp_path / "log", prometheus, **PATIENT) as url,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        memory = [metric(url, "process_resident_memory_bytes")]

        def ask(number: int) -> requests.Response:
            query = f"{DAY}&step=1m&service=s{number}"
            return requests.get(f"{url}/api/v1/bandwidth?{query}", timeout=TIMEOUT_SECONDS)

        asked = [pool.submit(ask, number) for number in range(AT_ONCE)]
        while not all(one.done() for one in asked):
            began = time.monotonic()
            memory.append(metric(url, "process_resident_memory_bytes"))
            assert requests.get(f"{url}/healthz", timeout=PROMPT_SECONDS).ok
            assert time.monotonic() - began < PROMPT_SECONDS
        answers = [one.result() for one in asked]
        memory.append(metric(url, "process_resident_memory_bytes"))
        assert {(answer.status_code, answer.json()["step"]) for answer in answers} == {(422, "5m")}
        assert max(memory) - memory[0] < MOST_MORE_BYTES

        step = answers[0].json()["step"]
        answer = requests.get(
            f"{url}/api/v1/bandwidth?{DAY}&step={step}", timeout=TIMEOUT_SECONDS
        ).json()
        assert [len(series["points"]) for series in answer["series"]] == [288] * CONSUMERS


def test_the_largest_of_more_than_can_be_answered_are_answered(tmp_path: Path) -> None:
    with (
        quick_prometheus(CONSUMERS) as prometheus,
        api(tmp_path / "log", prometheus, **PATIENT) as url,
    ):
        answer = requests.get(
            f"{url}/api/v1/bandwidth?{DAY}&step=1m&top=2", timeout=TIMEOUT_SECONDS
        ).json()
    first, second, rest = answer["series"]
    assert first["labels"] == {"consumer": "consumer-999"}
    assert second["labels"] == {"consumer": "consumer-998"}
    assert rest["other"]
    assert rest["points"][0][1] == sum(9_133 * n + 1769774460 for n in range(998))

"""How many answers a second are sent, and how many queries many equal requests make."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median

import requests

from bench.api.setup import TIMEOUT_SECONDS, Bench, Row, start_application
from bench.support.http_load import requests_per_second

ROUNDS = 5
ROUND_SECONDS = 1.5
CLIENTS = 100
_QUERIES = "api_prometheus_query_duration_seconds_count"


def measure_rate(bench: Bench) -> list[Row]:
    """Return rows about cached answers, beside what always answers as many bytes, in turns."""
    answer = requests.get(bench.api + bench.chart(0), timeout=TIMEOUT_SECONDS)
    size = len(answer.content)
    peers = {
        name: int(start_application(
            bench.processes, name, f"bench.api.minimal_app:{function}({size})", {}, "/"
        ).rpartition(":")[2])
        for name, function in (("bare", "create_bare_app"), ("flask", "create_app"))
    }  # fmt: skip
    rounds = [
        {
            "api": requests_per_second(bench.port, bench.chart(0), ROUND_SECONDS),
            **{name: requests_per_second(port, "/", ROUND_SECONDS) for name, port in peers.items()},
        }
        for _ in range(ROUNDS)
    ]
    rates = {name: median(one[name] for one in rounds) for name in rounds[0]}
    ratio = median(one["api"] / one["bare"] for one in rounds)
    etag = {"If-None-Match": answer.headers["ETag"]}
    unchanged = requests_per_second(bench.port, bench.chart(0), ROUND_SECONDS, etag)
    return [
        Row("size of the answer", f"{size / 1000:,.0f} kB"),
        Row("a bare WSGI function", f"{rates['bare']:,.0f} a second"),
        Row("a Flask view", f"{rates['flask']:,.0f} a second"),
        Row("cached, whole answers", f"{rates['api']:,.0f} a second"),
        Row("that, of the bare function", f"{ratio:.2f} x", "at least 0.9 x", ratio >= 0.9),  # noqa: PLR2004 - said beside it
        Row("cached, not modified", f"{unchanged:,.0f} a second"),
    ]


def count_queries(bench: Bench) -> list[Row]:
    """Return a row about the queries when many clients ask for the same new chart at once."""
    before = bench.read_metric(_QUERIES)
    url = bench.api + bench.chart(1_000_000)
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(
            pool.map(lambda _: requests.get(url, timeout=TIMEOUT_SECONDS), range(CLIENTS))
        )
    for answer in answers:
        answer.raise_for_status()
    queries = bench.read_metric(_QUERIES) - before
    return [Row(f"queries for {CLIENTS} clients", f"{queries:.0f}", "1", queries == 1)]

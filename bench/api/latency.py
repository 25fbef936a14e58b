"""How long answers take: beside Prometheus itself, cached, and lists of many quotas."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

import requests

from bench.api.history import CONSUMERS, QUOTAS
from bench.api.setup import ALL_POINTS, TIMEOUT_SECONDS, Bench, Row

RUNS = 15
MOST_SECONDS = 45.0
LONG_RUNS = 3
PAGES = 12


def _seconds_of(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _ask_prometheus(session: requests.Session, bench: Bench, form: Mapping[str, str]) -> None:
    url = f"{bench.prometheus}/api/v1/query_range"
    answer = session.post(url, data=form, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()


def _ask_api(session: requests.Session, bench: Bench, path: str) -> requests.Response:
    answer = session.get(bench.api + path, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer


def measure_chart(bench: Bench) -> list[Row]:
    """Return rows about the chart of a day. The three ways of each chart take turns."""
    direct, fresh, cached = list[float](), list[float](), list[float]()
    end = time.monotonic() + MOST_SECONDS
    with requests.Session() as session:
        _ask_prometheus(session, bench, bench.chart_query(-1))
        body = _ask_api(session, bench, bench.chart(-1)).json()
        for number in range(RUNS):
            if time.monotonic() > end:
                break
            direct.append(
                _seconds_of(partial(_ask_prometheus, session, bench, bench.chart_query(number)))
            )
            ask = partial(_ask_api, session, bench, bench.chart(number))
            fresh.append(_seconds_of(ask))
            cached.append(_seconds_of(ask))
    points = sum(len(series["points"]) for series in body["series"])
    itself = median(direct)
    slower = median(one / other for one, other in zip(fresh, direct, strict=True))
    faster = itself / median(cached)
    return [
        Row("points of the chart", f"{points:,}", f"{ALL_POINTS:,}", points == ALL_POINTS),
        Row("Prometheus itself", f"{1000 * itself:.0f} ms"),
        Row("not cached", f"{slower:.2f} x Prometheus", "at most 1.1 x", slower <= 1.1),  # noqa: PLR2004 - said beside it
        Row("cached", f"1/{faster:.0f} of Prometheus", "at most 1/10", faster >= 10),  # noqa: PLR2004 - said beside it
    ]


def measure_long_chart(bench: Bench) -> list[Row]:
    """Return a row about a chart of 90 days by 1,000 consumers."""
    direct, fresh = list[float](), list[float]()
    with requests.Session() as session:
        for number in range(LONG_RUNS):
            form = bench.long_query(number)
            direct.append(_seconds_of(partial(_ask_prometheus, session, bench, form)))
            path = bench.long_chart(number)
            fresh.append(_seconds_of(partial(_ask_api, session, bench, path)))
        series = len(_ask_api(session, bench, path).json()["series"])
    slower = median(one / other for one, other in zip(fresh, direct, strict=True))
    name = f"90 days by {series:,} consumers"
    result = f"{1000 * median(fresh):.0f} ms ({slower:.2f} x Prometheus)"
    return [Row(name, result, "", series == CONSUMERS)]


def measure_quotas(bench: Bench) -> list[Row]:
    """Return a row about the pages of all quotas after the first, in several orders."""
    sorts = ("ratio", "-used", "left", "name")
    with requests.Session() as session:
        total = _ask_api(session, bench, "/api/v1/quotas").json()["total"]
        later = [
            _seconds_of(
                partial(
                    _ask_api,
                    session,
                    bench,
                    f"/api/v1/quotas?page={number}&sort={sorts[number % len(sorts)]}",
                )
            )
            for number in range(2, 2 + PAGES)
        ]
    again = median(later)
    wanted = "at most 50 ms"
    name = f"a page of {total:,} quotas"
    return [Row(name, f"{1000 * again:.0f} ms", wanted, total == QUOTAS and again <= 0.05)]  # noqa: PLR2004 - said beside it

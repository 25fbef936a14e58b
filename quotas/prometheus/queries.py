"""Queries within bounds of time and size. Answers of Prometheus are validated, never trusted.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil, inf, isnan
from typing import TypeAlias

import msgspec
import orjson

from quotas.http.deadline import seconds_left
from quotas.http.exchange import (
    BadAnswerError,
    Server,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
    ask,
)
from quotas.prometheus.answers.decoding import (
    Column,
    QueryAnswer,
    decode_answer,
    decode_instant,
    decode_range,
    read_column,
)
from quotas.prometheus.answers.receiving import TooManyNumbersError, receive
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS, find_doubt, is_part_away

# Prometheus ends a query at the timeout it is sent; its answer to that must still arrive.
GRACE_SECONDS = 2
LARGEST_ANSWER_BYTES = 64 * 2**20
MOST_SERIES = 200_000

_GATEWAY_TIMEOUT = 504
_RESULT_TYPES = {"query_range": "matrix", "query": "vector"}
_ASK_FOR_LESS = "ask for a shorter time or for fewer series"

# What Prometheus and Thanos, VictoriaMetrics, Mimir and Cortex say of a query beyond their limits.
_BEYOND_LIMITS = re.compile(
    "too many samples|-search[.]max|err-mimir-max-|exceed(s|ed) the (limit|maximum)"
)
_PARTIAL = "it has only a part of the data at the moment"
_LONGEST_LOGGED = 500

_logger = logging.getLogger(__name__)

Labels = tuple[tuple[str, str], ...]
Columns: TypeAlias = "dict[Labels, Column]"


@dataclass(frozen=True)
class Prometheus:
    """Whom to ask, and how long one query may take.

    ``observe`` is called after each query with its outcome, "answered" or "failed", and the
    seconds it took. ``begin_large`` is called before the rest of a large answer is read; it may
    wait, or raise an error.
    """

    endpoint: Endpoint
    timeout_seconds: int
    observe: Callable[[str, float], None] = field(
        default=lambda *_: None, repr=False, compare=False
    )
    begin_large: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    server: Server = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        longest, known = self.timeout_seconds + GRACE_SECONDS, self.endpoint
        server = Server(
            "Prometheus", known.url, longest, LARGEST_ANSWER_BYTES, known.headers, known.ca_file
        )
        object.__setattr__(self, "server", server)


@dataclass(frozen=True)
class Series:
    """A series: its labels, and its finite values by time in Unix milliseconds."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


def query_range(prometheus: Prometheus, query: str, times_ms: range) -> list[Series]:
    """Return the series of a range query, as ``query_columns`` does."""
    return [
        Series(
            dict(labels),
            {at: value for at, value in zip(times_ms, column, strict=True) if not isnan(value)},
        )
        for labels, column in query_columns(prometheus, query, times_ms).items()
    ]


def query_columns(
    prometheus: Prometheus, query: str, times_ms: range, most_numbers: float = inf
) -> Columns:
    """Return the values of a range query, by the labels of each series.

    Args:
        prometheus: whom to ask.
        query: the PromQL expression.
        times_ms: when it is evaluated, in Unix milliseconds; at least one.
        most_numbers: how many values all series may have.

    Raises:
        TooManyNumbersError: there are more values.
        UnavailableError, TooSlowError, BadAnswerError: there is no usable answer.

    """
    form = {
        "query": query,
        "start": _seconds(times_ms[0]),
        "end": _seconds(times_ms[-1]),
        "step": _seconds(times_ms.step),
    }
    times = [time_ms / 1000 for time_ms in times_ms]
    columns: Columns = {}
    for raw in _ask(prometheus, "query_range", form, most_numbers):
        series = decode_range(raw)
        _add(columns, series.metric, read_column(series.values, times_ms, times))
    return columns


def query_at(prometheus: Prometheus, query: str, time_ms: int) -> list[Series]:
    """Return the series of an instant query, evaluated at a time in Unix milliseconds.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no usable answer.

    """
    form = {"query": query, "time": _seconds(time_ms)}
    times_ms, times = range(time_ms, time_ms + 1), [time_ms / 1000]
    columns: Columns = {}
    for raw in _ask(prometheus, "query", form, inf):
        series = decode_instant(raw)
        _add(columns, series.metric, read_column([series.value], times_ms, times))
    return [Series(dict(labels), {time_ms: column[0]}) for labels, column in columns.items()]


def _add(columns: Columns, labels: Mapping[str, str], column: Column) -> None:
    key = tuple(sorted(labels.items()))
    if key in columns:
        raise BadAnswerError("two series in its answer have the same labels")
    columns[key] = column


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _ask(
    prometheus: Prometheus, path: str, form: dict[str, str], most_numbers: float
) -> list[msgspec.Raw]:
    began = time.perf_counter()
    outcome = "failed"
    try:
        answer = _ask_once(prometheus, path, form, most_numbers)
        outcome = "answered"
    finally:
        prometheus.observe(outcome, time.perf_counter() - began)
    kind = _RESULT_TYPES[path]
    if answer.status != "success" or answer.data is None or answer.data.result_type != kind:
        raise BadAnswerError(f"its answer is not a {kind}")
    if len(answer.data.result) > MOST_SERIES:
        raise TooLargeError(f"its answer has {len(answer.data.result)} series; ask for fewer")
    return answer.data.result


def _ask_once(
    prometheus: Prometheus, path: str, form: dict[str, str], most_numbers: float
) -> QueryAnswer:
    left = seconds_left(prometheus.timeout_seconds + GRACE_SECONDS) - GRACE_SECONDS
    form |= {"timeout": f"{max(1, ceil(left))}s", **QUERY_PARAMETERS}

    def keep(chunks: Iterator[bytes]) -> bytearray:
        return receive(chunks, most_numbers, prometheus.begin_large)

    try:
        answer = ask(
            prometheus.server,
            "POST",
            f"/api/v1/{path}",
            form=form,
            explain=_explain,
            receive=keep,
            decode=decode_answer,
        )
    except TooManyNumbersError:
        raise
    except TooLargeError as error:
        raise TooLargeError(f"{error}; {_ASK_FOR_LESS}") from error
    if doubt := find_doubt({"isPartial": answer.is_partial, "warnings": answer.warnings}):
        words = prometheus.endpoint.headers.hide_in(doubt)
        _logger.warning("Prometheus has only a part of the data: %.*s", _LONGEST_LOGGED, words)
        raise UnavailableError(_PARTIAL)
    return answer


def _explain(status: int, body: bytes) -> UpstreamError | None:
    """Return the error of a query that takes too long, lacks data or reads too much; else None."""
    kind, error = "", ""
    try:
        match orjson.loads(body):
            case {"errorType": str(kind), "error": str(error)}:
                pass
            case {"errorType": str(kind)}:
                pass
            case _:
                pass
    except ValueError:
        pass  # a proxy's page
    if kind == "timeout" or status == _GATEWAY_TIMEOUT:
        return TooSlowError(f"the query took too long; {_ASK_FOR_LESS}")
    if is_part_away(error):
        return UnavailableError(_PARTIAL)
    if _BEYOND_LIMITS.search(error):
        return TooLargeError("the query would read more than it allows")
    return None

"""Queries within bounds of time and size. Answers of Prometheus are validated, never trusted.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from quotas.http.exchange import (
    BadAnswerError,
    Server,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
    ask,
)
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS, find_doubt, is_part_away

# Prometheus ends a query at the timeout it is sent; its answer to that must still arrive.
GRACE_SECONDS = 2
LARGEST_ANSWER_BYTES = 64 * 2**20
MOST_SERIES = 200_000

_GATEWAY_TIMEOUT = 504
_ASK_FOR_LESS = "ask for a shorter time or for fewer series"

# What Prometheus and Thanos, VictoriaMetrics, Mimir and Cortex say of a query beyond their limits.
_BEYOND_LIMITS = re.compile(
    "too many samples|-search[.]max|err-mimir-max-|exceed(s|ed) the (limit|maximum)"
)
_PARTIAL = "it has only a part of the data at the moment"
_LONGEST_LOGGED = 500

_logger = logging.getLogger(__name__)

_DIGITS = frozenset("0123456789+-.eE")


@dataclass(frozen=True)
class Prometheus:
    """Whom to ask, and how long one query may take.

    ``observe`` is called after each query with its outcome, "answered" or "failed", and the
    seconds it took.
    """

    endpoint: Endpoint
    timeout_seconds: int
    observe: Callable[[str, float], None] = field(
        default=lambda *_: None, repr=False, compare=False
    )
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
    """Return the series of a range query.

    Args:
        prometheus: whom to ask.
        query: the PromQL expression.
        times_ms: when it is evaluated, in Unix milliseconds; at least one.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no usable answer.

    """
    form = {
        "query": query,
        "start": _seconds(times_ms[0]),
        "end": _seconds(times_ms[-1]),
        "step": _seconds(times_ms.step),
    }
    result = _ask(prometheus, "/api/v1/query_range", form, "matrix")
    return _refuse_duplicates([_read_series(entry, "values", times_ms) for entry in result])


def query_at(prometheus: Prometheus, query: str, time_ms: int) -> list[Series]:
    """Return the series of an instant query, evaluated at a time in Unix milliseconds.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no usable answer.

    """
    form = {"query": query, "time": _seconds(time_ms)}
    result = _ask(prometheus, "/api/v1/query", form, "vector")
    times_ms = range(time_ms, time_ms + 1)
    return _refuse_duplicates([_read_series(entry, "value", times_ms) for entry in result])


def _refuse_duplicates(found: list[Series]) -> list[Series]:
    if len({tuple(sorted(series.labels.items())) for series in found}) < len(found):
        raise BadAnswerError("two series in its answer have the same labels")
    return found


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _ask(prometheus: Prometheus, path: str, form: dict[str, str], result_type: str) -> list[Any]:
    began = time.perf_counter()
    outcome = "failed"
    try:
        result = _ask_once(prometheus, path, form, result_type)
        outcome = "answered"
    finally:
        prometheus.observe(outcome, time.perf_counter() - began)
    return result


def _ask_once(
    prometheus: Prometheus, path: str, form: dict[str, str], result_type: str
) -> list[Any]:
    form |= {"timeout": f"{prometheus.timeout_seconds}s", **QUERY_PARAMETERS}
    try:
        answer = ask(prometheus.server, "POST", path, form=form, explain=_explain)
    except TooLargeError as error:
        raise TooLargeError(f"{error}; {_ASK_FOR_LESS}") from error
    if doubt := find_doubt(answer):
        words = prometheus.endpoint.headers.hide_in(doubt)
        _logger.warning("Prometheus has only a part of the data: %.*s", _LONGEST_LOGGED, words)
        raise UnavailableError(_PARTIAL)
    match answer:
        case {"status": "success", "data": {"resultType": found, "result": list(result)}}:
            if len(result) > MOST_SERIES:
                raise TooLargeError(f"its answer has {len(result)} series; ask for fewer")
            if found == result_type:
                return result
        case _:
            pass
    raise BadAnswerError(f"its answer is not a {result_type}")


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


def _read_series(entry: Any, key: str, times_ms: range) -> Series:
    match entry:
        case {"metric": dict(labels), "values": list(points)} if key == "values":
            pass
        case {"metric": dict(labels), "value": point} if key == "value":
            points = [point]
        case _:
            raise BadAnswerError("a series in its answer has no labels or no values")
    if not all(isinstance(label, str) for label in labels.values()):
        raise BadAnswerError("a label in its answer is not text")
    return Series(labels, _read_points(points, times_ms))


def _read_points(points: list[Any], times_ms: range) -> dict[int, float]:
    try:
        values = {round(seconds * 1000): float(text) for seconds, text in points}
        # Prometheus writes numbers as text; float() would accept other types as well.
        strict = all(type(text) is str and type(at) in (int, float) for at, text in points)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadAnswerError("a value in its answer is not a pair of time and number") from error
    if not strict:
        raise BadAnswerError("a value in its answer is not a pair of time and number")
    if len(values) != len(points):
        raise BadAnswerError("a series in its answer has two values at one time")
    if not all(map(math.isfinite, values.values())):
        raise BadAnswerError("a value in its answer is not finite")
    # float() also accepts blanks, underscores, and the digits of other scripts.
    if not _DIGITS.issuperset("".join(text for _, text in points)):
        raise BadAnswerError("a value in its answer is not a pair of time and number")
    if not all(time_ms in times_ms for time_ms in values):
        raise BadAnswerError("a value in its answer is of a time that was not asked for")
    return values

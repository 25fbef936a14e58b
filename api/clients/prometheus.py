"""Ask Prometheus over its HTTP API. What it answers is checked, never trusted.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests

from quotas.http.exchange import (
    OK,
    BadAnswerError,
    Bounds,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
    exchange,
    open_session,
)

# Prometheus ends a query at the timeout it is sent; its answer to that must still arrive.
GRACE_SECONDS = 2
LARGEST_ANSWER_BYTES = 64 * 2**20
MOST_SERIES = 200_000
_LONGEST_LOGGED = 500

_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_GATEWAY_TIMEOUT = 504

_DIGITS = frozenset("0123456789+-.eE")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prometheus:
    """Where to ask, and how long one query may take."""

    url: str = field(repr=False)
    timeout_seconds: int
    session: requests.Session = field(default_factory=open_session, repr=False, compare=False)
    # Is told how each query ended and how many seconds it took.
    observe: Callable[[str, float], None] = field(
        default=lambda *_: None, repr=False, compare=False
    )


@dataclass(frozen=True)
class Series:
    """The labels of a series, and its values by time in Unix milliseconds. Values are finite."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


def query_range(prometheus: Prometheus, query: str, times_ms: range) -> list[Series]:
    """Return what a PromQL expression is at each of these times.

    Args:
        prometheus: whom to ask.
        query: the expression.
        times_ms: Unix milliseconds, at least one, with the same step between all.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no answer.

    """
    form = {
        "query": query,
        "start": _seconds(times_ms[0]),
        "end": _seconds(times_ms[-1]),
        "step": _seconds(times_ms.step),
    }
    result = _ask(prometheus, "/api/v1/query_range", form, "matrix")
    return _unlike([_read_series(entry, "values", times_ms) for entry in result])


def query_at(prometheus: Prometheus, query: str, time_ms: int) -> list[Series]:
    """Return what a PromQL expression is at one time, in Unix milliseconds.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no answer.

    """
    form = {"query": query, "time": _seconds(time_ms)}
    result = _ask(prometheus, "/api/v1/query", form, "vector")
    times_ms = range(time_ms, time_ms + 1)
    return _unlike([_read_series(entry, "value", times_ms) for entry in result])


def _unlike(found: list[Series]) -> list[Series]:
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
    status, body = _post(prometheus, path, form)
    if status != OK:
        raise _refusal(status, body)
    try:
        answer = orjson.loads(body)
    except ValueError as error:
        raise BadAnswerError("its answer is not JSON") from error
    match answer:
        case {"status": "success", "data": {"resultType": found, "result": list(result)}}:
            if len(result) > MOST_SERIES:
                raise TooLargeError(f"its answer has {len(result)} series; ask for fewer")
            if found == result_type:
                return result
    raise BadAnswerError(f"its answer is not a {result_type}")


def _post(prometheus: Prometheus, path: str, form: dict[str, str]) -> tuple[int, bytes]:
    longest = prometheus.timeout_seconds + GRACE_SECONDS
    try:
        return exchange(
            prometheus.session,
            "POST",
            prometheus.url + path,
            Bounds("Prometheus", longest, LARGEST_ANSWER_BYTES),
            form=form | {"timeout": f"{prometheus.timeout_seconds}s"},
        )
    except TooLargeError as error:
        raise TooLargeError(f"{error}; ask for a shorter time or for fewer series") from error


def _refusal(status: int, body: bytes) -> UpstreamError:
    """Return the error that an answer stands for; the words of Prometheus only go to the log."""
    kind = ""
    try:
        match orjson.loads(body):
            case {"errorType": str(found)}:
                kind = found
    except ValueError:
        pass  # a proxy's page
    _logger.warning("Prometheus answered HTTP %d: %r", status, body[:_LONGEST_LOGGED])
    if kind == "timeout" or status == _GATEWAY_TIMEOUT:
        return TooSlowError("the query took too long; ask for a shorter time or for fewer series")
    if status in (_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE):
        return UnavailableError(f"it is not ready (HTTP {status})")
    return BadAnswerError(f"it refused the query (HTTP {status})")


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
        # What is no text is refused although float() would take it.
        strict = all(type(text) is str and type(at) in (int, float) for at, text in points)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadAnswerError("a value in its answer is no pair of time and number") from error
    if not strict:
        raise BadAnswerError("a value in its answer is no pair of time and number")
    if len(values) != len(points):
        raise BadAnswerError("a series in its answer has two values at one time")
    if not all(map(math.isfinite, values.values())):
        raise BadAnswerError("a value in its answer is not finite")
    # float() also takes blanks, underscores, and the digits of other scripts.
    if not _DIGITS.issuperset("".join(text for _, text in points)):
        raise BadAnswerError("a value in its answer is no pair of time and number")
    if not all(time_ms in times_ms for time_ms in values):
        raise BadAnswerError("a value in its answer is of a time that was not asked for")
    return values

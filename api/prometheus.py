"""Ask Prometheus over its HTTP API. What it answers is checked, never trusted.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

CONNECT_TIMEOUT_SECONDS = 3
# Prometheus ends a query at the timeout it is sent; its answer to that must still arrive.
GRACE_SECONDS = 2
LARGEST_ANSWER_BYTES = 64 * 2**20
_CHUNK_BYTES = 2**16
_LONGEST_LOGGED = 500
# Times beyond are none, and could not be reckoned with.
_LATEST_SECONDS = 10**11

_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_GATEWAY_TIMEOUT = 504

_logger = logging.getLogger(__name__)


class PrometheusError(Exception):
    """Prometheus gave no answer that can be used; the message can be shown to anyone."""


class UnavailableError(PrometheusError):
    """It cannot be reached, or says that it is not ready."""


class TooSlowError(PrometheusError):
    """It did not answer in time."""


class BadAnswerError(PrometheusError):
    """It refused the query, or its answer is none."""


@dataclass(frozen=True)
class Prometheus:
    """Where to ask, and how long one query may take."""

    url: str = field(repr=False)
    timeout_seconds: int


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
    return [_read_series(entry, "values", times_ms) for entry in result]


def query_at(prometheus: Prometheus, query: str, time_ms: int) -> list[Series]:
    """Return what a PromQL expression is at one time, in Unix milliseconds.

    Raises:
        UnavailableError, TooSlowError, BadAnswerError: there is no answer.

    """
    form = {"query": query, "time": _seconds(time_ms)}
    result = _ask(prometheus, "/api/v1/query", form, "vector")
    return [_read_series(entry, "value", range(time_ms, time_ms + 1)) for entry in result]


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _ask(prometheus: Prometheus, path: str, form: dict[str, str], result_type: str) -> list[Any]:
    status, body = _post(prometheus, path, form)
    if status != _OK:
        raise _refusal(status, body)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("its answer is not JSON") from error
    match answer:
        case {"status": "success", "data": {"resultType": found, "result": list(result)}}:
            if found == result_type:
                return result
    raise BadAnswerError(f"its answer is not a {result_type}")


def _post(prometheus: Prometheus, path: str, form: dict[str, str]) -> tuple[int, bytes]:
    """Return status and body. The whole exchange ends at twice the longest wait, trickles too."""
    longest = prometheus.timeout_seconds + GRACE_SECONDS
    deadline = time.monotonic() + longest
    try:
        with requests.post(
            prometheus.url + path,
            data=form | {"timeout": f"{prometheus.timeout_seconds}s"},
            timeout=(CONNECT_TIMEOUT_SECONDS, longest),
            allow_redirects=False,  # the query would be lost on the way
            stream=True,
        ) as response:
            return response.status_code, b"".join(_read_chunks(response, deadline))
    except requests.ConnectTimeout as error:
        raise UnavailableError("it cannot be reached") from error
    except requests.Timeout as error:
        raise TooSlowError(f"it did not answer within {longest} seconds") from error
    except requests.ConnectionError as error:
        # A wait that ran out while the body was read is a ConnectionError to requests.
        if time.monotonic() >= deadline:
            raise TooSlowError(f"it did not answer within {longest} seconds") from error
        raise UnavailableError("it cannot be reached") from error
    except requests.RequestException as error:
        raise BadAnswerError("its answer broke off or cannot be read") from error


def _read_chunks(response: requests.Response, deadline: float) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        size += len(chunk)
        if size > LARGEST_ANSWER_BYTES:
            raise BadAnswerError(
                f"its answer is larger than {LARGEST_ANSWER_BYTES // 2**20} MiB; "
                f"ask for a shorter time or for fewer series"
            )
        if time.monotonic() >= deadline:
            raise TooSlowError("it did not finish its answer in time")
        yield chunk


def _refusal(status: int, body: bytes) -> PrometheusError:
    """Return the error that an answer stands for; the words of Prometheus only go to the log."""
    kind = ""
    try:
        match json.loads(body):
            case {"errorType": str(found)}:
                kind = found
    except (ValueError, RecursionError):
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
    values = dict(_read_point(point, times_ms) for point in points)
    if len(values) != len(points):
        raise BadAnswerError("a series in its answer has two values at one time")
    return Series(labels, values)


def _read_point(point: Any, times_ms: range) -> tuple[int, float]:
    match point:
        case [int() | float() as seconds, str(text)] if 0 <= seconds <= _LATEST_SECONDS:
            time_ms = round(seconds * 1000)
        case _:
            raise BadAnswerError("a value in its answer is not a pair of time and number")
    if time_ms not in times_ms:
        raise BadAnswerError("a value in its answer is of a time that was not asked for")
    try:
        value = float(text)
    except ValueError as error:
        raise BadAnswerError("a value in its answer is not a number") from error
    if not math.isfinite(value):
        raise BadAnswerError("a value in its answer is not finite")
    return time_ms, value

"""Decode answers to queries, one series at a time: as Python objects, all of them would be large.

https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
"""

from array import array
from collections.abc import Sequence
from math import isfinite, nan
from typing import Any, TypeAlias, TypeVar

import msgspec

from quotas.http.exchange import BadAnswerError

# A number for each time; NaN where there is none.
Column: TypeAlias = "array[float]"
Point = tuple[float, str]

_T = TypeVar("_T")
_DIGITS = frozenset("0123456789+-.eE")
_BAD_SERIES = "a series in its answer has no labels or no values, or other ones than text"
_BAD_POINT = "a value in its answer is not a pair of time and number"


class Data(msgspec.Struct, rename="camel"):
    """The series of an answer, not decoded yet, and their kind."""

    result_type: str
    result: list[msgspec.Raw]


class QueryAnswer(msgspec.Struct, rename="camel"):
    """An answer with what may cast doubt on it; fields that are not known are ignored."""

    status: str = ""
    data: Data | None = None
    warnings: Any = None
    is_partial: Any = None


class RangeSeries(msgspec.Struct):
    """A series with its pairs of Unix seconds and number."""

    metric: dict[str, str]
    values: list[Point]


class InstantSeries(msgspec.Struct):
    """A series with one pair of Unix seconds and number."""

    metric: dict[str, str]
    value: Point


_ANSWER = msgspec.json.Decoder(QueryAnswer)
_RANGE = msgspec.json.Decoder(RangeSeries)
_INSTANT = msgspec.json.Decoder(InstantSeries)


def decode_answer(body: bytes | bytearray) -> QueryAnswer:
    """Return an answer without its series decoded.

    Raises:
        BadAnswerError: it has another shape.

    """
    return _decode(_ANSWER, body, "its answer is not the result of a query")


def decode_range(series: msgspec.Raw) -> RangeSeries:
    """Return a series of a range query.

    Raises:
        BadAnswerError: it has another shape.

    """
    return _decode(_RANGE, series, _BAD_SERIES)


def decode_instant(series: msgspec.Raw) -> InstantSeries:
    """Return a series of an instant query.

    Raises:
        BadAnswerError: it has another shape.

    """
    return _decode(_INSTANT, series, _BAD_SERIES)


def _decode(
    decoder: "msgspec.json.Decoder[_T]", text: bytes | bytearray | msgspec.Raw, wrong: str
) -> _T:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadAnswerError(wrong) from error


def read_column(points: Sequence[Point], times_ms: range, times: Sequence[float]) -> Column:
    """Return the values of a series at the times that were asked for.

    Args:
        points: pairs of Unix seconds and number.
        times_ms: the times in Unix milliseconds.
        times: the same in Unix seconds.

    Raises:
        BadAnswerError: a value is not a finite number, or of another time, or there are two of one.

    """
    texts = [text for _, text in points]
    # float() also accepts blanks, underscores, NaN, and the digits of other scripts.
    if not _DIGITS.issuperset("".join(texts)):
        raise BadAnswerError(_BAD_POINT)
    try:
        values = array("d", map(float, texts))
    except ValueError as error:
        raise BadAnswerError(_BAD_POINT) from error
    # A sum of finite numbers can be infinite, and is then looked at more closely.
    if not isfinite(sum(values)) and not all(map(isfinite, values)):
        raise BadAnswerError("a value in its answer is not finite")
    seconds = [at for at, _ in points]
    if seconds == times:
        return values
    return _place(seconds, values, times_ms)


def _place(seconds: Sequence[float], values: Column, times_ms: range) -> Column:
    column = array("d", [nan]) * len(times_ms)
    found = set()
    for at, value in zip(seconds, values, strict=True):
        # An infinite product would raise an error.
        time_ms = round(1000 * at) if abs(at) < times_ms.stop else times_ms.stop
        if time_ms not in times_ms:
            raise BadAnswerError("a value in its answer is of a time that was not asked for")
        found.add(time_ms)
        column[times_ms.index(time_ms)] = value
    if len(found) != len(values):
        raise BadAnswerError("a series in its answer has two values at one time")
    return column

"""Bytes over time: rows of /metrics/bandwidth_used, charts of /api/v1/bandwidth."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import Blueprint

from api.bandwidth.formats import as_columns, as_csv, as_rows, as_series, describe, rank
from api.bandwidth.reading import Question, read_traffic
from api.bandwidth.row_windows import LONGEST_LOOKBACK_SECONDS, cut
from api.bandwidth.series import read_rows
from api.bandwidth.windows import (
    EPOCH,
    MOST_POINTS,
    Windows,
    choose_auto_step,
    choose_step,
    cut_windows,
    to_ms,
)
from api.http.operation import CSV, JSON, PAST_SECONDS, Answer, Caller, dump_json, operation
from api.http.parameters import ParametersError, WrongParameter
from api.refusals import TooManyPointsError
from api.selectors import match_filters
from api.views.schemas.answers import BandwidthSchema
from api.views.schemas.bandwidth import (
    DEFAULT_LOOKBACK_SECONDS,
    LONGEST_CHART_SECONDS,
    PUBLIC,
    BandwidthQuestion,
    BandwidthQuestionSchema,
    BandwidthUsedQuestion,
    BandwidthUsedQuestionSchema,
    BandwidthUsedRowSchema,
)
from quotas.units import format_duration

MOST_NUMBERS = 500_000

blueprint = Blueprint("bandwidth", __name__)


@blueprint.get("/metrics/bandwidth_used")
@operation(
    BandwidthUsedQuestionSchema(),
    BandwidthUsedRowSchema(),
    summary="Bytes in each minute, as rows, oldest first",
    many=True,
    statuses=(422,),
)
def list_bandwidth_used(caller: Caller, question: BandwidthUsedQuestion) -> Answer:
    """Return the rows, oldest first. A last window that is not over ends now."""
    context = caller.context
    now = context.clock()
    start, end = _span(question, question.lookback_seconds or 0, LONGEST_LOOKBACK_SECONDS, now)
    timetable = cut(
        end,
        (end - start).total_seconds(),
        context.settings.scrape_interval_seconds,
        question.step.seconds if question.step else 60,
    )
    rows = read_rows(
        context.upstream.prometheus,
        question.selection,
        timetable,
        context.settings.accounting,
        caller.scope,
    )
    body = [
        {
            "time": row.time.isoformat(),
            "type": row.direction,
            "service": row.service,
            "route": row.route,
            "bandwidth_used": row.used_bytes,
        }
        for row in rows
    ]
    return dump_json(body, 1)


@blueprint.get("/api/v1/bandwidth")
@operation(
    BandwidthQuestionSchema(),
    BandwidthSchema(),
    summary="Bytes over time, for a chart",
    statuses=(422,),
    csv=True,
)
def show_bandwidth(caller: Caller, question: BandwidthQuestion) -> Answer:
    """Return bytes in each window, those with most bytes first."""
    context = caller.context
    windows = _cut(question, context.clock(), context.settings.scrape_interval_seconds)
    by = tuple(PUBLIC[label] for label in question.by)
    traffic = read_traffic(
        context.upstream,
        Question(
            matchers=tuple(match_filters(question.filters, caller.scope)),
            by=question.by,
            accounting=context.settings.accounting,
        ),
        windows,
    )
    lines, truncated = rank(traffic, by, question.top)
    _check_size(len(lines), windows)
    past = windows.now_ms - windows.bounds_ms[-1] > 1000 * PAST_SECONDS
    fresh_seconds = PAST_SECONDS if past else context.fresh_seconds
    form = question.format or ("csv" if caller.prefers_csv else "series")
    if form == "csv":
        return Answer(as_csv(windows, lines, by), fresh_seconds, CSV)
    meta = describe(windows, traffic, truncated=truncated)
    shapes: dict[str, Any] = {"meta": meta}
    if form == "columns":
        shapes |= as_columns(windows, lines)
    elif form == "rows":
        shapes["rows"] = as_rows(windows, lines, by)
    else:
        shapes["series"] = as_series(windows, lines)
    return Answer(orjson.dumps(shapes), fresh_seconds, JSON)


def _cut(question: BandwidthQuestion, now: datetime, scrape_interval_seconds: int) -> Windows:
    lookback_seconds = question.lookback_seconds or DEFAULT_LOOKBACK_SECONDS
    start, end = _span(question, lookback_seconds, LONGEST_CHART_SECONDS, now)
    seconds = (end - start).total_seconds()
    step = question.step or choose_auto_step(seconds, scrape_interval_seconds)
    if step.seconds < scrape_interval_seconds:
        raise _wrong(
            "step", step.name, f'at least "{scrape_interval_seconds}s", the time between scrapes'
        )
    if seconds / step.seconds > MOST_POINTS:
        raise _too_many(seconds, 1, scrape_interval_seconds)
    return cut_windows(to_ms(start), to_ms(end), to_ms(now), step, question.timezone)


def _span(
    question: BandwidthQuestion | BandwidthUsedQuestion,
    lookback_seconds: int,
    longest_seconds: int,
    now: datetime,
) -> tuple[datetime, datetime]:
    """Return the time that is asked for; nothing is known of the future."""
    end = now if question.end is None else min(question.end, now)
    start = question.start
    if start is None:
        start = max(EPOCH, end - timedelta(seconds=lookback_seconds))
    if start >= end:
        raise _wrong("start", start.isoformat(), "a time in the past, before the end")
    if (end - start).total_seconds() > longest_seconds:
        longest = format_duration(longest_seconds)
        raise _wrong("start", start.isoformat(), f"a time at most {longest} before the end")
    return start, end


def _wrong(parameter: str, value: str, expected: str) -> ParametersError:
    return ParametersError([WrongParameter(parameter, value, expected)])


def _check_size(series: int, windows: Windows) -> None:
    count = len(windows.starts_ms)
    if series * count > MOST_NUMBERS:
        seconds = (windows.bounds_ms[-1] - windows.bounds_ms[0]) / 1000
        raise _too_many(seconds, series, windows.step.seconds)


def _too_many(seconds: float, series: int, shortest_seconds: int) -> TooManyPointsError:
    most = min(MOST_POINTS, MOST_NUMBERS // series)
    step = choose_step(seconds, shortest_seconds, most - 1)
    return TooManyPointsError(
        f"at most {MOST_POINTS} points a series and {MOST_NUMBERS} in all are answered; ask for a "
        f'shorter time, a step of "{step.name}" or longer, fewer series by filters, or top',
        step,
    )

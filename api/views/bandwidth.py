"""Bytes over time: GET /metrics/bandwidth_used and GET /api/v1/bandwidth."""

from typing import Any

from flask import Blueprint

from api.bandwidth.formats import (
    ROW_LABELS,
    as_columns,
    as_csv,
    as_plain_rows,
    as_rows,
    as_series,
    describe,
    measure,
    rank,
)
from api.bandwidth.queries import BandwidthQuery, match_filters
from api.bandwidth.reading import is_final, read_traffic
from api.http.answer_cache import CSV, PAST_SECONDS, Answer
from api.http.operation import Caller, dump_json, operation
from api.http.parameters import ParametersError, WrongParameter
from api.labels import PUBLIC
from api.views.schemas.bandwidth import (
    BandwidthQuestionSchema,
    BandwidthSchema,
    BandwidthUsedQuestionSchema,
    BandwidthUsedRowSchema,
)
from api.views.schemas.spans import BandwidthQuestion, BandwidthUsedQuestion
from api.windows import MOST_NUMBERS, MOST_NUMBERS_OF_TOP, Windows, check_size

blueprint = Blueprint("bandwidth", __name__)


@blueprint.get("/metrics/bandwidth_used")
@operation(
    BandwidthUsedQuestionSchema(),
    BandwidthUsedRowSchema(),
    summary="Bytes in each minute, as rows, oldest first",
    many=True,
)
def list_bandwidth_used(caller: Caller, question: BandwidthUsedQuestion) -> Answer:
    """Return the rows, oldest first. A last window that is not over ends now."""
    windows = question.cut(caller.now)
    query = BandwidthQuery(
        match_filters(
            {label: [value] for label, value in question.selection.items()}, caller.scope
        ),
        by=ROW_LABELS,
        accounting=caller.quotas.accounting,
        fine_seconds=caller.context.settings.scrape_interval_seconds,
    )
    traffic = read_traffic(caller.context.upstream, query, windows)
    check_size(max(1, len(traffic.columns)), windows)
    end = min(question.end or caller.now, caller.now)
    return dump_json(as_plain_rows(windows, end, traffic, question.selection), 1)


@blueprint.get("/api/v1/bandwidth")
@operation(
    BandwidthQuestionSchema(),
    BandwidthSchema(),
    summary="Bytes over time, for a chart",
    csv=True,
)
def show_bandwidth(caller: Caller, question: BandwidthQuestion) -> Answer:
    """Return bytes in each window, those with most bytes first."""
    unit, percent = question.unit, question.percentile
    form = question.format or ("csv" if caller.prefers_csv else "series")
    if percent is not None and form in ("rows", "csv"):
        expected = "no percentile, or the format series or columns: rows have none"
        raise ParametersError([WrongParameter("percentile", str(percent), expected)])
    windows = question.cut(caller.now, caller.context.settings.scrape_interval_seconds)
    matchers = match_filters(question.filters, caller.scope)
    query = BandwidthQuery(matchers, question.by, caller.quotas.accounting)
    # With ``top``, what is read can be more than what is answered.
    most = MOST_NUMBERS if question.top is None else MOST_NUMBERS_OF_TOP
    traffic = read_traffic(caller.context.upstream, query, windows, most_numbers=most)
    by = tuple(PUBLIC[label] for label in question.by)
    lines, truncated = rank(traffic, by, question.top)
    check_size(max(1, len(lines)), windows)
    lines = measure(lines, windows, unit, percent)
    fresh_seconds = _fresh_seconds(caller, windows)
    if form == "csv":
        return Answer(as_csv(windows, lines, by, unit), fresh_seconds, CSV)
    meta = describe(windows, traffic, truncated=truncated, unit=unit, percent=percent)
    body: dict[str, Any] = {"meta": meta}
    if form == "columns":
        body |= as_columns(windows, lines)
    elif form == "rows":
        body["rows"] = as_rows(windows, lines, by, unit)
    else:
        body["series"] = as_series(windows, lines)
    return dump_json(body, fresh_seconds)


def _fresh_seconds(caller: Caller, windows: Windows) -> int:
    """Return how long the answer may be reused: longer if all windows ended a while ago."""
    is_past = windows.now_ms - windows.bounds_ms[-1] > 1000 * PAST_SECONDS
    is_past = is_past and is_final(caller.quotas.accounting, windows)
    return PAST_SECONDS if is_past else caller.context.fresh_seconds

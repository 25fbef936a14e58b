"""GET /metrics/bandwidth_used: the bytes moved, minute by minute."""

from typing import Any

from flask import Blueprint, current_app, request

from api.prometheus import Prometheus
from api.schemas import (
    BandwidthUsedQuestion,
    BandwidthUsedQuestionSchema,
    BandwidthUsedRowSchema,
    load_parameters,
)
from api.series import read_rows
from api.windows import cut

blueprint = Blueprint("bandwidth", __name__)


@blueprint.get("/metrics/bandwidth_used")
def list_bandwidth_used() -> Any:
    """Return the rows, oldest first. The last window is not over: it ends now."""
    parameters = request.args.to_dict(flat=False)
    question: BandwidthUsedQuestion = load_parameters(BandwidthUsedQuestionSchema(), parameters)
    prometheus: Prometheus = current_app.extensions["prometheus"]
    timetable = cut(
        current_app.extensions["clock"](),
        question.lookback_seconds,
        current_app.extensions["scrape_interval_seconds"],
    )
    rows = read_rows(prometheus, question.selection, timetable)
    return BandwidthUsedRowSchema(many=True).dump(rows)

"""Parameters and answers of /metrics/bandwidth_used and /api/v1/bandwidth."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from api.bandwidth.rates import UNITS
from api.http.fields import (
    A_DIRECTION,
    Duration,
    Many,
    StepField,
    Time,
    Zone,
    name_field,
    names_field,
    number,
    one_of,
)
from api.labels import LABELS
from api.views.schemas.spans import (
    LONGEST_CHART_SECONDS,
    LONGEST_ROWS_SECONDS,
    BandwidthQuestion,
    BandwidthUsedQuestion,
)
from problem_json.whole_numbers import WholeNumber
from quotas import names

FORMATS = ("series", "columns", "rows", "csv")
MOST_TOP = 1_000

_DIRECTIONS = validate.OneOf([names.EGRESS, names.INGRESS], error=A_DIRECTION)


class SpanSchema(Schema):
    """Start and end, or how far to look back."""

    start = Time(metadata={"description": "from when on; not together with a lookback"})
    end = Time(metadata={"description": "until when; by default until now"})

    @validates_schema
    def _check_span(self, values: dict[str, Any], **_: Any) -> None:
        start, end = values.get("start"), values.get("end")
        if start is not None and "lookback_seconds" in values:
            raise ValidationError("either a start or a lookback, not both", "start")
        if start is not None and end is not None and start >= end:
            raise ValidationError("a time before the end", "start")


class BandwidthUsedQuestionSchema(SpanSchema):
    """The parameters of /metrics/bandwidth_used."""

    lookback_seconds = Duration(
        data_key="lookback_duration",
        longest_seconds=LONGEST_ROWS_SECONDS,
        metadata={"description": "how far to look back from the end"},
    )
    step = StepField(metadata={"description": 'the length of a window; by default "1m"'})
    direction = fields.String(
        data_key="type", validate=_DIRECTIONS, metadata={"description": "egress or ingress"}
    )
    service = name_field(metadata={"description": "only this service"})
    route = name_field(metadata={"description": "only this route"})
    consumer = name_field(metadata={"description": "only this consumer; rows do not tell it"})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _check_lookback(self, _: Any, given: dict[str, Any], **__: Any) -> None:
        if not {"start", "lookback_duration"} & set(given):
            field = self.fields["lookback_seconds"]
            raise ValidationError(str(field.error_messages["required"]), "lookback_duration")

    @validates_schema
    def _check_step(self, values: dict[str, Any], **_: Any) -> None:
        step = values.get("step")
        if step is not None and (step.kind or (step.seconds % 60 and 60 % step.seconds)):
            raise ValidationError('a part of a minute or minutes, such as "15s" or "5m"', "step")

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> BandwidthUsedQuestion:
        span = {key: values.pop(key, None) for key in ("lookback_seconds", "start", "end", "step")}
        return BandwidthUsedQuestion(selection=values, **span)


class BandwidthQuestionSchema(SpanSchema):
    """The parameters of /api/v1/bandwidth."""

    lookback_seconds = Duration(
        data_key="lookback",
        longest_seconds=LONGEST_CHART_SECONDS,
        metadata={"description": 'how far to look back from the end; by default "1d"'},
    )
    step = StepField(
        metadata={"description": "the length of a window: a part of a day, 1d, 1w, month or auto"}
    )
    by = Many(
        fields.String(validate=one_of(tuple(LABELS))),
        split=True,
        metadata={"description": "one series for each value of these; without: one for all"},
    )
    service = names_field(metadata={"description": "only these services, by exact name"})
    route = names_field(metadata={"description": "only these routes"})
    consumer = names_field(
        metadata={"description": "only these consumers; empty for requests of nobody"}
    )
    workspace = names_field(metadata={"description": "only these workspaces"})
    direction = Many(
        fields.String(validate=_DIRECTIONS),
        data_key="type",
        metadata={"description": "only egress, or only ingress"},
    )
    timezone = Zone(metadata={"description": "where days, weeks and months begin"})
    top = WholeNumber(
        most=MOST_TOP,
        metadata={"description": "only the series with most bytes; the others are summed up"},
    )
    format = fields.String(
        validate=one_of(FORMATS),
        metadata={"description": 'by default "series"; "csv" also by Accept: text/csv'},
    )

    unit = fields.String(
        validate=one_of(UNITS), metadata={"description": 'of the points: by default "bytes"'}
    )
    percentile = WholeNumber(
        most=100,
        metadata={
            "description": "the value of each series that so many % of windows do not exceed"
        },
    )

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> BandwidthQuestion:
        filters = {label: values.pop(label) for label in names.SELECTOR_LABELS if values.get(label)}
        by = tuple(LABELS[name] for name in values.pop("by", ()))
        return BandwidthQuestion(filters=filters, by=by, **values)


class BandwidthUsedRowSchema(Schema):
    """One row of the answer of /metrics/bandwidth_used."""

    time = fields.DateTime(format="iso", required=True)
    type = fields.String(required=True)
    service = fields.String(required=True)
    route = fields.String(required=True)
    bandwidth_used = fields.Raw(required=True, allow_none=True)


class MetaSchema(Schema):
    """What the numbers are."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    step = fields.String(required=True)
    step_seconds = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True)
    percentile = fields.Integer(required=True, allow_none=True)
    partial_last = fields.Boolean(required=True)
    truncated = fields.Boolean(required=True)
    source = fields.String(required=True)


class SeriesSchema(Schema):
    """One series: ``points`` are pairs of a window's start in Unix milliseconds and its value.

    The values and the percentile are in the unit of ``meta``.
    """

    labels = fields.Dict(fields.String(), fields.String(), required=True)
    other = fields.Boolean(required=True)
    points = fields.List(fields.List(number(allow_none=True)))
    total_bytes = number(required=True)
    percentile = number(required=True, allow_none=True)


class BandwidthSchema(Schema):
    """``series``, ``columns`` with ``series``, or ``rows``, as the format asks."""

    meta = fields.Nested(MetaSchema, required=True)
    series = fields.List(fields.Nested(SeriesSchema))
    columns = fields.List(fields.List(number(allow_none=True)))
    rows = fields.List(fields.Dict())

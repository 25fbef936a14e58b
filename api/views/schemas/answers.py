"""The shapes of answers, for the documentation; the tests hold the answers against them."""

from typing import Any

from marshmallow import Schema, fields


def _number(**more: Any) -> fields.Raw:
    return fields.Raw(metadata={"type": "number"}, **more)


def _whole(**more: Any) -> fields.Raw:
    return fields.Raw(metadata={"type": "integer"}, **more)


class MetaSchema(Schema):
    """What the numbers are."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    step = fields.String(required=True)
    step_seconds = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True)
    partial_last = fields.Boolean(required=True)
    truncated = fields.Boolean(required=True)
    source = fields.String(required=True)


class SeriesSchema(Schema):
    """One series: ``points`` are pairs of a window's start in Unix milliseconds and its bytes."""

    labels = fields.Dict(fields.String(), fields.String(), required=True)
    other = fields.Boolean(required=True)
    points = fields.List(fields.List(_number(allow_none=True)))
    total_bytes = _number(required=True)


class BandwidthSchema(Schema):
    """``series``, ``columns`` with ``series``, or ``rows``, as the format asks."""

    meta = fields.Nested(MetaSchema, required=True)
    series = fields.List(fields.Nested(SeriesSchema))
    columns = fields.List(fields.List(_number(allow_none=True)))
    rows = fields.List(fields.Dict())


class PeriodSchema(Schema):
    """A stretch of the quota's calendar, in its time zone."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)


class QuotaSchema(Schema):
    """A quota, or with ``for_each`` one of those it holds for.

    ``state`` is "ok" or the threshold that was reached. ``full_at`` is when 100 % comes at the
    present pace, null if not in this period. ``period`` is null for a rolling window.
    """

    name = fields.String(required=True)
    selector = fields.Dict(fields.String(), fields.String(), required=True)
    labels = fields.Dict(fields.String(), fields.String(), required=True)
    calendar = fields.String(required=True)
    period = fields.Nested(PeriodSchema, required=True, allow_none=True)
    used_bytes = _number(required=True)
    limit_bytes = _number(required=True, allow_none=True)
    left_bytes = _number(required=True, allow_none=True)
    ratio = _number(required=True, allow_none=True)
    state = fields.String(required=True)
    forecast_bytes = _number(required=True, allow_none=True)
    full_at = fields.AwareDateTime(required=True, allow_none=True)


class QuotaPageSchema(Schema):
    """A page of quotas; ``total`` counts those of all pages."""

    quotas = fields.List(fields.Nested(QuotaSchema), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class BurnUpMetaSchema(Schema):
    """From when to when the period, or the rolling window, lasts."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    step_seconds = fields.Integer(required=True)
    unit = fields.String(required=True)


class BurnUpSchema(Schema):
    """``used`` and ``forecast`` are pairs of Unix milliseconds and bytes."""

    meta = fields.Nested(BurnUpMetaSchema, required=True)
    quota = fields.Nested(QuotaSchema, required=True)
    used = fields.List(fields.List(_number(allow_none=True)), required=True)
    limit_bytes = _number(required=True, allow_none=True)
    forecast = fields.List(fields.List(_number()), required=True)


class PastPeriodSchema(Schema):
    """What was used in a period; ``ratio`` is of the limit of today."""

    period = fields.Nested(PeriodSchema, required=True)
    used_bytes = _number(required=True)
    ratio = _number(required=True, allow_none=True)
    is_over = fields.Boolean(required=True)


class HistorySchema(Schema):
    """Periods, the newest first."""

    quota = fields.Nested(QuotaSchema, required=True)
    periods = fields.List(fields.Nested(PastPeriodSchema), required=True)


class NotificationSchema(Schema):
    """One recipient was, or is to be, told.

    ``kind`` is "usage" (the threshold was reached), "forecast" (100 % is expected to be) or "over"
    (below the threshold again); ``state`` is "queued", "sending", "sent", "failed" or "expired".
    """

    queued_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    kind = fields.String(required=True)
    threshold = _number(required=True)
    period = fields.Nested(PeriodSchema, required=True, allow_none=True)
    recipient = fields.String(required=True)
    state = fields.String(required=True)
    attempts = fields.Integer(required=True)


class NotificationsSchema(Schema):
    """Newest first; null where the API knows of no webhook."""

    quota = fields.Nested(QuotaSchema, required=True)
    notifications = fields.List(fields.Nested(NotificationSchema), required=True, allow_none=True)


class CatalogSchema(Schema):
    """Values seen lately, sorted; the empty one stands for none."""

    services = fields.List(fields.String(), required=True)
    routes = fields.List(fields.String(), required=True)
    consumers = fields.List(fields.String(), required=True)
    workspaces = fields.List(fields.String(), required=True)
    types = fields.List(fields.String(), required=True)
    truncated = fields.Boolean(required=True)


class WrongParameterSchema(Schema):
    """A parameter that is wrong."""

    parameter = fields.String(required=True)
    value = fields.String(required=True, allow_none=True)
    expected = fields.String(required=True)


class ProblemSchema(Schema):
    """A failure, as RFC 9457 has it; ``step`` is one that would do where points are too many."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(WrongParameterSchema))
    step = fields.String()

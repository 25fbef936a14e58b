"""Parameters and answers of /api/v1/quotas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load

from api.http.fields import Duration, name_field, number, one_of
from api.labels import LABELS
from problem_json.whole_numbers import WholeNumber
from quotas.calendars import DAY_SECONDS

MOST_NOTIFICATIONS = 500
LONGEST_HISTORY_SECONDS = 800 * DAY_SECONDS
_OF_EACH = {"description": "which entry of a quota with for_each"}


class EntrySchema(Schema):
    """Which entry of a quota with ``for_each``: by its labels."""

    service = name_field(metadata=_OF_EACH)
    route = name_field(metadata=_OF_EACH)
    consumer = name_field(metadata=_OF_EACH)
    workspace = name_field(metadata=_OF_EACH)
    type = fields.String(validate=one_of(("egress", "ingress")), metadata=_OF_EACH)

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Any:
        return {LABELS[name]: value for name, value in values.items()}


@dataclass(frozen=True)
class HistoryQuestion:
    """Which entry, and how far to look back."""

    labels: Mapping[str, str]
    lookback_seconds: int


class HistoryQuestionSchema(EntrySchema):
    """The parameters of /api/v1/quotas/<name>/history."""

    lookback_seconds = Duration(
        data_key="lookback",
        longest_seconds=LONGEST_HISTORY_SECONDS,
        load_default=400 * DAY_SECONDS,
        metadata={"description": "how far to look back, as far as Prometheus remembers"},
    )

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> HistoryQuestion:
        lookback_seconds = values.pop("lookback_seconds")
        labels = {LABELS[name]: value for name, value in values.items()}
        return HistoryQuestion(labels, lookback_seconds)


@dataclass(frozen=True)
class NotificationsQuestion:
    """Which entry, and how many notifications at most."""

    labels: Mapping[str, str]
    limit: int


class NotificationsQuestionSchema(EntrySchema):
    """The parameters of /api/v1/quotas/<name>/notifications."""

    limit = WholeNumber(
        most=MOST_NOTIFICATIONS,
        load_default=100,
        metadata={"description": "how many notifications at most"},
    )

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> NotificationsQuestion:
        limit = values.pop("limit")
        labels = {LABELS[name]: value for name, value in values.items()}
        return NotificationsQuestion(labels, limit)


class PeriodSchema(Schema):
    """A period of the quota's calendar, in its time zone."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)


class QuotaSchema(Schema):
    """A quota, or with ``for_each`` the quota of one label value.

    ``state`` is the highest threshold that the bytes have reached, or "ok"; or "no_data", and then
    ``used_bytes`` is null. ``alert`` is the highest threshold whose alert fires, if any.
    ``thresholds`` (percentages), ``limit_unit`` and ``line`` are of quotas.yaml, if the API has it.
    ``full_at`` is when the limit is reached at the present pace, null if not in this period.
    ``period`` is null for a rolling window.
    """

    name = fields.String(required=True)
    selector = fields.Dict(fields.String(), fields.String(), required=True)
    labels = fields.Dict(fields.String(), fields.String(), required=True)
    calendar = fields.String(required=True)
    period = fields.Nested(PeriodSchema, required=True, allow_none=True)
    used_bytes = number(required=True, allow_none=True)
    limit_bytes = number(required=True, allow_none=True)
    left_bytes = number(required=True, allow_none=True)
    ratio = number(required=True, allow_none=True)
    state = fields.String(required=True)
    alert = fields.String(required=True, allow_none=True)
    thresholds = fields.List(number(), required=True, allow_none=True)
    limit_unit = fields.String(required=True, allow_none=True)
    line = fields.Integer(required=True, allow_none=True)
    forecast_bytes = number(required=True, allow_none=True)
    full_at = fields.AwareDateTime(required=True, allow_none=True)


class QuotaPageSchema(Schema):
    """A page of quotas; ``total`` counts those of all pages."""

    quotas = fields.List(fields.Nested(QuotaSchema), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class SummarySchema(Schema):
    """A quota: those of its entries that were asked for.

    ``size`` is the number of all its entries, ``found`` that of those that were asked for, and
    ``states`` counts these by state. ``entries`` has the first five of them. ``for_each`` are the
    labels that tell its entries apart; empty if it has only one.
    """

    name = fields.String(required=True)
    for_each = fields.List(fields.String(), required=True)
    size = fields.Integer(required=True)
    found = fields.Integer(required=True)
    states = fields.Dict(fields.String(), fields.Integer(), required=True)
    entries = fields.List(fields.Nested(QuotaSchema), required=True)


class SummariesSchema(Schema):
    """A page of quotas. ``states`` counts entries in all states, whichever were asked for."""

    quotas = fields.List(fields.Nested(SummarySchema), required=True)
    states = fields.Dict(fields.String(), fields.Integer(), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class BurnUpMetaSchema(Schema):
    """Start and end of the period or rolling window."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    step_seconds = fields.Integer(required=True)
    unit = fields.String(required=True)


class BurnUpSchema(Schema):
    """Pairs of Unix milliseconds and bytes. ``limits`` has the first one and each change."""

    meta = fields.Nested(BurnUpMetaSchema, required=True)
    quota = fields.Nested(QuotaSchema, required=True)
    used = fields.List(fields.List(number(allow_none=True)), required=True)
    limit_bytes = number(required=True, allow_none=True)
    limits = fields.List(fields.List(number()), required=True)
    forecast = fields.List(fields.List(number()), required=True)
    links = fields.Dict(fields.String(), fields.Url(), required=True)


class PastPeriodSchema(Schema):
    """The usage of a period, and the limit at its end: null if nothing was used."""

    period = fields.Nested(PeriodSchema, required=True)
    used_bytes = number(required=True)
    limit_bytes = number(required=True, allow_none=True)
    ratio = number(required=True, allow_none=True)
    is_over = fields.Boolean(required=True)


class HistorySchema(Schema):
    """Periods, the newest first."""

    quota = fields.Nested(QuotaSchema, required=True)
    periods = fields.List(fields.Nested(PastPeriodSchema), required=True)


class NotificationSchema(Schema):
    """One recipient was, or will be, notified.

    ``kind`` is "usage" (the threshold was reached), "forecast" (100 % is expected) or "over"
    (below the threshold again); ``state`` is "queued", "sending", "sent", "failed" or "expired".
    """

    queued_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    kind = fields.String(required=True)
    threshold = number(required=True)
    period = fields.Nested(PeriodSchema, required=True, allow_none=True)
    recipient = fields.String(required=True)
    state = fields.String(required=True)
    attempts = fields.Integer(required=True)


class NotificationsSchema(Schema):
    """Newest first; null if no webhook is set."""

    quota = fields.Nested(QuotaSchema, required=True)
    notifications = fields.List(fields.Nested(NotificationSchema), required=True, allow_none=True)

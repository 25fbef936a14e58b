"""What can be asked of /api/v1/quotas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from api.http.parameters import Duration, Many, WholeNumber, name_field, one_of
from api.views.schemas.bandwidth import LABELS
from quotas.calendars import DAY_SECONDS

MOST_ON_PAGE = 1_000
MOST_NOTIFICATIONS = 500
_LAST_PAGE = 1_000_000
LONGEST_HISTORY_SECONDS = 800 * DAY_SECONDS
SORT_KEYS = ("ratio", "used", "left", "forecast", "name")
_SORTS = tuple(sign + key for key in SORT_KEYS for sign in ("", "-"))
_STATE = r"(ok|[0-9.]{1,20})\Z"
_OF_EACH = {"description": "which entry, where the quota holds for each by itself"}
_A_LABEL = 'a name, a colon and a value, such as "team:bun"'


class LabelField(fields.Field[tuple[str, str]]):
    """A label that an entry must have: ``team:bun``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, str]:
        name, colon, text = value.partition(":")
        if not colon or not name:
            raise ValidationError(_A_LABEL)
        return LABELS.get(name, name), text


def _whole(most: int, default: int, description: str) -> WholeNumber:
    return WholeNumber(most=most, load_default=default, metadata={"description": description})


@dataclass(frozen=True)
class EntriesQuestion:
    """Which entries, in which order, and which part of them."""

    state: tuple[str, ...] = ()
    label: tuple[tuple[str, str], ...] = ()
    sort: str = "-ratio"
    page: int = 1
    page_size: int = 100


class EntriesQuestionSchema(Schema):
    """The parameters of /api/v1/quotas and /api/v1/quotas/<name>."""

    state = Many(
        fields.String(validate=validate.Regexp(_STATE, error='"ok" or a threshold such as "80"')),
        metadata={"description": 'only those in one of these states: "ok", "80", ...'},
    )
    label = Many(
        LabelField(), metadata={"description": "only those with all of these labels: team:bun"}
    )
    sort = fields.String(
        validate=one_of(_SORTS),
        load_default="-ratio",
        metadata={"description": 'by default "-ratio": the worst first'},
    )
    page = _whole(_LAST_PAGE, 1, "from 1")
    page_size = _whole(MOST_ON_PAGE, 100, "entries on a page")

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> EntriesQuestion:
        return EntriesQuestion(**values)


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

    limit = _whole(MOST_NOTIFICATIONS, 100, "how many notifications at most")

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> NotificationsQuestion:
        limit = values.pop("limit")
        labels = {LABELS[name]: value for name, value in values.items()}
        return NotificationsQuestion(labels, limit)

"""What quotas.yaml may say: its keys, their values, and what must be there.

Each field also says what it is as a JSON Schema, which quotas/json_schema.py collects for editors.
"""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from quotas import names
from quotas.calendars import LAST_ANCHOR_DAY, LONGEST_SECONDS, WEEKDAYS, Calendar, Rolling
from quotas.file import values
from quotas.file.fields import (
    MISSING_KEY,
    MOST_VALUES,
    NO_VALUE,
    Parsed,
    Strict,
    at_most,
    each,
    list_of,
    many,
    mapping_of,
    object_of,
    one_or_many,
)
from quotas.model import Match, Threshold
from quotas.units import UNITS

MOST_QUOTAS = 100_000
MOST_RECIPIENTS = 100
MOST_THRESHOLDS = 20
MOST_LABELS = 20

# JSON Schemas of single values.
TEXT = {"type": "string", "minLength": 1, "maxLength": values.LONGEST_VALUE}
DURATION = {"type": "string", "pattern": values.DURATION_PATTERN}
SIZE_PATTERN = f"^[0-9]+(\\.[0-9]+)? ?({'|'.join(UNITS)})$"
PERCENT = {"type": "number", "exclusiveMinimum": 0, "maximum": values.HIGHEST_THRESHOLD}


class MatchSchema(Strict):
    """``{matches: "bun-.*"}``."""

    matches = Parsed(values.regex, TEXT, "all of the value must match (RE2)", required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_options: Any) -> Any:
        return data["matches"]


def match(value: object) -> Match:
    """Take a name, a list of names, or a regular expression."""
    if isinstance(value, dict):
        found: Match = mapping_of(MatchSchema)(value)
        return found
    return Match(one_or_many(values.text)(value))


class ThresholdSchema(Strict):
    """``{percent: 95, severity: critical}``."""

    percent = Parsed(values.percent, PERCENT, required=True)
    severity = Parsed(
        values.one_of(*names.SEVERITIES), {"enum": [*names.SEVERITIES]}, required=True
    )

    @post_load
    def _make(self, data: dict[str, Any], **_options: Any) -> Threshold:
        return Threshold(data["percent"], data["severity"])


def threshold(value: object) -> Threshold:
    """Take a percentage, or one with its severity."""
    if isinstance(value, dict):
        found: Threshold = mapping_of(ThresholdSchema)(value)
        return found
    return Threshold(values.percent(value), values.severity_of(values.percent(value)))


def thresholds(value: object) -> tuple[Threshold, ...]:
    """Take a list of thresholds, no two at the same percentage; they are sorted."""
    taken = many(threshold, MOST_THRESHOLDS)(value)
    if len({entry.percent for entry in taken}) != len(taken):
        raise ValueError("has an entry twice; write each once")
    return tuple(sorted(taken, key=lambda entry: entry.percent))


class PeriodSchema(Strict):
    """``{calendar: month, anchor_day: 15, timezone: Europe/Berlin}`` or ``{rolling: 30d}``."""

    calendar = Parsed(values.one_of(*LONGEST_SECONDS), {"enum": [*LONGEST_SECONDS]})
    anchor_day = Parsed(
        values.whole_number(1, LAST_ANCHOR_DAY),
        {"type": "integer", "minimum": 1, "maximum": LAST_ANCHOR_DAY},
        "the day on which a month begins",
    )
    anchor_weekday = Parsed(values.weekday, {"enum": [*WEEKDAYS]}, "the day on which a week begins")
    timezone = Parsed(values.timezone, TEXT, "IANA name of the zone whose clocks count")
    rolling = Parsed(
        values.duration_between("1h", "44d"), DURATION, "a window that always ends now"
    )

    @validates_schema
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        kind = data.get("calendar")
        if "rolling" in data and len(data) > 1:
            raise ValidationError("rolling goes with no other key; remove it or the others")
        if not data.keys() & {"rolling", "calendar"}:
            raise ValidationError("has neither calendar nor rolling; write for example month")
        for key, needed in (("anchor_day", "month"), ("anchor_weekday", "week")):
            if key in data and kind != needed:
                raise ValidationError({key: [f"goes with calendar: {needed}, not {kind}"]})

    @post_load
    def _make(self, data: dict[str, Any], **_options: Any) -> Calendar | Rolling:
        if "rolling" in data:
            return Rolling(data["rolling"])
        return Calendar(
            data["calendar"],
            data.get("anchor_day", 1),
            data.get("anchor_weekday", 0),
            data.get("timezone", "UTC"),
        )


def period(value: object) -> Calendar | Rolling:
    """Take the name of a calendar, or what is to be known of one."""
    if isinstance(value, dict):
        found: Calendar | Rolling = mapping_of(PeriodSchema)(value)
        return found
    kind = values.one_of(*LONGEST_SECONDS)(value)
    return Calendar(kind)  # type: ignore[arg-type]  # one of the kinds, as checked above


def labels(value: object) -> dict[str, str]:
    """Take the labels that a quota puts onto its alerts, sorted by name."""
    if not isinstance(value, dict):
        raise ValueError("is not a mapping; write for example {team: bun}")
    at_most(MOST_LABELS, least=0)(value)
    return dict(sorted(each(value, values.label_name, values.text).items()))


def excluded(value: object) -> dict[str, tuple[str, ...]]:
    """Take the values that ``for_each`` leaves out, by label."""
    if not isinstance(value, dict):
        raise ValueError("is not a mapping; write for example {consumer: [big-co]}")
    at_most(len(names.SELECTOR_LABELS))(value)
    return each(value, values.one_of(*names.SELECTOR_LABELS), one_or_many(values.text))


LABEL_LIST = [*names.SELECTOR_LABELS]
SELECTOR = {"anyOf": [TEXT, list_of(TEXT, MOST_VALUES), object_of(MatchSchema)]}
THRESHOLD = {"anyOf": [PERCENT, object_of(ThresholdSchema)]}
PERIOD = {"anyOf": [{"enum": [*LONGEST_SECONDS]}, object_of(PeriodSchema)]}


class AccountingSchema(Strict):
    """``accounting:``, for the whole file."""

    resolution = Parsed(values.resolution, DURATION, "the step in which bytes are counted")
    gap_tolerance = Parsed(
        values.duration_between("5m", "1d"),
        DURATION,
        "for how long a gateway may be out of sight without losing bytes",
    )
    scrape_delay = Parsed(
        values.duration_between("1s", "5m"), DURATION, "how long a scrape may take"
    )
    new_targets = Parsed(
        values.one_of("baseline", "count"),
        {"enum": ["baseline", "count"]},
        "what a gateway never seen before counts: from its first scrape on, or all it has",
    )


class DefaultsSchema(Strict):
    """``defaults:``, what a quota has that does not say otherwise."""

    period = Parsed(period, PERIOD, "how time is cut into periods")
    thresholds = Parsed(
        thresholds,
        list_of(THRESHOLD, MOST_THRESHOLDS),
        "percentages of the limit at which people are told",
    )
    notify = Parsed(
        many(values.address, MOST_RECIPIENTS),
        list_of({"type": "string", "format": "email"}, MOST_RECIPIENTS),
        "who is told",
    )
    notify_resolved = Parsed(
        values.yes_or_no, {"type": "boolean"}, "also tell when an alert is over"
    )


class QuotaSchema(DefaultsSchema):
    """One entry of ``quotas:``."""

    name = Parsed(
        values.quota_name, {"type": "string", "pattern": values.NAME_PATTERN}, required=True
    )
    service = Parsed(match, SELECTOR, "only this service, these, or those that match")
    route = Parsed(match, SELECTOR, "only this route, these, or those that match")
    consumer = Parsed(match, SELECTOR, "only this consumer, these, or those that match")
    workspace = Parsed(match, SELECTOR, "only this workspace, these, or those that match")
    direction = Parsed(
        values.one_of(names.EGRESS, names.INGRESS, names.BOTH),
        {"enum": [names.EGRESS, names.INGRESS, names.BOTH]},
        "to clients, from clients, or their sum",
    )
    limit = Parsed(
        values.size,
        {"type": "string", "pattern": SIZE_PATTERN},
        "bytes allowed in a period",
        required=True,
    )
    labels = Parsed(
        labels,
        {
            "type": "object",
            "propertyNames": {"pattern": values.LABEL_NAME_PATTERN},
            "additionalProperties": TEXT,
            "maxProperties": MOST_LABELS,
        },
        "go onto the alerts, for Alertmanager's routes",
    )
    forecast = Parsed(
        values.yes_or_no, {"type": "boolean"}, "also tell when the forecast passes the limit"
    )
    for_each = Parsed(
        one_or_many(values.one_of(*LABEL_LIST)),
        {"anyOf": [{"enum": LABEL_LIST}, list_of({"enum": LABEL_LIST}, len(LABEL_LIST))]},
        "the limit holds for each value of these by itself",
    )
    except_ = Parsed(
        excluded,
        {
            "type": "object",
            "propertyNames": {"enum": LABEL_LIST},
            "additionalProperties": {"anyOf": [TEXT, list_of(TEXT, MOST_VALUES)]},
            "minProperties": 1,
        },
        "values that for_each leaves out",
        data_key="except",
    )
    opening_balance = Parsed(
        values.size,
        {"type": "string", "pattern": SIZE_PATTERN},
        "bytes used in opening_period before anything was counted",
    )
    opening_period = Parsed(
        values.text, TEXT, "the one period in which opening_balance counts, such as 2026-11"
    )


class QuotaFileSchema(Strict):
    """The whole of quotas.yaml."""

    version = Parsed(values.version, {"const": 1}, required=True)
    accounting = fields.Nested(AccountingSchema, error_messages={"null": NO_VALUE})
    defaults = fields.Nested(DefaultsSchema, error_messages={"null": NO_VALUE})
    runbook_url = Parsed(
        values.page_url,
        {"type": "string", "pattern": values.PAGE_PATTERN, "maxLength": values.LONGEST_VALUE},
        "the page that says what to do about each alert: docs/operations.md, as people reach it",
    )
    quotas = fields.List(
        fields.Nested(QuotaSchema, error_messages={"null": NO_VALUE}),
        required=True,
        error_messages={
            "required": MISSING_KEY,
            "null": "has no value; write a list of quotas",
            "invalid": "is not a list of quotas",
        },
        validate=at_most(MOST_QUOTAS),
    )

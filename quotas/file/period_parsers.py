"""Parsers of a quota's period: a calendar with its anchor and time zone, or a rolling window."""

import re
from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from quotas.calendars import (
    LAST_ANCHOR_DAY,
    LONGEST_SECONDS,
    WEEKDAYS,
    Calendar,
    Kind,
    Rolling,
    period_of,
    timezone_names,
)
from quotas.file.fields import ParsedField, StrictSchema, json_of_schema
from quotas.file.values import (
    DURATION_PATTERN,
    LONGEST_VALUE,
    describe_value,
    did_you_mean,
    duration_between,
    one_of,
    parse_text,
    whole_number,
)

# How opening_period is written, by the kind of its calendar. Digits alone are a period's id.
_PERIOD_PATTERNS: dict[Kind, str] = {
    "hour": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "week": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "month": "[0-9]{4}-[0-9]{2}",
}


def parse_weekday(value: object) -> int:
    """Return a day of the week as its number, from 0 for Monday."""
    return WEEKDAYS.index(one_of(*WEEKDAYS)(value))


def parse_timezone(value: object) -> str:
    """Return the IANA name of a time zone."""
    zone = parse_text(value)
    known = timezone_names()
    if zone not in known:
        raise ValueError(
            f"{describe_value(zone)} is not a time zone; write an IANA name such as "
            f'"Europe/Berlin"{did_you_mean(zone, known)}'
        )
    return zone


class PeriodSchema(StrictSchema):
    """``{calendar: month, anchor_day: 15, timezone: Europe/Berlin}`` or ``{rolling: 30d}``."""

    calendar = ParsedField(one_of(*LONGEST_SECONDS), {"enum": [*LONGEST_SECONDS]})
    anchor_day = ParsedField(
        whole_number(1, LAST_ANCHOR_DAY),
        {"type": "integer", "minimum": 1, "maximum": LAST_ANCHOR_DAY},
        "the day on which a month begins",
    )
    anchor_weekday = ParsedField(
        parse_weekday, {"enum": [*WEEKDAYS]}, "the day on which a week begins"
    )
    timezone = ParsedField(
        parse_timezone,
        {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE},
        "IANA name of the time zone",
    )
    rolling = ParsedField(
        duration_between("1h", "44d"),
        {"type": "string", "pattern": DURATION_PATTERN},
        "length of a window that always ends now",
    )

    @validates_schema
    def _check_keys_together(self, data: dict[str, Any], **_options: Any) -> None:
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


def parse_period(value: object) -> Calendar | Rolling:
    """Return the calendar or rolling window of a period: ``month`` or a mapping."""
    if isinstance(value, dict):
        period: Calendar | Rolling = PeriodSchema().load(value)
        return period
    kind = one_of(*LONGEST_SECONDS)(value)
    return Calendar(kind)  # type: ignore[arg-type]  # one of the kinds, as checked above


def parse_period_id(text: str, calendar: Calendar) -> int | None:
    """Return the id of a period that is written as ``2026-11`` or ``202611``; None if it is not."""
    if not re.fullmatch(f"{_PERIOD_PATTERNS[calendar.kind]}|[0-9]+", text):
        return None
    try:
        return period_of(calendar, text.replace("-", "").replace("T", "")).id
    except ValueError:
        return None


PERIOD_JSON = {"anyOf": [{"enum": [*LONGEST_SECONDS]}, json_of_schema(PeriodSchema)]}

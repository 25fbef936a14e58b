"""Marshmallow fields: the kinds of parameters, and numbers in answers."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.labels import LABELS
from api.windows import DAY, EPOCH, MONTH, WEEK, Step
from quotas import names
from quotas.calendars import DAY_SECONDS, timezone_names
from quotas.file.values import DURATION_PATTERN, LONGEST_VALUE
from quotas.units import format_duration, parse_duration

MOST_VALUES = 100
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_UNIX_SECONDS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,6})?")
# Seconds can be left out. A "+" that was not escaped arrives as a blank.
_RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(?:[Zz]|([ +-])([0-9]{2}:[0-9]{2}))"
)

_LABEL = re.compile(f"([a-zA-Z_][a-zA-Z0-9_]{{0,99}}):(.{{0,{LONGEST_VALUE}}})", re.DOTALL)
_A_LABEL = (
    f"the name of a label, a colon and a value of up to {LONGEST_VALUE} characters, such as "
    f'"team:bun"'
)

A_DIRECTION = f'"{names.EGRESS}" or "{names.INGRESS}"'
A_NAME = f"1 to {LONGEST_VALUE} characters"
A_NAME_OR_NONE = f"up to {LONGEST_VALUE} characters; empty for those that have none"
A_TIME = 'a time as RFC 3339 has it, such as "2026-01-31T12:00:00Z", or in Unix seconds'
A_ZONE = 'the IANA name of a time zone, such as "Europe/Berlin"'
A_STEP = '"auto", "month", "1w", "1d", or a part of a day such as "1m", "15m" or "6h"'


def _document(more: dict[str, Any], **properties: Any) -> None:
    """Add properties of JSON Schema to the arguments of a field, for the OpenAPI document."""
    more["metadata"] = {**more.get("metadata", {}), **properties}


class Duration(fields.Field[int]):
    """A duration, parsed to seconds."""

    def __init__(self, *, longest_seconds: int, **more: Any) -> None:
        self.longest_seconds = longest_seconds
        self.expected = (
            f'a duration such as "90s", "5m" or "1h30m", at most '
            f'"{format_duration(longest_seconds)}"'
        )
        more.setdefault("error_messages", {"required": self.expected})
        _document(more, pattern=DURATION_PATTERN)
        super().__init__(**more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            raise ValidationError(self.expected) from error
        if seconds > self.longest_seconds:
            raise ValidationError(self.expected)
        return seconds


class Time(fields.Field[datetime]):
    """A point in time, parsed to an aware datetime in UTC."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            time = _parse_time(value)
        except (ValueError, OverflowError, OSError) as error:
            raise ValidationError(A_TIME) from error
        if not EPOCH <= time < LATEST:
            raise ValidationError(A_TIME)
        return time


def _parse_time(text: str) -> datetime:
    """Return a time in UTC. ``fromisoformat`` alone would accept many other notations."""
    if _UNIX_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError(A_TIME)
    local, sign, offset = match.groups("")
    zone = f"{sign.replace(' ', '+')}{offset}" or "+00:00"
    return datetime.fromisoformat(f"{local.upper()}{zone}").astimezone(UTC)


class StepField(fields.Field[Step | None]):
    """The length of the windows, parsed to a Step; None for ``auto``.

    A step shorter than a day must divide the day evenly.
    """

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Step | None:
        if value == "auto":
            return None
        if value == MONTH.name:
            return MONTH
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            raise ValidationError(A_STEP) from error
        for step in (DAY, WEEK):
            if seconds == step.seconds:
                return step
        if DAY_SECONDS % seconds:
            raise ValidationError(A_STEP)
        return Step(seconds)


class Zone(fields.Field[str]):
    """The IANA name of a time zone."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if value not in timezone_names():
            raise ValidationError(A_ZONE)
        return str(value)


class LabelField(fields.Field[tuple[str, str]]):
    """A label that an entry must have: ``team:bun``."""

    def __init__(self) -> None:
        super().__init__(metadata={"pattern": "^[a-zA-Z_][a-zA-Z0-9_]{0,99}:"})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, str]:
        match = _LABEL.fullmatch(value)
        if match is None:
            raise ValidationError(_A_LABEL)
        name, text = match.groups()
        return LABELS.get(name, name), text


class Many(fields.List[Any]):
    """A parameter that can be repeated, parsed to a tuple without duplicates."""

    def __init__(self, inner: fields.Field[Any], *, split: bool = False, **more: Any) -> None:
        self.split = split
        _document(more, maxItems=MOST_VALUES)
        super().__init__(inner, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        values = [part for text in value for part in (text.split(",") if self.split else [text])]
        if len(values) > MOST_VALUES:
            raise ValidationError(f"at most {MOST_VALUES} values, not {len(values)}")
        return tuple(dict.fromkeys(self.inner.deserialize(part) for part in values))


def one_of(values: Sequence[str]) -> validate.OneOf:
    """Return a validator that refuses other values and lists the allowed ones."""
    return validate.OneOf(values, error=" or ".join(f'"{value}"' for value in values))


def name_field(**more: Any) -> fields.String:
    """Return a field for a name that is not empty."""
    return fields.String(validate=validate.Length(1, LONGEST_VALUE, error=A_NAME), **more)


def names_field(**more: Any) -> Many:
    """Return a field for exact label values; the empty value selects series without the label."""
    length = validate.Length(0, LONGEST_VALUE, error=A_NAME_OR_NONE)
    return Many(fields.String(validate=length), **more)


def number(**more: Any) -> fields.Raw:
    """Return a field of answers for a number: documented, and never converted."""
    return fields.Raw(metadata={"type": "number"}, **more)

"""The parameters of a request: each is checked, and every mistake is told at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate

from api.bandwidth.windows import DAY, EPOCH, MONTH, WEEK, Step
from quotas import names
from quotas.calendars import DAY_SECONDS
from quotas.file.values import LONGEST_VALUE, did_you_mean
from quotas.units import format_duration, parse_duration

_LONGEST_SHOWN = 80
MOST_VALUES = 100
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# A "+" that was not escaped arrives as a blank.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})\Z")

A_DIRECTION = f'"{names.EGRESS}" or "{names.INGRESS}"'
A_NAME = f"1 to {LONGEST_VALUE} characters"
A_NAME_OR_NONE = f"up to {LONGEST_VALUE} characters; empty for those that have none"
A_TIME = 'a time as RFC 3339 has it, such as "2026-01-31T12:00:00Z", or in Unix seconds'
A_ZONE = 'the name of a time zone, such as "Europe/Berlin"'
A_STEP = '"auto", "month", "1w", "1d", or a part of a day such as "1m", "15m" or "6h"'


@dataclass(frozen=True)
class WrongParameter:
    """A parameter, the value it has (None if it has none) and what is expected of it."""

    parameter: str
    value: str | None
    expected: str


class ParametersError(Exception):
    """Parameters of a request are wrong; ``mistakes`` has each of them."""

    def __init__(self, mistakes: Sequence[WrongParameter]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{m.parameter}: expected {m.expected}" for m in mistakes))


class Duration(fields.Field[int]):
    """A duration, as seconds."""

    def __init__(self, *, longest_seconds: int, **more: Any) -> None:
        self.longest_seconds = longest_seconds
        self.expected = (
            f'a duration such as "90s", "5m" or "1h30m", at most '
            f'"{format_duration(longest_seconds)}"'
        )
        more.setdefault("error_messages", {"required": self.expected})
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
    """A point in time, aware."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,6})?", value):
                time = datetime.fromtimestamp(float(value), UTC)
            else:
                time = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", value))
            if time.tzinfo is not None and EPOCH <= time.astimezone(UTC) < LATEST:
                return time.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            pass
        raise ValidationError(A_TIME)


class WholeNumber(fields.Field[int]):
    """A whole number from 1 on, in plain digits."""

    def __init__(self, *, most: int, **more: Any) -> None:
        self.most = most
        super().__init__(**more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if re.fullmatch("[0-9]{1,9}", value) and 1 <= int(value) <= self.most:
            return int(value)
        raise ValidationError(f"a whole number from 1 to {self.most}")


class StepField(fields.Field[Step | None]):
    """The length of the windows; None for ``auto``. Parts of a day divide it evenly."""

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
    """The name of a time zone."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            # zoneinfo raises each of them, as it meets no file, no name, or a folder.
            raise ValidationError(A_ZONE) from error
        return str(value)


class Many(fields.List[Any]):
    """A parameter that can be repeated; its values come as a tuple, each once."""

    def __init__(self, inner: fields.Field[Any], *, split: bool = False, **more: Any) -> None:
        self.split = split
        super().__init__(inner, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        values = [part for text in value for part in (text.split(",") if self.split else [text])]
        if len(values) > MOST_VALUES:
            raise ValidationError(f"at most {MOST_VALUES} values, not {len(values)}")
        return tuple(dict.fromkeys(self.inner.deserialize(part) for part in values))


def one_of(values: Sequence[str]) -> validate.OneOf:
    """Return what refuses any other value, and says which there are."""
    return validate.OneOf(values, error=" or ".join(f'"{value}"' for value in values))


def name_field(**more: Any) -> fields.String:
    """Return the field of a name that is not empty."""
    return fields.String(validate=validate.Length(1, LONGEST_VALUE, error=A_NAME), **more)


def names_field(**more: Any) -> Many:
    """Return the field of exact values of a label; the empty one is that of no label."""
    length = validate.Length(0, LONGEST_VALUE, error=A_NAME_OR_NONE)
    return Many(fields.String(validate=length), **more)


def load_parameters(schema: Schema, given: Mapping[str, Sequence[str]]) -> Any:
    """Return what the schema makes of the parameters of a request.

    Args:
        schema: the schema that knows them.
        given: the values of each parameter, in the order in which they were given.

    Raises:
        ParametersError: with each parameter that is wrong.

    """
    known = {field.data_key or key: field for key, field in schema.load_fields.items()}
    many = {name for name, field in known.items() if isinstance(field, Many)}
    mistakes = list(_find_repeated(given, many))
    try:
        loaded = schema.load(
            {name: values if name in many else values[0] for name, values in given.items()}
        )
    except ValidationError as error:
        told = {mistake.parameter for mistake in mistakes}
        mistakes += [
            _describe(list(known), given, name, messages)
            for name, messages in error.messages_dict.items()
            if name not in told
        ]
    if mistakes:
        raise ParametersError(sorted(mistakes, key=lambda mistake: mistake.parameter))
    return loaded


def _find_repeated(given: Mapping[str, Sequence[str]], many: set[str]) -> Iterator[WrongParameter]:
    for name, values in given.items():
        if len(values) > 1 and name not in many:
            yield WrongParameter(
                _shorten(name), _shorten(values[0]), f"one value, not {len(values)}"
            )


def _describe(
    known: Sequence[str],
    given: Mapping[str, Sequence[str]],
    name: str,
    messages: list[str],
) -> WrongParameter:
    value = _shorten(", ".join(given[name])) if name in given else None
    if name in known:
        return WrongParameter(name, value, messages[0])
    return WrongParameter(
        _shorten(name),
        value,
        f"one of the parameters {', '.join(known)}{did_you_mean(name, known)}",
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."

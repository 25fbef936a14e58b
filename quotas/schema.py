"""What quotas.yaml may say: its keys, their values, and what must be there.

Each field also says what it is as a JSON Schema, which quotas/json_schema.py collects for editors.
"""

from collections.abc import Callable, Mapping, Sized
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema

from quotas import names, values
from quotas.calendars import LAST_ANCHOR_DAY, LONGEST_SECONDS, WEEKDAYS, Calendar, Rolling
from quotas.model import Match, Threshold

MOST_QUOTAS = 100_000
MOST_VALUES = 1_000
MOST_RECIPIENTS = 100
MOST_THRESHOLDS = 20
MOST_LABELS = 20

UNKNOWN_KEY = "unknown key"
MISSING_KEY = "is missing"
NO_VALUE = "has no value"

TEXT = {"type": "string", "minLength": 1, "maxLength": values.LONGEST_VALUE}
DURATION = {"type": "string", "pattern": values.DURATION_PATTERN}


class Parsed(fields.Field[Any]):
    """A key whose value one function takes: it returns the value or raises ValueError.

    A ValidationError passes, with the places of what is wrong within the value.
    """

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "required": MISSING_KEY,
        "null": NO_VALUE,
    }

    def __init__(
        self,
        take: Callable[[Any], Any],
        json: Mapping[str, Any],
        help: str = "",  # noqa: A002 - as argparse has it
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.take = take
        self.json = {**json, **({"description": help} if help else {})}

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - marshmallow's own form
        data: Mapping[str, Any] | None,  # noqa: ARG002 - the same
        **_options: Any,
    ) -> Any:
        try:
            return self.take(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def many(take: Callable[[Any], Any], most: int) -> Callable[[object], tuple[Any, ...]]:
    """Return what takes a list of 1 to ``most`` such values, no two the same."""

    def take_all(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("is not a list; write [first, second]")
        at_most(most)(value)
        taken, mistakes = [], {}
        for index, entry in enumerate(value):
            try:
                taken.append(take(entry))
            except (ValueError, ValidationError) as error:
                inner = getattr(error, "messages", [str(error)])
                mistakes[index] = inner
        if mistakes:
            raise ValidationError(mistakes)
        if len(set(taken)) != len(taken):
            raise ValueError("has an entry twice; write each once")
        return tuple(taken)

    return take_all


def at_most(most: int, *, least: int = 1) -> Callable[[Sized], None]:
    """Return what refuses fewer or more entries."""

    def check(entries: Sized) -> None:
        if not least <= len(entries) <= most:
            raise ValidationError(f"has {len(entries)} entries, expected {least} to {most}")

    return check


def list_of(entry: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return the JSON Schema of such a list."""
    return {
        "type": "array",
        "items": dict(entry),
        "minItems": 1,
        "maxItems": most,
        "uniqueItems": True,
    }


def one_or_many(take: Callable[[Any], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Return what takes one such value, or a list of them."""

    def take_either(value: object) -> tuple[Any, ...]:
        return many(take, MOST_VALUES)(value) if isinstance(value, list) else (take(value),)

    return take_either


def mapping_of(schema: type[Schema]) -> Callable[[object], Any]:
    """Return what takes a mapping of these keys."""
    return lambda value: schema().load(value)


class Strict(Schema):
    """A mapping that has these keys and no others."""

    class Meta:
        """A key that is not known is a mistake, never passed over."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own form
        "type": "is not a mapping; write key: value",
        "unknown": UNKNOWN_KEY,
    }


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

    percent = Parsed(values.percent, {"type": "number"}, required=True)
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
    anchor_weekday = Parsed(
        values.weekday, {"enum": [*WEEKDAYS]}, "the day on which a week begins"
    )
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

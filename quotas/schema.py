"""What quotas.yaml may say: its keys, their values, and what must be there."""

from collections.abc import Callable, Mapping, Sized
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from quotas import names, values

MOST_QUOTAS = 100_000
MOST_RECIPIENTS = 100
MOST_THRESHOLDS = 20
MOST_LABELS = 20

UNKNOWN_KEY = "unknown key"
MISSING_KEY = "is missing"
NO_VALUE = "has no value"


class Parsed(fields.Field[Any]):
    """A key whose value one function takes: it returns the value or raises ValueError."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "required": MISSING_KEY,
        "null": NO_VALUE,
    }

    def __init__(self, take: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.take = take

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


class Many(fields.List[Any]):
    """A list of 1 to ``most`` such values, no two the same."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "invalid": "is not a list; write [first, second]",
        "null": "has no value; write [first, second]",
    }

    def __init__(self, take: Callable[[Any], Any], most: int) -> None:
        super().__init__(
            Parsed(take),
            validate=[at_most(most), no_two_the_same],
        )


def at_most(most: int, *, least: int = 1) -> Callable[[Sized], None]:
    """Return what refuses fewer or more entries."""

    def check(entries: Sized) -> None:
        if not least <= len(entries) <= most:
            raise ValidationError(f"has {len(entries)} entries, expected {least} to {most}")

    return check


def no_two_the_same(entries: list[Any]) -> None:
    """Refuse a list that has an entry twice."""
    if len(set(entries)) != len(entries):
        raise ValidationError("has an entry twice; write each once")


class Strict(Schema):
    """A mapping that has these keys and no others."""

    class Meta:
        """A key that is not known is a mistake, never passed over."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own form
        "type": "is not a mapping; write key: value",
        "unknown": UNKNOWN_KEY,
    }


class AccountingSchema(Strict):
    """``accounting:``, for the whole file."""

    resolution = Parsed(values.duration_between("1s", "5m"))
    gap_tolerance = Parsed(values.duration_between("5m", "1d"))
    scrape_delay = Parsed(values.duration_between("1s", "5m"))
    new_targets = Parsed(values.one_of("baseline", "count"))


class DefaultsSchema(Strict):
    """``defaults:``, what a quota has that does not say otherwise."""

    period = Parsed(values.calendar)
    thresholds = Many(values.threshold, MOST_THRESHOLDS)
    notify = Many(values.address, MOST_RECIPIENTS)


class QuotaSchema(DefaultsSchema):
    """One entry of ``quotas:``."""

    name = Parsed(values.quota_name, required=True)
    service = Parsed(values.text)
    route = Parsed(values.text)
    consumer = Parsed(values.text)
    workspace = Parsed(values.text)
    direction = Parsed(values.one_of(names.EGRESS, names.INGRESS, names.BOTH))
    limit = Parsed(values.size, required=True)
    labels = fields.Dict(
        Parsed(values.label_name),
        Parsed(values.text),
        validate=at_most(MOST_LABELS, least=0),
        error_messages={
            "invalid": "is not a mapping; write for example {{team: bun}}",
            "null": NO_VALUE,
        },
    )
    forecast = Parsed(values.yes_or_no)


class QuotaFileSchema(Strict):
    """The whole of quotas.yaml."""

    version = Parsed(values.version, required=True)
    accounting = fields.Nested(AccountingSchema, error_messages={"null": NO_VALUE})
    defaults = fields.Nested(DefaultsSchema, error_messages={"null": NO_VALUE})
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

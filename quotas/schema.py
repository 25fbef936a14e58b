"""What quotas.yaml may say: its keys, their values, and what must be there."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from quotas import names, values

MOST_QUOTAS = 100_000
MOST_RECIPIENTS = 100
MOST_THRESHOLDS = 20

UNKNOWN_KEY = "unknown key"
MISSING_KEY = "is missing"


class Parsed(fields.Field[Any]):
    """A key whose value one function takes: it returns the value or raises ValueError."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "required": MISSING_KEY,
        "null": "has no value",
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
            validate=[
                validate.Length(1, most, error="has {input} entries, expected {min} to {max}"),
                no_two_the_same,
            ],
        )


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

    resolution = Parsed(values.resolution)
    gap_tolerance = Parsed(values.duration)
    scrape_delay = Parsed(values.duration)
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
    labels = Parsed(values.own_labels)
    forecast = Parsed(values.yes_or_no)


class QuotaFileSchema(Strict):
    """The whole of quotas.yaml."""

    version = Parsed(values.version, required=True)
    accounting = fields.Nested(AccountingSchema)
    defaults = fields.Nested(DefaultsSchema)
    quotas = fields.List(
        fields.Nested(QuotaSchema),
        required=True,
        error_messages={
            "required": MISSING_KEY,
            "null": "has no value; write a list of quotas",
            "invalid": "is not a list of quotas",
        },
        validate=validate.Length(1, MOST_QUOTAS, error="has no quota, expected {min} to {max}"),
    )

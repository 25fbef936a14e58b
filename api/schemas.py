"""The shapes of requests and answers. Unknown and repeated parameters are refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from api.windows import LONGEST_LOOKBACK_SECONDS
from quotas import names
from quotas.durations import format_duration, parse_duration
from quotas.values import LONGEST_VALUE, nearest

_LONGEST_SHOWN = 80

_A_DURATION = (
    f'a duration such as "90s", "5m" or "1h30m", at most '
    f'"{format_duration(LONGEST_LOOKBACK_SECONDS)}"'
)
_A_DIRECTION = f'"{names.EGRESS}" or "{names.INGRESS}"'
_A_NAME = f"1 to {LONGEST_VALUE} characters"


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


class Lookback(fields.Field[int]):
    """A duration, as seconds."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            raise ValidationError(_A_DURATION) from error
        if seconds > LONGEST_LOOKBACK_SECONDS:
            raise ValidationError(_A_DURATION)
        return seconds


def _label_field() -> fields.String:
    return fields.String(validate=validate.Length(1, LONGEST_VALUE, error=_A_NAME))


@dataclass(frozen=True)
class BandwidthUsedQuestion:
    """How far to look back, and the labels that are asked for."""

    lookback_seconds: int
    selection: Mapping[str, str]


class BandwidthUsedQuestionSchema(Schema):
    """The parameters of /metrics/bandwidth_used."""

    lookback_seconds = Lookback(
        data_key="lookback_duration", required=True, error_messages={"required": _A_DURATION}
    )
    direction = fields.String(
        data_key="type",
        validate=validate.OneOf([names.EGRESS, names.INGRESS], error=_A_DIRECTION),
    )
    service = _label_field()
    route = _label_field()

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> BandwidthUsedQuestion:
        return BandwidthUsedQuestion(values.pop("lookback_seconds"), values)


class BandwidthUsedRowSchema(Schema):
    """One row of the answer of /metrics/bandwidth_used."""

    time = fields.DateTime(format="iso")
    type = fields.String(attribute="direction")
    service = fields.String()
    route = fields.String()
    bandwidth_used = fields.Raw(attribute="used_bytes")


def load_parameters(schema: Schema, given: Mapping[str, Sequence[str]]) -> Any:
    """Return what the schema makes of the parameters of a request.

    Args:
        schema: the schema that knows them.
        given: the values of each parameter, in the order in which they were given.

    Raises:
        ParametersError: with each parameter that is wrong.

    """
    mistakes = list(_find_repeated(given))
    try:
        loaded = schema.load({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        repeated = {mistake.parameter for mistake in mistakes}
        mistakes += [
            _describe(schema, given, name, messages)
            for name, messages in error.messages_dict.items()
            if name not in repeated
        ]
    if mistakes:
        raise ParametersError(sorted(mistakes, key=lambda mistake: mistake.parameter))
    return loaded


def _find_repeated(given: Mapping[str, Sequence[str]]) -> Iterator[WrongParameter]:
    for name, values in given.items():
        if len(values) > 1:
            yield WrongParameter(
                _shorten(name), _shorten(values[0]), f"one value, not {len(values)}"
            )


def _describe(
    schema: Schema, given: Mapping[str, Sequence[str]], name: str, messages: list[str]
) -> WrongParameter:
    known = [field.data_key or key for key, field in schema.load_fields.items()]
    value = _shorten(given[name][0]) if name in given else None
    if name in known:
        return WrongParameter(name, value, messages[0])
    return WrongParameter(
        _shorten(name), value, f"one of the parameters {', '.join(known)}{nearest(name, known)}"
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."

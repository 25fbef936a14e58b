"""The machinery of the schema: keys whose value one function takes, and their JSON Schemas."""

from collections.abc import Callable, Mapping, Sized
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

UNKNOWN_KEY = "unknown key"
MISSING_KEY = "is missing"
NO_VALUE = "has no value"
MOST_VALUES = 1_000


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


def mapping_of(schema: type[Schema]) -> Callable[[Any], Any]:
    """Return what takes a mapping of these keys."""

    def take(value: Any) -> Any:
        return schema().load(value)

    return take


class Strict(Schema):
    """A mapping that has these keys and no others."""

    class Meta:
        """A key that is not known is a mistake, never passed over."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own form
        "type": "is not a mapping; write key: value",
        "unknown": UNKNOWN_KEY,
    }


def each(
    mapping: Mapping[str, Any], take_key: Callable[[Any], str], take_value: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return a mapping of which each key and each value was taken, or all that is wrong with it."""
    taken: dict[str, Any] = {}
    mistakes: dict[Any, Any] = {}
    for key, value in mapping.items():
        try:
            name = take_key(key)
        except ValueError as error:
            mistakes[AtKey(key)] = [str(error)]
            continue
        try:
            taken[name] = take_value(value)
        except ValueError as error:
            mistakes[key] = [str(error)]
        except ValidationError as error:
            mistakes[key] = error.messages
    if mistakes:
        raise ValidationError(mistakes)
    return taken


class AtKey(str):
    """The place of a key itself, where the key alone would be the place of its value."""

    __slots__ = ()


def object_of(schema: type[Schema]) -> dict[str, Any]:
    """Return the JSON Schema of a mapping of these keys."""
    known = schema().fields
    return {
        "type": "object",
        "properties": {_key(name, field): json_of(field) for name, field in known.items()},
        "required": [_key(name, field) for name, field in known.items() if field.required],
        "additionalProperties": False,
    }


def json_of(field: fields.Field[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a field."""
    if isinstance(field, fields.Nested):
        return object_of(type(field.schema))
    if isinstance(field, fields.List):
        return {"type": "array", "items": json_of(field.inner), "minItems": 1}
    if isinstance(field, Parsed):
        return field.json
    raise TypeError(f"{type(field).__name__} has no JSON Schema")


def _key(name: str, field: fields.Field[Any]) -> str:
    return field.data_key or name

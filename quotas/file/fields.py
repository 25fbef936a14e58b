"""The parts that schemas are made of: fields with a parser, lists, mappings, and JSON Schemas.

A parser is a function that takes a value of the YAML document. It returns the value to use, or
raises ValueError with a message for people.
"""

from collections.abc import Callable, Mapping, Sized
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

UNKNOWN_KEY = "unknown key"
MISSING_KEY = "is missing"
NO_VALUE = "has no value"
MOST_VALUES = 1_000


class ParsedField(fields.Field[Any]):
    """A key whose value a parser reads.

    A parser may also raise ValidationError, to give the places of several mistakes within the
    value.
    """

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "required": MISSING_KEY,
        "null": NO_VALUE,
    }

    def __init__(
        self,
        parse: Callable[[Any], Any],
        json: Mapping[str, Any],
        help: str = "",  # noqa: A002 - as argparse has it
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.parse = parse
        self.json = {**json, **({"description": help} if help else {})}

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - marshmallow's own form
        data: Mapping[str, Any] | None,  # noqa: ARG002 - the same
        **_options: Any,
    ) -> Any:
        try:
            return self.parse(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        except ValidationError as error:
            # Without its valid_data: half of a value would be taken for the value.
            raise ValidationError(error.messages) from error


class StrictSchema(Schema):
    """A mapping that may have only the keys of its fields."""

    class Meta:
        """Unknown keys are mistakes."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own form
        "type": "is not a mapping; write key: value",
        "unknown": UNKNOWN_KEY,
    }


class KeyPlace(str):
    """A key in the place of a mistake that is about the key itself, not about its value."""

    __slots__ = ()


def list_of(parse: Callable[[Any], Any], most: int) -> Callable[[object], tuple[Any, ...]]:
    """Return a parser of lists of 1 to ``most`` different values, each read by ``parse``."""

    def parse_list(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("is not a list; write [first, second]")
        check_count(value, most=most)
        parsed, mistakes = [], {}
        for index, entry in enumerate(value):
            try:
                parsed.append(parse(entry))
            except (ValueError, ValidationError) as error:
                mistakes[index] = getattr(error, "messages", [str(error)])
        if mistakes:
            raise ValidationError(mistakes)
        if len(set(parsed)) != len(parsed):
            raise ValueError("has an entry twice; write each once")
        return tuple(parsed)

    return parse_list


def one_or_list_of(parse: Callable[[Any], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Return a parser of one value or a list of values, each read by ``parse``."""

    def parse_either(value: object) -> tuple[Any, ...]:
        return list_of(parse, MOST_VALUES)(value) if isinstance(value, list) else (parse(value),)

    return parse_either


def check_count(entries: Sized, *, most: int, least: int = 1) -> None:
    """Raise ValidationError unless there are ``least`` to ``most`` entries."""
    if not least <= len(entries) <= most:
        raise ValidationError(f"has {len(entries)} entries, expected {least} to {most}")


def parse_mapping(
    mapping: Mapping[str, Any], parse_key: Callable[[Any], str], parse_value: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return a mapping with its keys and values parsed.

    Raises:
        ValidationError: keys or values are wrong; it has every mistake at its place.

    """
    parsed: dict[str, Any] = {}
    mistakes: dict[Any, Any] = {}
    for key, value in mapping.items():
        try:
            name = parse_key(key)
        except ValueError as error:
            mistakes[KeyPlace(key)] = [str(error)]
            continue
        try:
            parsed[name] = parse_value(value)
        except ValueError as error:
            mistakes[key] = [str(error)]
        except ValidationError as error:
            mistakes[key] = error.messages
    if mistakes:
        raise ValidationError(mistakes)
    return parsed


def json_of_list(entry: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return the JSON Schema of a list of 1 to ``most`` different entries."""
    return {
        "type": "array",
        "items": dict(entry),
        "minItems": 1,
        "maxItems": most,
        "uniqueItems": True,
    }


def json_of_schema(schema: type[Schema]) -> dict[str, Any]:
    """Return the JSON Schema of a mapping with the keys of a schema."""
    known = schema().fields
    return {
        "type": "object",
        "properties": {key_of(name, field): json_of_field(field) for name, field in known.items()},
        "required": [key_of(name, field) for name, field in known.items() if field.required],
        "additionalProperties": False,
    }


def json_of_field(field: fields.Field[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a field."""
    if isinstance(field, fields.Nested):
        return json_of_schema(type(field.schema))
    if isinstance(field, fields.List):
        return {"type": "array", "items": json_of_field(field.inner), "minItems": 1}
    if isinstance(field, ParsedField):
        return field.json
    raise TypeError(f"{type(field).__name__} has no JSON Schema")


def key_of(name: str, field: fields.Field[Any]) -> str:
    """Return the key of a field in quotas.yaml, such as ``except`` for the field ``except_``."""
    return field.data_key or name

"""The parts that schemas are made of, apart from the keys of quotas.yaml."""

import pytest
from marshmallow import Schema, ValidationError, fields

from quotas.file.fields import (
    KeyPlace,
    ParsedField,
    StrictSchema,
    check_count,
    json_of_field,
    json_of_list,
    json_of_schema,
    list_of,
    one_or_list_of,
    parse_mapping,
)


def parse_even(value: object) -> int:
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value} is not even")
    return value


class Inner(StrictSchema):
    """A mapping within another."""

    number = ParsedField(parse_even, {"type": "integer"}, "an even number", required=True)
    class_ = ParsedField(str, {"type": "string"}, data_key="class")


class Outer(StrictSchema):
    """A mapping that contains another, and a list of mappings."""

    one = fields.Nested(Inner)
    several = fields.List(fields.Nested(Inner))


NOT_A_MAPPING = "is not a mapping; write key: value"
NOT_A_LIST = "is not a list; write [first, second]"


def messages_of(schema: Schema, data: object) -> object:
    with pytest.raises(ValidationError) as caught:
        schema.load(data)  # type: ignore[arg-type]  # what YAML may contain
    return caught.value.messages


def test_a_key_has_the_value_that_its_parser_returns() -> None:
    assert Inner().load({"number": 4, "class": "a"}) == {"number": 4, "class_": "a"}


def test_a_wrong_value_has_the_message_of_its_parser() -> None:
    assert messages_of(Inner(), {"number": 3}) == {"number": ["3 is not even"]}
    assert messages_of(Inner(), {"number": None}) == {"number": ["has no value"]}
    assert messages_of(Inner(), {}) == {"number": ["is missing"]}
    assert messages_of(Inner(), {"number": 2, "x": 1}) == {"x": ["unknown key"]}
    assert messages_of(Outer(), {"one": 7}) == {"one": {"_schema": [NOT_A_MAPPING]}}


def test_every_wrong_entry_of_a_list_is_reported_by_its_index() -> None:
    with pytest.raises(ValidationError) as caught:
        list_of(parse_even, 5)([2, 3, 4, 5])
    assert caught.value.messages == {1: ["3 is not even"], 3: ["5 is not even"]}


def test_a_list_keeps_its_order_and_may_not_repeat_an_entry() -> None:
    assert list_of(parse_even, 3)([4, 2]) == (4, 2)
    with pytest.raises(ValueError, match="has an entry twice; write each once"):
        list_of(parse_even, 3)([2, 2])
    with pytest.raises(ValueError, match="is not a list"):
        list_of(parse_even, 3)(2)


@pytest.mark.parametrize("count", [0, 4])
def test_a_list_has_a_smallest_and_a_largest_number_of_entries(count: int) -> None:
    with pytest.raises(ValidationError, match=f"has {count} entries, expected 1 to 3"):
        list_of(parse_even, 3)([2] * count)
    with pytest.raises(ValidationError, match=f"has {count} entries, expected 2 to 3"):
        check_count([2] * count, most=3, least=2)


def test_a_single_value_is_read_as_a_list_of_one() -> None:
    assert one_or_list_of(parse_even)(2) == (2,)
    assert one_or_list_of(parse_even)([2, 4]) == (2, 4)


def test_every_wrong_key_and_value_of_a_mapping_is_reported() -> None:
    def short(key: str) -> str:
        if len(key) > 1:
            raise ValueError(f"{key} is long")
        return key

    assert parse_mapping({"a": 2, "b": 4}, short, parse_even) == {"a": 2, "b": 4}
    with pytest.raises(ValidationError) as caught:
        parse_mapping({"a": 3, "bb": 2, "c": [2, 3]}, short, list_of(parse_even, 3))
    messages = caught.value.messages_dict
    assert messages == {"a": [NOT_A_LIST], "bb": ["bb is long"], "c": {1: ["3 is not even"]}}
    # A mistake about a key has the key itself as its place.
    assert [isinstance(key, KeyPlace) for key in messages] == [False, True, False]


def test_a_nested_mapping_keeps_the_places_of_its_mistakes() -> None:
    field = ParsedField(Inner().load, {})
    with pytest.raises(ValidationError) as caught:
        field.deserialize({"number": 3, "x": 1})
    assert caught.value.messages == {"number": ["3 is not even"], "x": ["unknown key"]}


def test_the_json_schema_of_a_mapping_has_the_keys_of_quotas_yaml() -> None:
    inner = {
        "type": "object",
        "properties": {
            "number": {"type": "integer", "description": "an even number"},
            "class": {"type": "string"},
        },
        "required": ["number"],
        "additionalProperties": False,
    }
    assert json_of_schema(Inner) == inner
    assert json_of_schema(Outer)["properties"] == {
        "one": inner,
        "several": {"type": "array", "items": inner, "minItems": 1},
    }
    assert json_of_list({"type": "integer"}, 3)["maxItems"] == 3


def test_a_field_without_a_json_schema_is_rejected() -> None:
    with pytest.raises(TypeError, match="Integer has no JSON Schema"):
        json_of_field(fields.Integer())

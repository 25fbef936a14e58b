"""The machinery of the schema, apart from what quotas.yaml makes of it."""

import pytest
from marshmallow import Schema, ValidationError, fields

from quotas.file.fields import (
    AtKey,
    Parsed,
    Strict,
    at_most,
    each,
    json_of,
    list_of,
    many,
    mapping_of,
    object_of,
    one_or_many,
)


def even(value: object) -> int:
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value} is not even")
    return value


class Inner(Strict):
    """A mapping within another."""

    number = Parsed(even, {"type": "integer"}, "an even number", required=True)
    class_ = Parsed(str, {"type": "string"}, data_key="class")


class Outer(Strict):
    """A mapping that holds another, and a list of them."""

    one = fields.Nested(Inner)
    several = fields.List(fields.Nested(Inner))


def refused(schema: Schema, data: object) -> object:
    with pytest.raises(ValidationError) as caught:
        schema.load(data)  # type: ignore[arg-type]  # what YAML may give
    return caught.value.messages


def test_a_key_is_what_its_function_makes_of_it() -> None:
    assert Inner().load({"number": 4, "class": "a"}) == {"number": 4, "class_": "a"}


def test_what_is_wrong_is_told_in_the_words_of_its_function() -> None:
    assert refused(Inner(), {"number": 3}) == {"number": ["3 is not even"]}
    assert refused(Inner(), {"number": None}) == {"number": ["has no value"]}
    assert refused(Inner(), {}) == {"number": ["is missing"]}
    assert refused(Inner(), {"number": 2, "x": 1}) == {"x": ["unknown key"]}
    assert refused(Outer(), {"one": 7}) == {"one": {"_schema": [_NO_MAPPING]}}


_NO_MAPPING = "is not a mapping; write key: value"


def test_of_a_list_every_entry_that_is_wrong_is_told_by_its_index() -> None:
    with pytest.raises(ValidationError) as caught:
        many(even, 5)([2, 3, 4, 5])
    assert caught.value.messages == {1: ["3 is not even"], 3: ["5 is not even"]}


def test_a_list_is_taken_in_its_order_and_without_doubles() -> None:
    assert many(even, 3)([4, 2]) == (4, 2)
    with pytest.raises(ValueError, match="has an entry twice; write each once"):
        many(even, 3)([2, 2])
    with pytest.raises(ValueError, match="is not a list"):
        many(even, 3)(2)


@pytest.mark.parametrize("count", [0, 4])
def test_a_list_has_at_least_one_entry_and_not_too_many(count: int) -> None:
    with pytest.raises(ValidationError, match=f"has {count} entries, expected 1 to 3"):
        many(even, 3)([2] * count)
    with pytest.raises(ValidationError, match=f"has {count} entries, expected 2 to 3"):
        at_most(3, least=2)([2] * count)


def test_one_value_stands_for_a_list_of_one() -> None:
    assert one_or_many(even)(2) == (2,)
    assert one_or_many(even)([2, 4]) == (2, 4)


def test_of_a_mapping_every_key_and_value_that_is_wrong_is_told() -> None:
    def short(key: str) -> str:
        if len(key) > 1:
            raise ValueError(f"{key} is long")
        return key

    assert each({"a": 2, "b": 4}, short, even) == {"a": 2, "b": 4}
    with pytest.raises(ValidationError) as caught:
        each({"a": 3, "bb": 2, "c": [2, 3]}, short, many(even, 3))
    messages = caught.value.messages_dict
    assert messages == {"a": [_NO_LIST], "bb": ["bb is long"], "c": {1: ["3 is not even"]}}
    # The place of what is wrong with a key is the key itself.
    assert [isinstance(key, AtKey) for key in messages] == [False, True, False]


_NO_LIST = "is not a list; write [first, second]"


def test_a_mapping_within_a_value_keeps_the_places_of_what_is_wrong() -> None:
    field = Parsed(mapping_of(Inner), {})
    with pytest.raises(ValidationError) as caught:
        field.deserialize({"number": 3, "x": 1})
    assert caught.value.messages == {"number": ["3 is not even"], "x": ["unknown key"]}


def test_the_json_schema_of_a_mapping_has_its_keys_as_they_are_written() -> None:
    inner = {
        "type": "object",
        "properties": {
            "number": {"type": "integer", "description": "an even number"},
            "class": {"type": "string"},
        },
        "required": ["number"],
        "additionalProperties": False,
    }
    assert object_of(Inner) == inner
    assert object_of(Outer)["properties"] == {
        "one": inner,
        "several": {"type": "array", "items": inner, "minItems": 1},
    }
    assert list_of({"type": "integer"}, 3)["maxItems"] == 3


def test_a_field_that_has_no_json_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="Integer has no JSON Schema"):
        json_of(fields.Integer())

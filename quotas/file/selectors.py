"""Parsers of what a quota selects: values of labels, and the values that it leaves out."""

from typing import Any

import re2
from marshmallow import post_load

from quotas import names
from quotas.file.fields import (
    MOST_VALUES,
    ParsedField,
    StrictSchema,
    check_count,
    json_of_list,
    json_of_schema,
    one_or_list_of,
    parse_mapping,
)
from quotas.file.values import LONGEST_VALUE, describe_value, one_of, parse_text
from quotas.model import Match

_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False
# Accepted by newer versions of RE2, but not by the one that Prometheus contains.
_UNSUPPORTED = (r"\C", "(?<")

TEXT_JSON = {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE}


def parse_regex(value: object) -> Match:
    """Return a match by a regular expression that Prometheus accepts."""
    pattern = parse_text(value)
    try:
        re2.compile(pattern, _RE2_OPTIONS)
        unsupported = next((part for part in _UNSUPPORTED if part in pattern), None)
        problem = f"{unsupported} is not supported" if unsupported else None
    except re2.error as error:
        problem = error.args[0].decode(errors="replace")
    if problem:
        raise ValueError(
            f"{describe_value(pattern)} is not a regular expression that Prometheus takes (RE2): "
            f"{problem}"
        )
    return Match(regex=pattern)


class MatchSchema(StrictSchema):
    """``{matches: "bun-.*"}``."""

    matches = ParsedField(
        parse_regex,
        TEXT_JSON,
        "regular expression (RE2) that matches the whole value",
        required=True,
    )

    @post_load
    def _make(self, data: dict[str, Any], **_options: Any) -> Any:
        return data["matches"]


def parse_match(value: object) -> Match:
    """Return which values of a label to select: a name, a list of names, or a regex."""
    if isinstance(value, dict):
        match: Match = MatchSchema().load(value)
        return match
    return Match(one_or_list_of(parse_text)(value))


def parse_excluded(value: object) -> dict[str, tuple[str, ...]]:
    """Return the values that ``for_each`` leaves out, by label."""
    if not isinstance(value, dict):
        raise ValueError("is not a mapping; write for example {consumer: [big-co]}")
    check_count(value, most=len(names.SELECTOR_LABELS))
    return parse_mapping(value, one_of(*names.SELECTOR_LABELS), one_or_list_of(parse_text))


_TEXT_LIST_JSON = json_of_list(TEXT_JSON, MOST_VALUES)
MATCH_JSON = {"anyOf": [TEXT_JSON, _TEXT_LIST_JSON, json_of_schema(MatchSchema)]}
EXCLUDED_JSON = {
    "type": "object",
    "propertyNames": {"enum": [*names.SELECTOR_LABELS]},
    "additionalProperties": {"anyOf": [TEXT_JSON, _TEXT_LIST_JSON]},
    "minProperties": 1,
}

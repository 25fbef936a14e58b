"""Any file built of known keys, with values that are right, nearly right or hostile."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from quotas.file.document import DocumentError
from quotas.file.fields import key_of
from quotas.file.loading import parse_quotas
from quotas.file.period_parsers import PeriodSchema
from quotas.file.schema import (
    AccountingSchema,
    DefaultsSchema,
    QuotaFileSchema,
    QuotaSchema,
    SeveritiesSchema,
)
from quotas.model import QuotaFile

# Values that are right for some key, and so nearly right for others.
WORDS = st.sampled_from(
    [
        *("month", "week", "day", "hour", "weekly", "month:3", "rolling"),
        *("Europe/Berlin", "Nowhere", "UTC", "monday", "30d", "1m", "90s", "0s", "7m"),
        *("10 GB", "1 GiB", "0 B", "1 B", "80 %", "2026-11", "2026-11-22", "2026-11-24T13"),
        *("202611", "0000", "99999999999999999999", "2026-13", "service", "consumer", "both"),
        *("a", "partner-.*", "(", "", "\u2028", "\ud7ff", "x" * 1_025, "info", "warning"),
        *("a@example.com", "https://example.com/#a", "__a", "severity", "count", "off", "a\nb"),
    ]
)
NUMBERS = st.integers(-3, 101) | st.floats(allow_nan=True) | st.just(10**400)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=5)
MATCH = st.fixed_dictionaries({}, optional={"matches": SCALARS, "mathces": SCALARS})


def mapping(
    schema: type[Schema], below: dict[str, st.SearchStrategy[Any]], *always: str
) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with any keys of a schema, and perhaps one that it does not know."""
    known = {key_of(name, field): field for name, field in schema().fields.items()}
    values = {key: below.get(key, ANY) for key in known}
    return st.fixed_dictionaries(
        {key: values.pop(key) for key in always},
        optional={**values, "limt": ANY},
    )


ANY: st.SearchStrategy[Any] = st.deferred(
    lambda: SCALARS | st.lists(SCALARS | MATCH, max_size=3) | MATCH | PERIOD
)
PERIOD: st.SearchStrategy[dict[str, Any]] = mapping(PeriodSchema, {})
QUOTA = {
    "name": st.sampled_from(["a", "b"]) | ANY,
    "limit": st.just("10 GB") | ANY,
    "notify": st.just(["a@example.com"]) | ANY,
    "period": WORDS | PERIOD,
    "opening_balance": st.just("1 B") | ANY,
    "labels": st.dictionaries(WORDS, SCALARS, max_size=3),
    "except": st.dictionaries(WORDS, ANY, max_size=2),
}
FILE = mapping(
    QuotaFileSchema,
    {
        "version": st.just(1),
        "quotas": st.lists(
            mapping(QuotaSchema, QUOTA, "name", "limit", "notify") | ANY, max_size=3
        ),
        "defaults": mapping(DefaultsSchema, QUOTA),
        "accounting": mapping(AccountingSchema, {}),
        "severities": mapping(SeveritiesSchema, {}),
        "labels": st.dictionaries(WORDS, SCALARS, max_size=3),
    },
    "version",
    "quotas",
)


def test_every_key_with_a_mapping_below_is_built() -> None:
    nested = {n for n, f in QuotaFileSchema().fields.items() if isinstance(f, fields.Nested)}
    assert nested == {"defaults", "accounting", "severities"}


@given(FILE)
@settings(max_examples=600)
@example(
    {
        "version": 1,
        "quotas": [
            {
                "name": "a",
                "limit": "10 GB",
                "notify": ["a@example.com"],
                "period": {"calendar": "day", "timezone": "Nowhere"},
                "opening_balance": "1 B",
                "opening_period": "2026-11-22",
            }
        ],
    }
)
def test_any_file_is_loaded_or_has_mistakes_with_places(data: dict[str, Any]) -> None:
    try:
        assert isinstance(parse_quotas(json.dumps(data).encode()), QuotaFile)
    except DocumentError as error:
        assert error.mistakes  # noqa: PT017 - either result is right
        assert all(mistake.line and mistake.message for mistake in error.mistakes)  # noqa: PT017

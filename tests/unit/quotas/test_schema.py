import pytest
from marshmallow import ValidationError

from quotas import names
from quotas.schema import DefaultsSchema, QuotaFileSchema, QuotaSchema


def test_a_quota_may_say_whatever_the_defaults_may() -> None:
    assert set(DefaultsSchema().fields) < set(QuotaSchema().fields)


def test_every_selector_label_is_a_key_of_a_quota() -> None:
    assert set(names.SELECTOR_LABELS) <= set(QuotaSchema().fields)


def test_a_key_that_is_not_known_is_never_passed_over() -> None:
    with pytest.raises(ValidationError) as caught:
        QuotaFileSchema().load({"version": 1, "quotas": [{"name": "a", "limit": "1 B", "x": 1}]})
    assert caught.value.messages == {"quotas": {0: {"x": ["unknown key"]}}}


def test_a_label_may_have_any_name_that_is_none_of_the_rules() -> None:
    labels = {"b": "1", "a": "2", "key": "3", "value": "4", "_schema": "5"}
    loaded = QuotaSchema().load({"name": "a", "limit": "1 B", "labels": labels})
    assert list(loaded["labels"].items()) == list(labels.items())


def test_a_file_needs_a_version_and_quotas_and_nothing_else() -> None:
    required = {name for name, field in QuotaFileSchema().fields.items() if field.required}
    assert required == {"version", "quotas"}


def test_a_quota_needs_a_name_and_a_limit_and_nothing_else() -> None:
    required = {name for name, field in QuotaSchema().fields.items() if field.required}
    assert required == {"name", "limit"}

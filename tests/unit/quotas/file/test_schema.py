import pytest
from marshmallow import ValidationError

from quotas import names
from quotas.file.schema import DefaultsSchema, QuotaFileSchema, QuotaSchema, parse_resolution


def test_a_quota_may_have_all_keys_of_the_defaults() -> None:
    assert set(DefaultsSchema().fields) < set(QuotaSchema().fields)
    assert not any(field.required for field in DefaultsSchema().fields.values())


def test_every_selector_label_is_a_key_of_a_quota() -> None:
    assert set(names.SELECTOR_LABELS) <= set(QuotaSchema().fields)


def test_an_unknown_key_is_a_mistake() -> None:
    with pytest.raises(ValidationError) as caught:
        QuotaFileSchema().load({"version": 1, "quotas": [{"name": "a", "limit": "1 B", "x": 1}]})
    assert caught.value.messages == {"quotas": {0: {"x": ["unknown key"]}}}


def test_a_label_may_have_any_name_that_the_rules_do_not_set() -> None:
    labels = {"b": "1", "a": "2", "key": "3", "value": "4", "_schema": "5"}
    loaded = QuotaSchema().load({"name": "a", "limit": "1 B", "labels": labels})
    assert loaded["labels"] == labels
    assert list(loaded["labels"]) == sorted(labels)


def test_a_file_needs_a_version_and_quotas_and_nothing_else() -> None:
    required = {name for name, field in QuotaFileSchema().fields.items() if field.required}
    assert required == {"version", "quotas"}


def test_a_quota_needs_a_name_and_a_limit_and_nothing_else() -> None:
    required = {name for name, field in QuotaSchema().fields.items() if field.required}
    assert required == {"name", "limit"}


@pytest.mark.parametrize("step", ["1s", "15s", "30s", "1m", "1m30s", "3m", "5m"])
def test_a_step_divides_a_quarter_of_an_hour_evenly(step: str) -> None:
    assert 900 % parse_resolution(step) == 0


@pytest.mark.parametrize("step", ["7s", "2m", "4m", "59s"])
def test_a_step_that_could_lie_in_two_periods_is_rejected(step: str) -> None:
    with pytest.raises(ValueError, match="a step that fits into 15 minutes without a rest"):
        parse_resolution(step)

import pytest
from marshmallow import ValidationError

from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.file import schema
from quotas.file.schema import DefaultsSchema, QuotaFileSchema, QuotaSchema
from quotas.model import Match, Threshold


def test_a_quota_may_say_whatever_the_defaults_may() -> None:
    assert set(DefaultsSchema().fields) < set(QuotaSchema().fields)
    assert not any(field.required for field in DefaultsSchema().fields.values())


def test_every_selector_label_is_a_key_of_a_quota() -> None:
    assert set(names.SELECTOR_LABELS) <= set(QuotaSchema().fields)


def test_a_key_that_is_not_known_is_never_passed_over() -> None:
    with pytest.raises(ValidationError) as caught:
        QuotaFileSchema().load({"version": 1, "quotas": [{"name": "a", "limit": "1 B", "x": 1}]})
    assert caught.value.messages == {"quotas": {0: {"x": ["unknown key"]}}}


def test_a_label_may_have_any_name_that_is_none_of_the_rules() -> None:
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


def test_a_selector_is_a_name_a_list_of_names_or_a_regular_expression() -> None:
    assert schema.match("a") == Match(("a",))
    assert schema.match(["a", "b"]) == Match(("a", "b"))
    assert schema.match({"matches": "a.*"}) == Match(regex="a.*")


@pytest.mark.parametrize(
    ("percent", "severity"),
    [
        (0.01, "info"),
        (79.99, "info"),
        (80, "info"),
        (89, "info"),
        (90, "warning"),
        (99.99, "warning"),
        (100, "critical"),
        (1_000, "critical"),
    ],
)
def test_how_grave_a_threshold_is_follows_from_how_near_the_limit_it_is(
    percent: float, severity: str
) -> None:
    assert schema.threshold(percent) == Threshold(percent, severity)


def test_how_grave_a_threshold_is_can_be_given() -> None:
    assert schema.threshold({"percent": 50, "severity": "critical"}) == Threshold(50, "critical")


def test_thresholds_are_sorted_whatever_their_severity() -> None:
    taken = schema.thresholds([100, {"percent": 99.5, "severity": "info"}, 5])
    assert [known.percent for known in taken] == [5, 99.5, 100]


def test_a_period_is_a_word_or_what_there_is_to_know_of_one() -> None:
    assert schema.period("month") == MONTH
    assert schema.period({"calendar": "week", "anchor_weekday": "sunday"}) == Calendar(
        "week", anchor_weekday=6
    )
    assert schema.period({"rolling": "7d"}) == Rolling(604_800)


def test_what_is_left_out_is_a_value_or_several_by_label() -> None:
    assert schema.excluded({"consumer": "a", "route": ["b", "c"]}) == {
        "consumer": ("a",),
        "route": ("b", "c"),
    }

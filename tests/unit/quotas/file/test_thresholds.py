import pytest

from quotas.file.thresholds import parse_percent, parse_threshold, parse_thresholds
from quotas.model import Threshold


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
def test_the_severity_of_a_threshold_follows_from_its_percentage(
    percent: float, severity: str
) -> None:
    assert parse_threshold(percent) == Threshold(percent, severity)


def test_a_threshold_may_have_a_severity_of_its_own() -> None:
    assert parse_threshold({"percent": 50, "severity": "critical"}) == Threshold(50, "critical")


def test_thresholds_are_sorted_by_percentage() -> None:
    thresholds = parse_thresholds([100, {"percent": 99.5, "severity": "info"}, 5])
    assert [known.percent for known in thresholds] == [5, 99.5, 100]


@pytest.mark.parametrize("percent", [0.01, 1, 99.5, 99.99, 1_000])
def test_a_percentage_has_two_decimals_at_most(percent: float) -> None:
    assert parse_percent(percent) == percent


@pytest.mark.parametrize("percent", [0, -1, 0.001, 99.999, 1_000.01, float("nan"), float("inf")])
def test_a_number_that_is_not_a_percentage_of_a_limit_is_rejected(percent: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0 and at most 1000 percent"):
        parse_percent(percent)

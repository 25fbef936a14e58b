from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from api.http.parameters import ParametersError, WrongParameter, load_parameters
from api.views.schemas.bandwidth import BandwidthUsedQuestionSchema
from api.views.schemas.spans import BandwidthUsedQuestion

LOOKBACK = {"lookback_duration": ["5m"]}
A_DURATION = 'a duration such as "90s", "5m" or "1h30m", at most "7d"'
KNOWN = "one of the parameters start, end, lookback_duration, step, type, service, route, consumer"


def load(given: Mapping[str, Sequence[str]]) -> Any:
    return load_parameters(BandwidthUsedQuestionSchema(), given)


def mistakes(given: Mapping[str, Sequence[str]]) -> tuple[WrongParameter, ...]:
    with pytest.raises(ParametersError) as raised:
        load(given)
    return raised.value.mistakes


def test_only_the_lookback_is_required() -> None:
    assert load(LOOKBACK) == BandwidthUsedQuestion(lookback_seconds=300, selection={})


def test_the_other_parameters_select() -> None:
    given = LOOKBACK | {"route": ["r"], "type": ["egress"], "service": ["s"]}
    assert load(given) == BandwidthUsedQuestion(
        lookback_seconds=300, selection={"direction": "egress", "service": "s", "route": "r"}
    )


@pytest.mark.parametrize("text", ["7d", "1w", "168h", "1s", "1h30m"])
def test_lookbacks_go_up_to_seven_days(text: str) -> None:
    assert 1 <= load({"lookback_duration": [text]}).lookback_seconds <= 7 * 86_400


@pytest.mark.parametrize("text", ["", "5", "0s", "-5m", "5 m", "m5", "7d1s", "999999w", "9" * 9999])
def test_a_wrong_lookback_is_reported_with_the_expectation(text: str) -> None:
    [mistake] = mistakes({"lookback_duration": [text]})
    assert mistake.parameter == "lookback_duration"
    assert mistake.value is not None
    assert text.startswith(mistake.value.removesuffix("..."))
    assert mistake.expected == A_DURATION


def test_a_lookback_that_is_missing_has_no_value() -> None:
    assert mistakes({}) == (WrongParameter("lookback_duration", None, A_DURATION),)


@pytest.mark.parametrize("text", ["", "EGRESS", "both", " egress"])
def test_types_are_egress_and_ingress(text: str) -> None:
    assert mistakes(LOOKBACK | {"type": [text]}) == (
        WrongParameter("type", text, '"egress" or "ingress"'),
    )


@pytest.mark.parametrize("name", ["service", "route"])
def test_names_are_neither_empty_nor_very_long(name: str) -> None:
    assert load(LOOKBACK | {name: ["x" * 1024]}).selection == {name: "x" * 1024}
    assert mistakes(LOOKBACK | {name: [""]}) == (WrongParameter(name, "", "1 to 1024 characters"),)
    assert mistakes(LOOKBACK | {name: ["x" * 1025]}) == (
        WrongParameter(name, "x" * 80 + "...", "1 to 1024 characters"),
    )


def test_an_unknown_parameter_is_refused_with_the_nearest_that_is_known() -> None:
    assert mistakes(LOOKBACK | {"sevice": ["s"]}) == (
        WrongParameter("sevice", "s", f'{KNOWN}; did you mean "service"?'),
    )
    assert mistakes(LOOKBACK | {"x": ["1"]}) == (WrongParameter("x", "1", KNOWN),)


def test_a_repeated_parameter_is_refused() -> None:
    assert mistakes(LOOKBACK | {"type": ["egress", "ingress"]}) == (
        WrongParameter("type", "egress", "one value, not 2"),
    )


def test_all_mistakes_are_reported_at_once_and_each_parameter_once() -> None:
    given = {"type": ["x", "y"], "service": [""], "z": ["1"]}
    assert [mistake.parameter for mistake in mistakes(given)] == [
        "lookback_duration",
        "service",
        "type",
        "z",
    ]

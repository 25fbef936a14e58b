"""Quotas that match no counter, as ``--verify`` reports them."""

import pytest
import responses

from quotas.model import Match, Quota
from quotas.prometheus.checks import counters as under_test
from tests.unit.quotas.prometheus.checks.server import BUN, Server


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        (
            {"service": Match(("bun-servise",))},
            '; there is no service "bun-servise", did you mean "bun-service"?',
        ),
        ({"service": Match(("zebra",))}, '; there is no service "zebra"'),
        (
            {"service": Match(("bun-service",)), "route": Match(("bun-rute",))},
            '; there is no route "bun-rute", did you mean "bun-route"?',
        ),
        ({"service": Match(regex="ban-.*")}, ""),
        # Each exists, but not together.
        ({"service": Match(("bun-service",)), "route": Match(("ban-route",))}, ""),
        ({"consumer": Match(("acme",))}, '; there is no consumer "acme"'),
    ],
    ids=["misspelt", "far from any", "second label", "regex", "not together", "none at all"],
)
def test_a_quota_that_selects_nothing_is_reported_with_the_most_similar_name(
    http: responses.RequestsMock, selector: dict[str, Match], hint: str
) -> None:
    server = Server(http, BUN, Quota("b", 1, selector))
    other = {"service": "ban", "route": "ban-route", "direction": "ingress"}
    server.answers["query"]["result"].append({"metric": other, "value": [0, "1"]})
    assert server.problems() == [f"quota b selects nothing that was seen within 1d{hint}"]


@pytest.mark.parametrize(
    "quota",
    [
        Quota("a", 1),
        Quota("a", 1, {"service": Match(("x", "bun-service"))}),
        Quota("a", 1, {"service": Match(regex="bun-.*"), "route": Match(regex=".*")}),
        Quota("a", 1, {"consumer": Match(regex=".*")}),
        Quota("a", 1, for_each=("route",), excluded={"route": ("ban-route",)}),
    ],
)
def test_a_quota_that_selects_a_counter_is_good(http: responses.RequestsMock, quota: Quota) -> None:
    assert Server(http, quota).problems() == []


@pytest.mark.parametrize(
    "quota",
    [
        Quota("a", 1, direction="ingress"),
        Quota("a", 1, {"service": Match(regex="bun")}),
        Quota("a", 1, {"service": Match(regex="BUN-.*")}),
        Quota("a", 1, for_each=("route", "consumer")),
        Quota("a", 1, for_each=("route",), excluded={"route": ("bun-route",)}),
    ],
)
def test_a_quota_must_match_whole_values_the_direction_and_the_labels_of_for_each(
    http: responses.RequestsMock, quota: Quota
) -> None:
    assert len(Server(http, quota).problems()) == 1


def test_of_many_quotas_that_select_nothing_only_some_are_named(
    http: responses.RequestsMock,
) -> None:
    quotas = [Quota(f"q{number}", 1, {"service": Match(("zebra",))}) for number in range(25)]
    problems = Server(http, *quotas).problems()
    assert len(problems) == under_test.MOST_QUOTAS_NAMED + 1
    assert problems[-1] == "so do 5 more quotas"

"""The numbers in test mails: those of Prometheus, or examples and why."""

from datetime import UTC, datetime

import requests
import responses

from quotas import names
from quotas.calendars import DAY, Rolling
from quotas.model import Match, Quota
from quotas.prometheus.endpoint import Endpoint
from tests.unit.api.answers import INSTANT_URL, URL, forms, sample, vector
from webhook.preview.numbers import read_numbers
from webhook.usage.reading import UsageReader

READER = UsageReader(Endpoint(URL))
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
DAILY = Quota("daily", 1_000, calendar=DAY, for_each=("consumer",))


def answer(*results: tuple[dict[str, str], float] | None) -> None:
    """Answer each query with one series, or with none."""
    for result in results:
        found = [sample(*result, NOW.timestamp())] if result else []
        responses.post(INSTANT_URL, json=vector(*found))


@responses.activate
def test_the_entry_that_has_used_most_has_its_usage_and_its_forecast() -> None:
    answer(({"consumer": "acme"}, 300), ({}, 420.5))
    numbers = read_numbers(DAILY, READER, NOW)
    assert (numbers.entry, numbers.used_bytes) == ({"consumer": "acme"}, 300)
    assert (numbers.to_come_bytes, numbers.missing) == (120, "")
    used, forecast = (form["query"] for form in forms())
    assert used.startswith("topk(1, max by (consumer) (last_over_time(quota:bandwidth_bytes:used{")
    assert 'period="20261124"' in used
    assert 'consumer="acme"' in forecast


@responses.activate
def test_without_a_forecast_nothing_is_expected() -> None:
    answer(({"consumer": "acme"}, 300), None)
    assert read_numbers(DAILY, READER, NOW).to_come_bytes is None


@responses.activate
def test_a_rolling_window_has_no_period() -> None:
    answer(({}, 300), None)
    numbers = read_numbers(Quota("rolling", 1_000, calendar=Rolling(86_400)), READER, NOW)
    assert (numbers.used_bytes, numbers.period) == (300, None)
    assert "period=" not in forms()[0]["query"]


def test_without_prometheus_the_traffic_is_even_and_the_entry_made_up() -> None:
    numbers = read_numbers(DAILY, None, NOW)
    assert (numbers.used_bytes, numbers.missing) == (None, "PROMETHEUS_URL is not set")
    # A quarter of the day is left, at a pace of 120 % of the limit a day.
    assert numbers.to_come_bytes == 300
    assert numbers.entry == {"consumer": "example-consumer"}
    assert read_numbers(Quota("rolling", 1, calendar=Rolling(60)), None, NOW).to_come_bytes is None


def test_a_made_up_entry_is_one_that_the_quota_counts() -> None:
    quota = Quota(
        "each",
        1_000,
        selector={names.SERVICE: Match(("bun", "ban")), names.ROUTE: Match(regex="r.*")},
        for_each=(names.SERVICE, names.ROUTE, names.DIRECTION),
    )
    entry = {"service": "bun", "route": "example-route", "direction": "egress"}
    assert read_numbers(quota, None, NOW).entry == entry


@responses.activate
def test_a_prometheus_that_does_not_answer_or_knows_nothing_leads_to_examples() -> None:
    responses.post(INSTANT_URL, body=requests.ConnectionError("refused"))
    assert read_numbers(DAILY, READER, NOW).missing == "Prometheus did not answer"
    responses.reset()
    answer(None)
    numbers = read_numbers(DAILY, READER, NOW)
    assert numbers.missing == "Prometheus has no usage of this quota"
    assert numbers.entry == {"consumer": "example-consumer"}

"""What is read of answers that are not what the rules record: nothing, and one error."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from quotas.calendars import MONTH, Rolling, period_at
from quotas.model import Quota
from quotas.prometheus.endpoint import Endpoint, make_endpoint
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, forms, matrix, vector
from tests.unit.or_chains import left_nested
from webhook.usage.highest import read_highest
from webhook.usage.reading import UsageReader, UsageUnavailableError, span_of

NOW = datetime(2026, 10, 15, tzinfo=UTC)
OCTOBER = period_at(MONTH, NOW)
QUOTA = Quota("team", 1_000)
READER = UsageReader(Endpoint(URL))


def ask_all() -> None:
    """Fail unless each question ends with the one error."""
    for ask in (
        lambda: READER.read_totals(QUOTA, OCTOBER, NOW),
        lambda: READER.read_top(QUOTA, OCTOBER, "consumer", NOW),
        lambda: READER.read_points(QUOTA, {}, OCTOBER.start, NOW),
    ):
        with pytest.raises(UsageUnavailableError, match=r"^Prometheus: "):
            ask()


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "1e300", "x", 7, None])
@responses.activate
def test_a_value_that_is_no_number_of_bytes_is_not_read(value: object) -> None:
    labels = {"consumer": "acme"}
    at, start = NOW.timestamp(), OCTOBER.start.timestamp()
    responses.post(INSTANT_URL, json=vector({"metric": labels, "value": [at, value]}))
    responses.post(RANGE_URL, json=matrix({"metric": labels, "values": [[start, value]]}))
    ask_all()


@pytest.mark.parametrize("status", [302, 400, 422, 500, 503])
@responses.activate
def test_a_refusal_is_the_one_error(status: int) -> None:
    responses.post(INSTANT_URL, status=status, json={"errorType": "timeout"})
    responses.post(RANGE_URL, status=status, body="proxy")
    ask_all()


@responses.activate
def test_a_prometheus_that_cannot_be_reached_is_the_one_error() -> None:
    responses.post(INSTANT_URL, body=requests.ConnectionError("refused"))
    responses.post(RANGE_URL, body=requests.ConnectionError("refused"))
    ask_all()


def answer_one(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    time = float(parse_qs(str(request.body))["time"][0])
    return 200, {}, json.dumps(vector({"metric": {}, "value": [time, "1"]}))


@responses.activate
def test_queries_have_no_chain_nested_to_the_left() -> None:
    responses.add_callback(responses.POST, INSTANT_URL, answer_one)
    responses.post(RANGE_URL, json=matrix())
    READER.read_totals(QUOTA, OCTOBER, NOW)
    READER.read_top(QUOTA, OCTOBER, "consumer", NOW)
    READER.read_points(QUOTA, {}, OCTOBER.start, NOW)
    READER.read_largest(QUOTA, NOW)
    read_highest(READER, QUOTA, OCTOBER.start, NOW, NOW)
    read_highest(READER, Quota("rolling", 1, calendar=Rolling(86_400)), OCTOBER.start, NOW, NOW)
    queries = [form["query"] for form in forms()]
    assert len(queries) > 6
    assert [query for query in queries if left_nested(query)] == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_the_one_error(answer: Any) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(INSTANT_URL, json=answer)
        with pytest.raises(UsageUnavailableError):
            READER.read_totals(QUOTA, OCTOBER, NOW)


@given(st.text(st.characters(codec=None), max_size=5))
def test_any_label_can_be_asked_for(value: str) -> None:
    quota = Quota("each", 1_000, for_each=("consumer",))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(RANGE_URL, json=matrix())
        try:
            assert READER.read_points(quota, {"consumer": value}, OCTOBER.start, NOW) == ()
        except UsageUnavailableError:
            assert any("\ud800" <= character <= "\udfff" for character in value)


@responses.activate
def test_a_rolling_window_has_no_totals_and_nobody_is_asked() -> None:
    rolling = Quota("rolling", 1_000, calendar=Rolling(86_400))
    assert READER.read_totals(rolling, OCTOBER, NOW) == ()
    assert READER.read_top(rolling, OCTOBER, "consumer", NOW) == ()
    assert not responses.calls


@responses.activate
def test_a_question_is_ended_by_prometheus_before_the_wait_for_it_ends() -> None:
    wait = responses.matchers.request_kwargs_matcher({"timeout": (3, 6), "stream": True})
    responses.post(INSTANT_URL, json=vector(), match=[wait])
    assert READER.read_totals(QUOTA, OCTOBER, NOW) == ()
    assert {form["timeout"] for form in forms()} == {"3s"}


@responses.activate
def test_bytes_are_rounded_down() -> None:
    found = {"metric": {}, "value": [NOW.timestamp(), "999.9"]}
    responses.post(INSTANT_URL, json=vector(found))
    [total] = READER.read_totals(QUOTA, OCTOBER, NOW)
    assert (total.used_bytes, total.limit_bytes) == (999, 999)


def test_a_span_is_as_long_as_it_lasts_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = (datetime(2026, month, 1, tzinfo=zone) for month in (10, 11))
    assert span_of(start, end) == "31d1h"
    assert span_of(end, start) == "1s"


def test_the_address_is_in_no_repr() -> None:
    endpoint = make_endpoint("http://user:secret@prometheus:9090", {})
    assert "secret" not in repr(UsageReader(endpoint))

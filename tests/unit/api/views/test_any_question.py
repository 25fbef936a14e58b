"""Whatever is asked, the answer is a documented one, and nothing of it becomes PromQL."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from requests import PreparedRequest

from tests.unit.api.answers import INSTANT_URL, RANGE_URL, client_at, matrix, vector
from tests.unit.or_chains import left_nested

PATHS = st.sampled_from(
    [
        *("/api/v1/bandwidth", "/metrics/bandwidth_used", "/api/v1/catalog"),
        *("/api/v1/quotas", "/api/v1/quota-summaries"),
    ]
)
NAMES = st.sampled_from(
    [
        *("start", "end", "lookback", "lookback_duration", "step", "by", "timezone", "top"),
        *("service", "route", "consumer", "workspace", "type", "format"),
        *("state", "label", "search", "sort", "page", "page_size"),
    ]
)
LIKELY = st.sampled_from(
    [
        *("1m", "15s", "5m", "1h", "1d", "1w", "month", "auto", "7d", "800d", "0s"),
        *("service", "route,type", "egress", "ingress", "ok", "80", "-ratio", "1", "-1", "1e9"),
        *("UTC", "Europe/Berlin", "Africa/Monrovia", "", "localtime", "2022-02-17T12:00:00Z"),
        *("0", "1645099200", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "series", "csv"),
        *('"} or vector(1) #', "a:b", "NaN", "\x00", "\ufffd", "$by ${x} {}"),
    ]
)
PARAMETERS = st.lists(st.tuples(NAMES, LIKELY | st.text(max_size=20)), max_size=5)
# All that a query is made of, but for its strings.
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.,=~<>!+-*/()[]{} \n#"
# A string of PromQL, and what stands for it.
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def answer_nothing(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    nothing: Any = vector() if str(request.url) == INSTANT_URL else matrix()
    return 200, {}, json.dumps(nothing)


@pytest.mark.parametrize(
    ("question", "parameters"),
    [
        ("/api/v1/bandwidth?end=0001-01-01T00:00:00Z", ["end"]),
        ("/metrics/bandwidth_used?lookback_duration=5m&end=0001-01-01T00:00:00Z", ["end"]),
        (
            "/api/v1/bandwidth?start=0001-01-01T00:00Z&end=1969-12-31T23:59Z&timezone=Asia/Tokyo",
            ["end", "start"],
        ),
    ],
)
def test_times_before_1970_are_refused(question: str, parameters: list[str]) -> None:
    answer = client_at().get(question)
    assert answer.status_code == 400
    errors = answer.get_json(force=True)["errors"]
    assert [error["parameter"] for error in errors] == parameters


@given(path=PATHS, parameters=PARAMETERS)
@settings(max_examples=400)
def test_any_question_has_a_documented_answer(path: str, parameters: list[tuple[str, str]]) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, INSTANT_URL, answer_nothing)
        mock.add_callback(responses.POST, RANGE_URL, answer_nothing)
        answer = client_at().get(f"{path}?{urlencode(parameters)}")
        assert answer.status_code in (200, 400, 422), answer.text
        for call in mock.calls:
            [query] = parse_qs(str(call.request.body))["query"]
            assert set(STRING.sub("", query)) <= set(ALPHABET)
            assert left_nested(query) == ""
    if answer.status_code != 200:
        assert answer.content_type == "application/problem+json"
        assert answer.get_json(force=True)["detail"]

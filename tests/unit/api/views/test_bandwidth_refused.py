"""GET /api/v1/bandwidth: wrong parameters, too large answers, and bad answers of Prometheus."""

import pytest
import responses

from tests.unit.api.answers import (
    INSTANT_URL,
    RANGE_URL,
    answer_with,
    client_at,
    matrix,
    series,
    vector,
)

CHART = "/api/v1/bandwidth"
BUN = {"service": "bun"}
FIVE_MINUTES = f"{CHART}?lookback=5m&step=1m&by=service"


def wrong(path: str) -> list[tuple[str, str | None]]:
    answer = client_at().get(path)
    assert answer.status_code == 400
    return [(error["parameter"], error["value"]) for error in answer.get_json(force=True)["errors"]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lookback=0s", "lookback"),
        ("start=yesterday", "start"),
        ("start=2022-02-17T12:00:00", "start"),
        ("start=2022-02-18", "start"),
        ("start=99999999999", "start"),
        ("start=1_645_099_200", "start"),
        ("start=1645099200.", "start"),
        ("start=+1645099200", "start"),
        ("start=%D9%A1%D9%A6%D9%A4%D9%A5%D9%A0%D9%A9%D9%A9%D9%A2%D9%A0%D9%A0", "start"),
        ("start=20220217T120000Z", "start"),
        ("start=2022-W07-4T12:00:00Z", "start"),
        ("start=2022-02-17_12:00:00Z", "start"),
        ("start=2022-02-17T12:00:00%2B0100", "start"),
        ("start=2022-02-17T12:00:00%2B01:00:30", "start"),
        ("start=2022-02-17T12:00:00,5Z", "start"),
        ("start=%EF%BC%92022-02-17T12:00:00Z", "start"),
        ("start=%202022-02-17T12:00:00Z", "start"),
        ("start=2022-02-17T12:00:00Z&end=2022-02-17T12:00:00Z", "start"),
        ("start=2022-02-17T12:00:00Z&lookback=1h", "start"),
        ("start=2023-01-01T00:00:00Z", "start"),
        ("start=2019-01-01T00:00:00Z", "start"),
        ("lookback=801d", "lookback"),
        ("lookback=1_0m", "lookback"),
        ("lookback=%2B5m", "lookback"),
        ("lookback=%205m", "lookback"),
        ("lookback=5m%0A", "lookback"),
        ("lookback=%D9%A5m", "lookback"),
        ("step=%D9%A5m", "step"),
        ("step=1m%20", "step"),
        ("step=7m", "step"),
        ("step=2d", "step"),
        ("step=1s", "step"),
        ("step=-1m", "step"),
        ("by=pod", "by"),
        ("by=service,", "by"),
        ("type=both", "type"),
        ("timezone=Mars/Base", "timezone"),
        ("timezone=../etc/passwd", "timezone"),
        ("timezone=right/Europe/Berlin", "timezone"),
        ("timezone=posix/Europe/Berlin", "timezone"),
        ("timezone=localtime", "timezone"),
        ("timezone=posixrules", "timezone"),
        ("timezone=Factory", "timezone"),
        ("timezone=europe/berlin", "timezone"),
        ("timezone=Europe", "timezone"),
        ("timezone=UTC%20", "timezone"),
        ("timezone=", "timezone"),
        ("top=0", "top"),
        ("top=many", "top"),
        ("top=", "top"),
        ("top=1_0", "top"),
        ("top=010", "top"),
        ("top=%2B5", "top"),
        ("top=+5", "top"),
        ("top=5%20", "top"),
        ("top=5%0A", "top"),
        ("top=5.0", "top"),
        ("top=%D9%A5", "top"),
        ("top=%EF%BC%95", "top"),
        ("top=1001", "top"),
        ("format=xml", "format"),
        ("unit=bits", "unit"),
        ("percentile=0", "percentile"),
        ("percentile=101", "percentile"),
        ("percentile=9_5", "percentile"),
        ("percentile=99.9", "percentile"),
        ("servce=a", "servce"),
        ("step=1m&step=5m", "step"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(query: str, parameter: str) -> None:
    assert [name for name, _ in wrong(f"{CHART}?{query}")] == [parameter]


def test_an_answer_names_the_parameter_the_value_and_the_expectation() -> None:
    answer = client_at().get(f"{CHART}?top=1_0&timezone=right/Europe/Berlin")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json(force=True)["errors"] == [
        {
            "parameter": "timezone",
            "value": "right/Europe/Berlin",
            "expected": 'the IANA name of a time zone, such as "Europe/Berlin"',
        },
        {"parameter": "top", "value": "1_0", "expected": "a whole number from 1 to 1000"},
    ]


@pytest.mark.parametrize("query", [b"service=%ff", b"service=\xff", b"service=%ED%A0%80"])
def test_text_that_is_not_utf_8_is_refused(query: bytes) -> None:
    overrides = {"QUERY_STRING": query.decode("latin1")}
    answer = client_at().get(CHART, environ_overrides=overrides)
    assert answer.status_code == 400
    [error] = answer.get_json(force=True)["errors"]
    assert (error["parameter"], error["expected"]) == ("service", "text in UTF-8")
    assert error["value"].startswith("\\x")


def test_parameters_that_are_wrong_together_are_reported_with_their_value() -> None:
    assert wrong(f"{CHART}?step=1s") == [("step", "1s")]
    start = "2023-01-01T00:00:00Z"
    assert wrong(f"{CHART}?start={start}") == [("start", "2023-01-01T00:00:00+00:00")]


def test_all_wrong_parameters_are_reported_at_once() -> None:
    assert wrong(f"{CHART}?step=x&by=y&format=z") == [("by", "y"), ("format", "z"), ("step", "x")]


@responses.activate
def test_times_are_rfc_3339_or_unix_seconds() -> None:
    answer_with(matrix())
    starts = [
        "2022-02-17T12:00:00Z",
        "2022-02-17T13:00:00%2B01:00",
        "2022-02-17T13:00:00+01:00",
        "2022-02-17t12:00:00.000000000z",
        "2022-02-17T06:30:00-05:30",
        "2022-02-17T12:00Z",
        "1645099200",
        "1645099200.0",
    ]
    paths = [f"{CHART}?start={start}&step=1m" for start in starts]
    found = {client_at().get(path).get_json()["meta"]["start"] for path in paths}
    assert found == {"2022-02-17T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("query", "step"), [("lookback=30d&step=1m", "5m"), ("lookback=800d&step=1h", "2h")]
)
def test_too_many_points_are_422_with_a_step_that_would_do(query: str, step: str) -> None:
    answer = client_at().get(f"{CHART}?{query}")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["step"] == step


@responses.activate
def test_too_many_series_are_422_with_a_step_that_would_do() -> None:
    many = [series({"route": str(number)}, {"18:00:00": 1}) for number in range(400)]
    responses.post(RANGE_URL, json=matrix(*many))
    responses.post(INSTANT_URL, json=vector())
    answer = client_at().get(f"{CHART}?by=route&step=1m")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["step"] == "2m"
    top = client_at().get(f"{CHART}?by=route&step=1m&top=5")
    assert len(top.get_json()["series"]) == 6


@responses.activate
def test_sums_beyond_64_bit_integers_are_still_numbers() -> None:
    others = (BUN | {"service": f"s{number}"} for number in range(10))
    answer_with(matrix(*(series(labels, {"18:44:00": "9e18"}) for labels in others)))
    answer = client_at().get(f"{FIVE_MINUTES}&by=service&top=1")
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["series"][1]["total_bytes"] == 8.1e19


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-5", "1e300"])
@responses.activate
def test_a_value_that_cannot_be_bytes_is_502(value: str) -> None:
    answer_with(matrix(series(BUN, {"18:44:00": value})))
    assert client_at().get(FIVE_MINUTES).status_code == 502

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from api.bandwidth.row_windows import cut
from api.bandwidth.series import Row, make_rows, step_query
from api.clients.prometheus import Series
from tests.unit.api.answers import BUN, NOW, OBSERVED, at

LITERAL = re.compile(r'service=("(?:[^"\\]|\\.)*")')
TIMETABLE = cut(NOW, 60, 10)


def seen(labels: dict[str, str], values: dict[str, float]) -> Series:
    return Series(labels, {round(at(clock) * 1000): value for clock, value in values.items()})


def amounts(rows: list[Row]) -> list[float | None]:
    return [row.used_bytes for row in rows]


def test_the_query_reads_every_counter_unless_something_is_selected() -> None:
    assert "max_over_time(kong_bandwidth_bytes[20s])" in step_query({}, 20)
    selected = 'kong_bandwidth_bytes{direction="egress", route="r"}'
    assert f"max_over_time({selected}[20s])" in step_query(
        {"direction": "egress", "route": "r"}, 20
    )


def test_the_query_sums_over_all_but_direction_service_and_route() -> None:
    assert step_query({}, 10).startswith("sum by (direction, service, route) (\n")


def test_the_query_asks_with_the_same_step_whether_a_gateway_was_observed() -> None:
    assert 'max(max_over_time(up{job="kong"}[7s123ms])) == 1' in step_query({}, 7.123)


@given(st.text())
@example('"} or vector(1) or x{a="')
@example("\\")
@example("\n\r\t\x00\x7f\u2028")
@example("${delta} $by $$ {}")
@example("bün-🥐")
@example("\ufffd")
def test_any_value_reaches_promql_as_exactly_itself(value: str) -> None:
    query = step_query({"service": value}, 10)
    literals = LITERAL.findall(query)
    # What the escapes mean to PromQL is what they mean to JSON; nothing but the literal changes.
    assert {json.loads(literal) for literal in literals} == {value}
    assert LITERAL.sub('service="x"', query) == step_query({"service": "x"}, 10)


def test_steps_add_up_to_the_window_that_holds_them() -> None:
    steps = {"18:43:10": 1.0, "18:43:20": 2.0, "18:44:00": 4.0, "18:44:10": 8.0, "18:44:30": 16.0}
    tail = {"18:44:37.123": 32.0}
    rows = make_rows([seen(BUN, steps), seen(BUN, tail)], {}, TIMETABLE)
    assert rows == [
        Row(NOW.replace(second=0, microsecond=0), "egress", "bun-service", "bun-route", 7),
        Row(NOW, "egress", "bun-service", "bun-route", 56),
    ]


def test_whole_bytes_are_integers_and_others_are_kept() -> None:
    rows = make_rows([seen(BUN, {"18:44:00": 2.0, "18:44:10": 0.5})], {}, TIMETABLE)
    assert [repr(amount) for amount in amounts(rows)] == ["2", "0.5"]


def test_a_window_is_null_unobserved_and_0_if_observed_once_and_idle() -> None:
    observed = seen(OBSERVED, {"18:44:10": 1.0})
    assert amounts(make_rows([seen(BUN, {}), observed], {}, TIMETABLE)) == [None, 0]


def test_bytes_are_given_whatever_was_observed() -> None:
    assert amounts(make_rows([seen(BUN, {"18:44:00": 5.0})], {}, TIMETABLE)) == [5, None]


def test_nothing_seen_is_no_rows() -> None:
    assert make_rows([seen(OBSERVED, {"18:44:10": 1.0})], {"service": "x"}, TIMETABLE) == []


def test_what_is_selected_by_all_labels_is_answered_also_when_it_was_not_seen() -> None:
    rows = make_rows([seen(OBSERVED, {"18:44:10": 1.0})], BUN, TIMETABLE)
    assert amounts(rows) == [None, 0]
    assert {row.service for row in rows} == {"bun-service"}


def test_within_one_time_rows_are_sorted_by_type_service_and_route() -> None:
    many = [
        {"direction": "ingress", "service": "a", "route": "a"},
        {"direction": "egress", "service": "b", "route": "a"},
        {"direction": "egress", "service": "a", "route": "b"},
        {"direction": "egress", "service": "a", "route": "a"},
    ]
    rows = make_rows([seen(labels, {"18:44:00": 1.0}) for labels in many], {}, TIMETABLE)
    half = [("egress", "a", "a"), ("egress", "a", "b"), ("egress", "b", "a"), ("ingress", "a", "a")]
    assert [(row.direction, row.service, row.route) for row in rows] == half + half
    assert rows[0].time < rows[4].time


def test_a_label_that_a_series_lacks_is_empty() -> None:
    [row, _] = make_rows(
        [seen({"direction": "egress", "service": "a"}, {"18:44:00": 1})], {}, TIMETABLE
    )
    assert row.route == ""

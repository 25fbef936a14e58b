import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from api.access import ALL
from api.bandwidth.queries import BandwidthQuery, counters_query, match_filters, recorded_query
from quotas.accounting_options import Accounting

LITERAL = re.compile(r'service=("(?:[^"\\]|\\.)*")')


def query(*by: str, **filters: str) -> BandwidthQuery:
    matchers = match_filters({label: [value] for label, value in filters.items()}, ALL)
    return BandwidthQuery(matchers, by, Accounting())


def test_every_counter_is_read_unless_something_is_selected() -> None:
    assert "max_over_time(kong_bandwidth_bytes[20s])" in counters_query(query(), 20_000, 20)
    selected = 'kong_bandwidth_bytes{direction="egress", route="r"}'
    asked = counters_query(query(direction="egress", route="r"), 20_000, 20)
    assert f"max_over_time({selected}[20s])" in asked


def test_bytes_are_summed_over_all_labels_but_those_asked_for() -> None:
    asked = counters_query(query("direction", "service", "route"), 10_000, 10)
    assert asked.startswith("sum by (direction, service, route) (\n")


def test_the_same_window_is_asked_for_an_observed_gateway() -> None:
    asked = counters_query(query(), 7_123, 15)
    assert 'max(max_over_time(up{job="kong"}[7s122ms])) == 1' in asked


def test_a_window_of_several_steps_is_the_sum_of_its_steps() -> None:
    asked = counters_query(query("service"), 60_000, 15)
    assert "sum_over_time((\nsum by (service) (" in asked
    assert ")[59s999ms:15s])" in asked
    assert 'max(max_over_time(up{job="kong"}[59s999ms])) == 1' in asked


def test_recorded_deltas_count_once_and_observations_are_shifted_back() -> None:
    asked = recorded_query(query("service", service="s"), 600_000)
    assert (
        'sum_over_time(gateway:bandwidth_bytes:delta{calendar=~"|month", service="s"}[9m59s999ms])'
        in asked
    )
    assert 'up{job="kong"}[9m59s999ms] offset 1m10s' in asked


@given(st.text())
@example('"} or vector(1) or x{a="')
@example("\\")
@example("\n\r\t\x00\x7f\u2028")
@example("${bytes} $by $$ {}")
@example("bün-🥐")
@example("\ufffd")
def test_any_value_reaches_promql_as_exactly_itself(value: str) -> None:
    asked = counters_query(query(service=value), 10_000, 10)
    literals = LITERAL.findall(asked)
    # Escapes mean the same to PromQL as to JSON; nothing but the literal changes.
    assert {json.loads(literal) for literal in literals} == {value}
    assert LITERAL.sub('service="x"', asked) == counters_query(query(service="x"), 10_000, 10)

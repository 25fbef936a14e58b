from quotas.accounting import delta_query
from quotas.durations import format_duration
from quotas.model import Accounting


def test_a_duration_is_written_to_the_millisecond() -> None:
    assert format_duration(1.234) == "1s234ms"
    assert format_duration(0.001) == "1ms"
    assert format_duration(59.9996) == "1m"
    assert format_duration(5400) == "1h30m"
    assert format_duration(0) == "0s"


def test_a_step_can_be_other_than_the_resolution() -> None:
    assert delta_query(Accounting(), step_seconds=30) == delta_query(Accounting(30))


def test_a_step_can_be_finer_than_a_second() -> None:
    query = delta_query(Accounting(), delay_seconds=0, step_seconds=4.007)
    assert "max_over_time(kong_bandwidth_bytes[4s7ms])" in query
    assert "kong_bandwidth_bytes offset 4s7ms" in query
    assert "[1m]" not in query

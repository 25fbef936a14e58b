from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.units import UNITS
from tests.unit.webhook.mail.charts.charts import moments
from webhook.mail.charts.ticks import size_ticks, time_ticks
from webhook.mail.formatting import is_binary

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("top_bytes", "limit_bytes", "unit", "labels"),
    [
        (530 * 10**9, 500 * 10**9, "GB", ["0", "200 GB", "400 GB"]),
        (1_590 * 10**9, 1_500 * 10**9, "GB", ["0", "500 GB", "1,000 GB", "1,500 GB"]),
        (530 * 10**9, 500 * 10**9, "TB", ["0", "0.2 TB", "0.4 TB"]),
        (11 * 2**30, 10 * 2**30, "GiB", ["0", "2.5 GiB", "5 GiB", "7.5 GiB", "10 GiB"]),
        (11 * 2**30, 10 * 2**30, "", ["0", "2.5 GiB", "5 GiB", "7.5 GiB", "10 GiB"]),
        (650 * 2**10, 600 * 2**10, "KiB", ["0", "200 KiB", "400 KiB", "600 KiB"]),
        (42 * 10**12, 1_500 * 10**9, "GB", ["0", "10 TB", "20 TB", "30 TB", "40 TB"]),
        (3, 2, "B", ["0", "1 B", "2 B", "3 B"]),
        (1, 1, "PiB", ["0", "1 B"]),
    ],
)
def test_sizes_have_round_numbers_in_the_unit_of_the_limit(
    top_bytes: int, limit_bytes: int, unit: str, labels: list[str]
) -> None:
    binary = is_binary(limit_bytes, unit)
    assert [label for _, label in size_ticks(top_bytes, unit, 4, binary=binary)] == labels


@given(
    top_bytes=st.integers(1, 10**19),
    unit=st.sampled_from(["", *UNITS]),
    binary=st.booleans(),
)
def test_any_axis_of_sizes_has_some_marks(top_bytes: int, unit: str, *, binary: bool) -> None:
    ticks = size_ticks(top_bytes, unit, 5, binary=binary)
    values = [value for value, _ in ticks]
    assert 2 <= len(ticks) <= 6
    assert values == sorted(set(values))
    assert values[-1] <= top_bytes
    assert all(len(label) <= len("1,000,000 GB") for _, label in ticks)


@pytest.mark.parametrize(
    ("start", "end", "labels"),
    [
        (
            datetime(2026, 11, 1, tzinfo=UTC),
            datetime(2026, 12, 1, tzinfo=UTC),
            ["1 Nov", "8 Nov", "15 Nov", "22 Nov", "29 Nov"],
        ),
        (
            datetime(2026, 11, 24, 13, tzinfo=UTC),
            datetime(2026, 11, 24, 14, tzinfo=UTC),
            ["13:00", "13:10", "13:20", "13:30", "13:40", "13:50", "14:00"],
        ),
        # Clocks are set back at 03:00, and set forward at 02:00.
        (
            datetime(2026, 10, 25, tzinfo=BERLIN),
            datetime(2026, 10, 26, tzinfo=BERLIN),
            ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00"],
        ),
        (
            datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN),
            datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN),
            ["01:40", "03:00", "03:20"],
        ),
    ],
)
def test_times_are_round_on_the_clock_of_their_zone(
    start: datetime, end: datetime, labels: list[str]
) -> None:
    assert [label for _, label in time_ticks(start, end, 7)] == labels


@given(start=moments, seconds=st.integers(60, 400 * 86_400))
def test_any_axis_of_times_has_few_marks_within_it(start: datetime, seconds: int) -> None:
    end = start + timedelta(seconds=seconds)
    times = [at for at, _ in time_ticks(start, end, 7)]
    assert len(times) <= 7
    assert times == sorted(times)
    assert all(start <= at <= end for at in times)

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from api.bandwidth.formats import (
    as_columns,
    as_csv,
    as_plain_rows,
    as_rows,
    as_series,
    describe,
    rank,
)
from api.bandwidth.traffic import Traffic
from api.windows import MONTH, Step, Windows, cut_windows, to_ms

NOW_MS = to_ms(datetime(2026, 1, 1, 0, 2, 30, tzinfo=UTC))
WINDOWS = cut_windows(NOW_MS - 150_000, NOW_MS, NOW_MS, Step(60), "UTC")
FIRST_MS = WINDOWS.bounds_ms[0]
TRAFFIC = Traffic(
    {("a",): [1, 0, None], ("b",): [10, None, 5], ("c",): [None, None, 2]},
    [True, True, False],
    "counters",
)


def test_series_come_with_most_bytes_first() -> None:
    lines, truncated = rank(TRAFFIC, ["service"], None)
    assert [(line.labels, line.total_bytes) for line in lines] == [
        ({"service": "b"}, 15),
        ({"service": "c"}, 2),
        ({"service": "a"}, 1),
    ]
    assert not truncated


def test_beyond_the_top_the_rest_is_one_series_without_labels() -> None:
    lines, truncated = rank(TRAFFIC, ["service"], 1)
    assert truncated
    assert (lines[1].labels, lines[1].values, lines[1].total_bytes) == (None, [1, 0, 2], 3)
    assert rank(TRAFFIC, ["service"], 3)[1] is False


def test_a_window_without_an_observed_gateway_is_null_also_in_the_rest() -> None:
    lines, _ = rank(
        Traffic({("a",): [3], ("b",): [None], ("c",): [None]}, [False], ""), ["service"], 1
    )
    assert lines[1].values == [None]


def test_points_bear_the_start_of_their_window_in_milliseconds() -> None:
    [largest, *_] = as_series(WINDOWS, rank(TRAFFIC, ["service"], None)[0])
    assert largest == {
        "labels": {"service": "b"},
        "other": False,
        "points": [(FIRST_MS, 10), (FIRST_MS + 60_000, None), (FIRST_MS + 120_000, 5)],
        "total_bytes": 15,
        "percentile": None,
    }


def test_columns_have_the_times_in_seconds_first() -> None:
    shape = as_columns(WINDOWS, rank(TRAFFIC, ["service"], 1)[0])
    first = FIRST_MS // 1000
    assert shape["columns"] == [[first, first + 60, first + 120], [10, None, 5], [1, 0, 2]]
    assert [series["other"] for series in shape["series"]] == [False, True]


def test_rows_end_where_their_window_ends_or_now() -> None:
    rows = as_rows(WINDOWS, rank(TRAFFIC, ["service"], 1)[0], ["service"])
    assert rows[0] == {
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-01-01T00:01:00+00:00",
        "service": "b",
        "bytes": 10,
        "other": False,
    }
    assert rows[-1]["end"] == "2026-01-01T00:02:30+00:00"


def test_csv_quotes_and_leaves_nothing_for_a_spreadsheet_to_calculate() -> None:
    traffic = Traffic({('=1+1,"x"',): [1, None, 0]}, [True, False, True], "counters")
    text = as_csv(WINDOWS, rank(traffic, ["route"], None)[0], ["route"]).decode()
    assert text.splitlines()[:3] == [
        "start,end,route,bytes,other",
        '2026-01-01T00:00:00+00:00,2026-01-01T00:01:00+00:00,"\'=1+1,""x""",1,false',
        '2026-01-01T00:01:00+00:00,2026-01-01T00:02:00+00:00,"\'=1+1,""x""",,false',
    ]


@pytest.mark.parametrize("first", ["\n", "\t", "\r", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_csv_defuses_control_characters_and_full_width_signs_too(first: str) -> None:
    traffic = Traffic({(f"{first}1+1",): [1, 1, 1]}, [True] * 3, "counters")
    text = as_csv(WINDOWS, rank(traffic, ["route"], None)[0], ["route"]).decode()
    [_, row, *_] = csv.reader(io.StringIO(text, newline=""))
    assert row[2] == f"'{first}1+1"


@pytest.mark.parametrize("name", ["other", "", "null"])
def test_the_rest_cannot_be_confused_with_a_service_of_any_name(name: str) -> None:
    traffic = Traffic({(name,): [9, 9, 9], ("a",): [1, 1, 1]}, [True] * 3, "counters")
    lines, _ = rank(traffic, ["service"], 1)
    rows = as_rows(WINDOWS, lines, ["service"])
    assert [(row["service"], row["other"]) for row in rows[:2]] == [(name, False), (None, True)]
    table = list(csv.DictReader(io.StringIO(as_csv(WINDOWS, lines, ["service"]).decode())))
    assert [(row["service"], row["other"]) for row in table[:2]] == [(name, "false"), ("", "true")]


def test_meta_says_what_the_numbers_are() -> None:
    assert describe(WINDOWS, TRAFFIC, truncated=False) == {
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-01-01T00:02:30+00:00",
        "step": "1m",
        "step_seconds": 60,
        "unit": "bytes",
        "percentile": None,
        "partial_last": True,
        "truncated": False,
        "source": "counters",
    }
    months = Windows(MONTH, [0, 1], 2, 2)
    assert describe(months, TRAFFIC, truncated=False)["step_seconds"] is None


END = datetime(2026, 1, 1, 0, 2, 30, 500, tzinfo=UTC)
BUN = {"direction": "egress", "service": "bun-service", "route": "bun-route"}


def plain(
    traffic: Traffic, windows: Windows = WINDOWS, selection: Mapping[str, str] | None = None
) -> list[list[Any]]:
    rows = as_plain_rows(windows, END, traffic, selection or {})
    return [list(row.values()) for row in rows]


def test_plain_rows_have_the_end_of_their_window_and_the_last_one_ends_with_the_span() -> None:
    traffic = Traffic({("egress", "s", "r"): [1, None, 5]}, [True, False, True], "counters")
    assert plain(traffic) == [
        ["2026-01-01T00:01:00+00:00", "egress", "s", "r", 1],
        ["2026-01-01T00:02:00+00:00", "egress", "s", "r", None],
        ["2026-01-01T00:02:30.000500+00:00", "egress", "s", "r", 5],
    ]


def test_without_a_partial_window_the_last_plain_row_ends_with_its_window() -> None:
    whole = cut_windows(FIRST_MS, FIRST_MS + 60_000, FIRST_MS + 60_000, Step(60))
    traffic = Traffic({("egress", "s", "r"): [1]}, [True], "counters")
    assert plain(traffic, whole) == [["2026-01-01T00:01:00+00:00", "egress", "s", "r", 1]]


def test_plain_rows_of_one_time_are_sorted_by_type_service_and_route() -> None:
    keys = [("ingress", "a", "a"), ("egress", "b", "a"), ("egress", "a", "b"), ("egress", "a", "a")]
    traffic = Traffic({key: [1, 1, 1] for key in keys}, [True] * 3, "counters")
    assert [tuple(row[1:4]) for row in plain(traffic)] == sorted(keys) * 3


def test_a_series_selected_by_all_its_labels_has_rows_even_if_it_was_never_seen() -> None:
    nothing = Traffic({}, [True, False, True], "counters")
    assert plain(nothing) == []
    assert plain(nothing, selection={"service": "bun-service"}) == []
    assert [row[-1] for row in plain(nothing, selection=BUN)] == [0, None, 0]

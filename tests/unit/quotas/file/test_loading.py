"""What a correct quotas.yaml is loaded as. Mistakes are tested in the folder ``mistakes``."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.document import DocumentError
from quotas.file.loading import parse_quotas
from quotas.model import DEFAULT_THRESHOLDS, Match, Quota, QuotaFile, Threshold
from tests.unit.quotas.file.mistakes.expectations import NOTIFY, ONE_QUOTA, quota_with


def test_every_key_of_a_quota_is_loaded() -> None:
    text = f"""\
version: 1
accounting: {{resolution: 3m, gap_tolerance: 30m, scrape_delay: 20s, new_targets: count}}
defaults: {{{NOTIFY}, period: day, thresholds: [50]}}
quotas:
  - name: bun-egress
    service: bun-service
    route: [bun-route, "7"]
    consumer: {{matches: "acme-.*"}}
    workspace: default
    direction: egress
    limit: 1.5 kB
    period: {{calendar: month, anchor_day: 15, timezone: Europe/Berlin}}
    thresholds: [100, {{percent: 95, severity: critical}}, 80, 99.5]
    notify: [bun@example.com, a.b+c@example.org]
    labels: {{team: bun, area: "7"}}
    forecast: true
    notify_resolved: true
    report: monthly
    for_each: [consumer, route]
    except: {{consumer: [acme-test, acme-ci]}}
  - name: opened
    limit: 500GB
    period: month
    opening_balance: 120 GB
    opening_period: 2026-11
"""
    assert parse_quotas(text.encode()) == QuotaFile(
        Accounting(180, 1_800, 20, count_new_targets=True),
        ("ops@example.com",),
        (
            Quota(
                name="bun-egress",
                limit_bytes=1_500,
                limit_unit="kB",
                selector={
                    "service": Match(("bun-service",)),
                    "route": Match(("bun-route", "7")),
                    "consumer": Match(regex="acme-.*"),
                    "workspace": Match(("default",)),
                },
                direction="egress",
                calendar=Calendar("month", 15, 0, "Europe/Berlin"),
                thresholds=(
                    Threshold(80, "info"),
                    Threshold(95, "critical"),
                    Threshold(99.5, "warning"),
                    Threshold(100, "critical"),
                ),
                notify=("bun@example.com", "a.b+c@example.org"),
                labels={"team": "bun", "area": "7"},
                forecast=True,
                for_each=("consumer", "route"),
                excluded={"consumer": ("acme-test", "acme-ci")},
                notify_resolved=True,
                report=Calendar("month", 15, 0, "Europe/Berlin"),
                line=5,
            ),
            Quota(
                name="opened",
                limit_bytes=500 * 10**9,
                limit_unit="GB",
                thresholds=(Threshold(50, "info"),),
                notify=("ops@example.com",),
                opening_bytes=120 * 10**9,
                opening_period=202611,
                line=21,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("period", "calendar"),
    [
        ("hour", HOUR),
        ("day", DAY),
        ("week", WEEK),
        ("month", MONTH),
        ("{calendar: day}", DAY),
        ("{calendar: week, anchor_weekday: monday}", WEEK),
        ("{calendar: week, anchor_weekday: sunday}", Calendar("week", anchor_weekday=6)),
        ("{calendar: month, anchor_day: 1, timezone: UTC}", MONTH),
        ("{calendar: month, anchor_day: 28}", Calendar("month", 28)),
        ("{calendar: day, timezone: Asia/Kolkata}", Calendar("day", timezone="Asia/Kolkata")),
        ("{rolling: 30d}", Rolling(30 * 86_400)),
        ("{rolling: 44d}", Rolling(44 * 86_400)),
        ("{rolling: 1h}", Rolling(3_600)),
    ],
)
def test_a_period_is_a_calendar_or_a_rolling_window(
    period: str, calendar: Calendar | Rolling
) -> None:
    (only,) = parse_quotas(quota_with(f"period: {period}").encode()).quotas
    assert only.calendar == calendar


@pytest.mark.parametrize(
    ("period", "opening", "period_id"),
    [
        ("month", "2026-11", 202611),
        ("month", '"202611"', 202611),
        ("{calendar: month, anchor_day: 15, timezone: Europe/Berlin}", "2026-11", 202611),
        ("day", "2026-11-24", 20261124),
        ("week", "2026-11-23", 20261123),
        ("{calendar: week, anchor_weekday: sunday}", "2026-11-22", 20261122),
        ("hour", "2026-11-24T13", 2026112413),
    ],
)
def test_an_opening_period_is_written_as_a_date_or_as_an_id(
    period: str, opening: str, period_id: int
) -> None:
    keys = f"period: {period}\n    opening_balance: 1 kB\n    opening_period: {opening}"
    (only,) = parse_quotas(quota_with(keys).encode()).quotas
    assert (only.opening_bytes, only.opening_period) == (1_000, period_id)


def test_a_threshold_has_its_own_severity_or_that_of_the_default_threshold_below() -> None:
    text = "thresholds: [0.01, 79.99, 89, 95, 150, {percent: 60, severity: critical}]"
    (only,) = parse_quotas(quota_with(text).encode()).quotas
    assert [(known.label, known.severity) for known in only.thresholds] == [
        ("0.01", "info"),
        ("60", "critical"),
        ("79.99", "info"),
        ("89", "info"),
        ("95", "warning"),
        ("150", "critical"),
    ]


def test_a_quota_takes_its_missing_keys_from_the_defaults_of_the_file() -> None:
    defaults = f"{{{NOTIFY}, period: day, thresholds: [50]}}"
    text = f"version: 1\ndefaults: {defaults}\nquotas: [{{name: a, limit: 1 B}}]"
    (only,) = parse_quotas(text.encode()).quotas
    assert (only.notify, only.calendar) == (("ops@example.com",), DAY)
    assert only.thresholds == (Threshold(50, "info"),)
    assert (only.selector, only.direction, only.labels, only.forecast) == ({}, "both", {}, False)


def test_a_minimal_file_counts_in_steps_of_a_minute_and_by_the_month() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {NOTIFY}}}]".encode())
    assert file.accounting == Accounting()
    assert (file.quotas[0].calendar, file.quotas[0].thresholds) == (MONTH, DEFAULT_THRESHOLDS)
    assert file.runbook_url == ""


def test_a_file_may_have_a_runbook_url() -> None:
    file = parse_quotas(f"version: 1\nrunbook_url: https://wiki/x\n{ONE_QUOTA}".encode())
    assert file.runbook_url == "https://wiki/x"


def test_a_quota_is_found_by_its_name() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {NOTIFY}}}]".encode())
    assert file.find("a") == file.quotas[0]
    assert file.find("b") is None


PIECES = st.sampled_from(
    [
        "version: 1\n",
        "quotas:\n",
        "  - name: a\n",
        "    limit: 1 GB\n",
        "notify: [a@b.c]\n",
        "- ",
        "? ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!!str ",
        "!!int ",
        "!!float ",
        "|\n",
        '"',
        "'",
        "#",
        "\t",
        "%",
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "1",
        ".5",
        "\n",
        "  ",
        "\u2028",
        "\ufeff",
    ]
)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=40).map("".join).map(str.encode))
@example(b"&a [*a]")
@example(b"&a {b: *a}")
@example(b"? {a: b}\n: c")
@example(b"version: !!int ''")
@settings(max_examples=300)
def test_arbitrary_bytes_are_quotas_or_a_document_error(content: bytes) -> None:
    try:
        assert isinstance(parse_quotas(content), QuotaFile)
    except DocumentError as error:
        assert error.mistakes  # noqa: PT017 - either result is right

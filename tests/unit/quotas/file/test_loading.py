"""Every kind of mistake in quotas.yaml: its line, column, key and message."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.document import DocumentError
from quotas.file.loading import QuotasError, load_quotas, parse_quotas
from quotas.file.schema import DefaultsSchema, QuotaSchema
from quotas.model import DEFAULT_THRESHOLDS, Accounting, Match, Quota, QuotaFile, Threshold

OPS = "notify: [ops@example.com]"


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_quotas(text.encode())
    return [str(mistake) for mistake in sorted(caught.value.mistakes)]


def quota(line: str) -> str:
    """Return a file whose one quota, from line 3, column 5, has also this line, the fifth."""
    return f"version: 1\nquotas:\n  - name: a\n    {OPS}\n    {line}\n    limit: 1 GB\n"


def test_a_quota_has_what_its_keys_say() -> None:
    text = f"""\
version: 1
accounting: {{resolution: 3m, gap_tolerance: 30m, scrape_delay: 20s, new_targets: count}}
defaults: {{{OPS}, period: day, thresholds: [50]}}
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
                line=5,
            ),
            Quota(
                name="opened",
                limit_bytes=500 * 10**9,
                thresholds=(Threshold(50, "info"),),
                notify=("ops@example.com",),
                opening_bytes=120 * 10**9,
                opening_period=202611,
                line=20,
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
    (only,) = parse_quotas(quota(f"period: {period}").encode()).quotas
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
def test_an_opening_period_is_written_as_a_date_up_to_what_tells_it_apart(
    period: str, opening: str, period_id: int
) -> None:
    keys = f"period: {period}\n    opening_balance: 1 kB\n    opening_period: {opening}"
    (only,) = parse_quotas(quota(keys).encode()).quotas
    assert (only.opening_bytes, only.opening_period) == (1_000, period_id)


def test_severities_follow_from_the_default_thresholds_and_can_be_given() -> None:
    text = "thresholds: [0.01, 79.99, 89, 95, 150, {percent: 60, severity: critical}]"
    (only,) = parse_quotas(quota(text).encode()).quotas
    assert [(known.label, known.severity) for known in only.thresholds] == [
        ("0.01", "info"),
        ("60", "critical"),
        ("79.99", "info"),
        ("89", "info"),
        ("95", "warning"),
        ("150", "critical"),
    ]


def test_a_quota_that_says_little_has_the_defaults_of_the_file() -> None:
    defaults = f"{{{OPS}, period: day, thresholds: [50]}}"
    text = f"version: 1\ndefaults: {defaults}\nquotas: [{{name: a, limit: 1 B}}]"
    (only,) = parse_quotas(text.encode()).quotas
    assert (only.notify, only.calendar) == (("ops@example.com",), DAY)
    assert only.thresholds == (Threshold(50, "info"),)
    assert (only.selector, only.direction, only.labels, only.forecast) == ({}, "both", {}, False)


def test_a_file_that_says_little_counts_minutes_and_months() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {OPS}}}]".encode())
    assert file.accounting == Accounting()
    assert (file.quotas[0].calendar, file.quotas[0].thresholds) == (MONTH, DEFAULT_THRESHOLDS)
    assert file.runbook_url == ""


def test_a_file_may_name_the_page_that_says_what_to_do() -> None:
    file = parse_quotas(f"version: 1\nrunbook_url: https://wiki/x\n{ONE}".encode())
    assert file.runbook_url == "https://wiki/x"


def test_a_quota_is_found_by_its_name() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {OPS}}}]".encode())
    assert file.find("a") == file.quotas[0]
    assert file.find("b") is None


ONE = f"quotas: [{{name: a, limit: 1 B, {OPS}}}]\n"
QUOTA_KEYS, DEFAULT_KEYS = (
    ", ".join(field.data_key or name for name, field in schema().fields.items())
    for schema in (QuotaSchema, DefaultsSchema)
)
LABELS = "service, route, consumer, workspace, direction"
CALENDARS = "expected one of hour, day, week, month"
NO_TEXT = "expected text; put it in quotes if it is meant"
UNITS = "B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB"
NO_NAME = (
    "is not a name; write 1 to 63 of a-z, 0-9, dot, underscore and hyphen, the first a letter or "
    'digit, for example "bun-egress"'
)
NO_PERCENT = "expected a number of percent such as 80"
NO_THRESHOLD = "expected more than 0 and at most 1000 percent, with two decimals at most"
NO_REGEX = "is not a regular expression that Prometheus takes (RE2)"
NO_ZONE = 'is not a time zone; write an IANA name such as "Europe/Berlin"'
NO_DURATION = 'is not a duration; write for example "90s", "5m" or "1h30m"'
NO_ADDRESS = 'is not a mail address; write for example "ops@example.com"'
NO_LABEL = (
    "is not a label name; write a-z, A-Z, 0-9 and underscores, the first no digit, and not two "
    "underscores in front"
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("labels: [a]", "5:13: labels: is not a mapping; write for example {team: bun}"),
        ("servise: a", '5:5: servise: is not a key that is known here; did you mean "service"?'),
        (
            "colour: red",
            f"5:5: colour: is not a key that is known here; expected one of {QUOTA_KEYS}",
        ),
        ("service: 7", f"5:14: service: found the number 7, {NO_TEXT}"),
        ("service:", "5:13: service: has no value"),
        ("service: []", "5:14: service: has 0 entries, expected 1 to 1000"),
        ("service: [a, 7]", f"5:18: service: found the number 7, {NO_TEXT}"),
        ("service: [a, [b]]", f"5:18: service: found a list, {NO_TEXT}"),
        ("service: [a, a]", "5:14: service: has an entry twice; write each once"),
        (
            f"service: [{', '.join(f's{i}' for i in range(1_001))}]",
            "5:14: service: has 1001 entries, expected 1 to 1000",
        ),
        ("service: {}", "5:14: service.matches: is missing"),
        ("service: {matches: }", "5:24: service.matches: has no value"),
        ("service: {matches: [a]}", f"5:24: service.matches: found a list, {NO_TEXT}"),
        ("service: {matches: '('}", f'5:24: service.matches: "(" {NO_REGEX}: missing ): ('),
        (
            "service: {matches: '(?=a)'}",
            f'5:24: service.matches: "(?=a)" {NO_REGEX}: invalid perl operator: (?=',
        ),
        (
            "service: {matches: 'a{1001}'}",
            f'5:24: service.matches: "a{{1001}}" {NO_REGEX}: invalid repetition size: {{1001}}',
        ),
        (
            "route: {matches: '(?<n>a)'}",
            f'5:22: route.matches: "(?<n>a)" {NO_REGEX}: (?< is not supported',
        ),
        ("route: {matches: '\\C'}", f'5:22: route.matches: "\\C" {NO_REGEX}: \\C is not supported'),
        (
            "consumer: {matches: '\\1'}",
            f'5:25: consumer.matches: "\\1" {NO_REGEX}: invalid escape sequence: \\1',
        ),
        (
            "service: ''",
            "5:14: service: found 0 characters, expected 1 to 1024 characters of text",
        ),
        (
            f"route: {'x' * 1025}",
            "5:12: route: found 1025 characters, expected 1 to 1024 characters of text",
        ),
        (
            'consumer: "a\\tb"',
            "5:15: consumer: found control characters in 'a\\tb', expected text without them",
        ),
        (
            "direction: out",
            '5:16: direction: found "out", expected one of egress, ingress, both',
        ),
        (
            "direction: egres",
            (
                '5:16: direction: found "egres", expected one of egress, ingress, both; '
                'did you mean "egress"?'
            ),
        ),
        ("period: weeek", f'5:13: period: found "weeek", {CALENDARS}; did you mean "week"?'),
        ("period: monthly", f'5:13: period: found "monthly", {CALENDARS}; did you mean "month"?'),
        ("period: year", f'5:13: period: found "year", {CALENDARS}'),
        ("period: 7", f"5:13: period: found the number 7, {CALENDARS}"),
        ("period: [day]", f"5:13: period: found a list, {CALENDARS}"),
        ("period: {}", "5:13: period: has neither calendar nor rolling; write for example month"),
        (
            "period: {timezone: Europe/Berlin}",
            "5:13: period: has neither calendar nor rolling; write for example month",
        ),
        (
            "period: {calender: month}",
            '5:14: period.calender: is not a key that is known here; did you mean "calendar"?',
        ),
        (
            "period: {calendar: fortnight}",
            f'5:24: period.calendar: found "fortnight", {CALENDARS}',
        ),
        (
            "period: {calendar: month, anchor_day: 29}",
            ("5:43: period.anchor_day: found the number 29, expected a whole number from 1 to 28"),
        ),
        (
            "period: {calendar: month, anchor_day: 1.5}",
            ("5:43: period.anchor_day: found the number 1.5, expected a whole number from 1 to 28"),
        ),
        (
            "period: {calendar: month, anchor_day: first}",
            '5:43: period.anchor_day: found "first", expected a whole number from 1 to 28',
        ),
        (
            "period: {calendar: week, anchor_day: 3}",
            "5:42: period.anchor_day: goes with calendar: month, not week",
        ),
        (
            "period: {calendar: month, anchor_weekday: monday}",
            "5:47: period.anchor_weekday: goes with calendar: week, not month",
        ),
        (
            "period: {calendar: week, anchor_weekday: mondy}",
            (
                '5:46: period.anchor_weekday: found "mondy", expected one of monday, tuesday, '
                'wednesday, thursday, friday, saturday, sunday; did you mean "monday"?'
            ),
        ),
        (
            "period: {calendar: day, timezone: Europe/Berln}",
            f'5:39: period.timezone: "Europe/Berln" {NO_ZONE}; did you mean "Europe/Berlin"?',
        ),
        (
            "period: {calendar: day, timezone: america/new_york}",
            (
                f'5:39: period.timezone: "america/new_york" {NO_ZONE}; did you mean '
                '"America/New_York"?'
            ),
        ),
        (
            "period: {calendar: day, timezone: +01:00}",
            f'5:39: period.timezone: "+01:00" {NO_ZONE}',
        ),
        (
            "period: {rolling: 30d, timezone: UTC}",
            "5:13: period: rolling goes with no other key; remove it or the others",
        ),
        (
            "period: {rolling: 30d, calendar: month}",
            "5:13: period: rolling goes with no other key; remove it or the others",
        ),
        ("period: {rolling: 45d}", '5:23: period.rolling: found "45d", expected 1h to 44d'),
        ("period: {rolling: 59m}", '5:23: period.rolling: found "59m", expected 1h to 44d'),
        ("period: {rolling: month}", f'5:23: period.rolling: "month" {NO_DURATION}'),
        (
            "period: {rolling: 30}",
            ('5:23: period.rolling: found the number 30 without a unit; write for example "90s"'),
        ),
        (
            "for_each: consumers",
            (
                f'5:15: for_each: found "consumers", expected one of {LABELS}; did you mean '
                '"consumer"?'
            ),
        ),
        ("for_each: []", "5:15: for_each: has 0 entries, expected 1 to 1000"),
        (
            "for_each: [route, route]",
            "5:15: for_each: has an entry twice; write each once",
        ),
        ("for_each: [route, job]", f'5:23: for_each: found "job", expected one of {LABELS}'),
        (
            "except: {consumer: [big-co]}",
            (
                '5:5: except: "consumer" is not among for_each; write for_each: consumer, or '
                "remove it"
            ),
        ),
        (
            "for_each: route\n    except: {consumer: big-co}",
            (
                '6:5: except: "consumer" is not among for_each; write for_each: consumer, or '
                "remove it"
            ),
        ),
        (
            "except: [big-co]",
            "5:13: except: is not a mapping; write for example {consumer: [big-co]}",
        ),
        ("except: {}", "5:13: except: has 0 entries, expected 1 to 5"),
        (
            "for_each: consumer\n    except: {consumre: x}",
            (
                f'6:14: except.consumre: found "consumre", expected one of {LABELS}; did you mean '
                '"consumer"?'
            ),
        ),
        (
            "for_each: consumer\n    except: {consumer: [a, 7]}",
            f"6:28: except.consumer: found the number 7, {NO_TEXT}",
        ),
        (
            "opening_balance: 1 GB",
            "5:5: opening_balance: counts in one period; add opening_period, such as 2026-11",
        ),
        (
            "opening_period: 2026-11",
            "5:5: opening_period: says when, but no opening_balance says how much; add it",
        ),
        (
            "opening_balance: 120 GBs\n    opening_period: 2026-11",
            '5:22: opening_balance: "120 GBs" is not a size; did you mean "120 GB"?',
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 202611",
            f"6:21: opening_period: found the number 202611, {NO_TEXT}",
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 2026-1-1",
            '6:5: opening_period: "2026-1-1" is no month; write for example 2026-11',
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 2026-13",
            '6:5: opening_period: "2026-13" is no month; write for example 2026-11',
        ),
        (
            "period: day\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            '7:5: opening_period: "2026-11" is no day; write for example 2026-11-24',
        ),
        (
            "period: week\n    opening_balance: 1 GB\n    opening_period: 2026-11-24",
            (
                '7:5: opening_period: "2026-11-24" is no week; write for example 2026-11-23, the '
                "day on which it begins"
            ),
        ),
        (
            (
                "period: {calendar: week, anchor_weekday: sunday}\n"
                "    opening_balance: 1 GB\n    opening_period: 2026-11-24"
            ),
            (
                '7:5: opening_period: "2026-11-24" is no week:sunday; write for example '
                "2026-11-22, the day on which it begins"
            ),
        ),
        (
            "period: hour\n    opening_balance: 1 GB\n    opening_period: 2026-11-24",
            (
                '7:5: opening_period: "2026-11-24" is no hour; write for example 2026-11-24T13, an '
                "hour of UTC"
            ),
        ),
        (
            "period: {rolling: 7d}\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            "6:5: opening_balance: a rolling window has no periods to open; remove it",
        ),
        (
            "for_each: route\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            "6:5: opening_balance: cannot be shared out among for_each; write a quota for each",
        ),
        (
            "period: {rolling: 7d}\n    forecast: true",
            "6:5: forecast: a rolling window has no end to forecast; remove it",
        ),
        ("thresholds: 80", "5:17: thresholds: is not a list; write [first, second]"),
        ("thresholds:", "5:16: thresholds: has no value"),
        ("thresholds: []", "5:17: thresholds: has 0 entries, expected 1 to 20"),
        (
            f"thresholds: [{', '.join(map(str, range(1, 22)))}]",
            "5:17: thresholds: has 21 entries, expected 1 to 20",
        ),
        (
            "thresholds: [80, {percent: 80, severity: critical}]",
            "5:17: thresholds: has an entry twice; write each once",
        ),
        ("thresholds: [{percent: 80}]", "5:18: thresholds.severity: is missing"),
        ("thresholds: [{severity: info}]", "5:18: thresholds.percent: is missing"),
        (
            "thresholds: [{percent: 80, severity: warn}]",
            (
                '5:42: thresholds.severity: found "warn", expected one of info, warning, '
                'critical; did you mean "warning"?'
            ),
        ),
        (
            "thresholds: [{percent: 0, severity: info}]",
            f"5:28: thresholds.percent: found 0, {NO_THRESHOLD}",
        ),
        (
            "thresholds: [{percent: 80, severity: info, at: 1}]",
            (
                "5:48: thresholds.at: is not a key that is known here; expected one of percent, "
                "severity"
            ),
        ),
        ("thresholds: [80, 80]", "5:17: thresholds: has an entry twice; write each once"),
        ("thresholds: [80, x]", f'5:22: thresholds: found "x", {NO_PERCENT}'),
        ("thresholds: [80.125]", f"5:18: thresholds: found 80.125, {NO_THRESHOLD}"),
        (
            "thresholds: [true]",
            f"5:18: thresholds: found true, as YAML reads yes and on, {NO_PERCENT}",
        ),
        ("thresholds: [80, null]", f"5:22: thresholds: found nothing, {NO_PERCENT}"),
        ("thresholds: [0]", f"5:18: thresholds: found 0, {NO_THRESHOLD}"),
        ("thresholds: [-1]", f"5:18: thresholds: found -1, {NO_THRESHOLD}"),
        ("thresholds: [.nan]", f"5:18: thresholds: found nan, {NO_THRESHOLD}"),
        ("thresholds: [1000.01]", f"5:18: thresholds: found 1000.01, {NO_THRESHOLD}"),
        ("forecast: maybe", '5:15: forecast: found "maybe", expected true or false'),
        ("notify_resolved: 1", "5:22: notify_resolved: found the number 1, expected true or false"),
        ("forecast: 1", "5:15: forecast: found the number 1, expected true or false"),
        ("service: on", f"5:14: service: found true, as YAML reads yes and on, {NO_TEXT}"),
        (
            "_schema: 1",
            f"5:5: _schema: is not a key that is known here; expected one of {QUOTA_KEYS}",
        ),
        ("labels:", "5:12: labels: has no value"),
        ("labels: {1a: x}", f'5:14: labels.1a: "1a" {NO_LABEL}'),
        ("labels: {a: x, __a: x}", f'5:20: labels.__a: "__a" {NO_LABEL}'),
        (
            "labels: {severity: x}",
            '5:14: labels.severity: the label "severity" is set by the rules; choose another name',
        ),
        ("labels: {a: x, b: 7}", f"5:23: labels.b: found the number 7, {NO_TEXT}"),
        ("labels: {key: x, value: 7}", f"5:29: labels.value: found the number 7, {NO_TEXT}"),
        ("labels: {a: }", f"5:17: labels.a: found nothing, {NO_TEXT}"),
        ("labels: {team: a, team: b}", "5:23: labels.team: is there twice; keep one"),
        (
            f"labels: {{{', '.join(f'l{i}: x' for i in range(21))}}}",
            "5:13: labels: has 21 entries, expected 0 to 20",
        ),
        ("limit: 2 GB", "6:5: limit: is there twice; keep one"),
        ("? [a]\n    : 1", "5:7: quotas: a key is a word, not a list or mapping"),
        ("forecast: *no", "5:15: is not YAML: found undefined alias"),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_a_quota_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(quota(line)) == [message]


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ("limit: 1 GB", "3:5: name: is missing from this quota"),
        ("name: a", "3:5: limit: is missing from this quota"),
        (
            "{name: a, limit: 500}",
            '3:22: limit: found the number 500 without a unit; write for example "500 GB"',
        ),
        (
            "{name: a, limit: 500 GBs}",
            '3:22: limit: "500 GBs" is not a size; did you mean "500 GB"?',
        ),
        (
            "{name: a, limit: 500 GiBs}",
            '3:22: limit: "500 GiBs" is not a size; did you mean "500 GiB"?',
        ),
        (
            "{name: a, limit: much}",
            (
                '3:22: limit: "much" is not a size; write for example "500 GB", with one of the '
                f"units {UNITS}"
            ),
        ),
        (
            "{name: a, limit: 500 G}",
            '3:22: limit: "500 G" could be "500 GB" (decimal) or "500 GiB" (binary); write which',
        ),
        (
            "{name: a, limit: 500 KB}",
            '3:22: limit: "500 KB" could be "500 kB" (decimal) or "500 KiB" (binary); write which',
        ),
        (
            "{name: a, limit: 10 Gb}",
            '3:22: limit: "10 Gb" could be "10 GB" or "1.25 GB" (that many bits); write which',
        ),
        (
            "{name: a, limit: 10 Gibit}",
            '3:22: limit: "10 Gibit" could be "10 GiB" or "1.25 GiB" (that many bits); write which',
        ),
        ("{name: a, limit: 1e3}", '3:22: limit: "1e3" could be "1000 B" or "1000 GB"; write which'),
        (
            "{name: a, limit: 1e3 GB}",
            '3:22: limit: "1e3 GB" could be "1000 GB" or "1 GB"; write which',
        ),
        (
            "{name: a, limit: '1,5 GB'}",
            '3:22: limit: "1,5 GB" could be "1.5 GB" or "15 GB"; write which',
        ),
        ("{name: a, limit: '500'}", '3:22: limit: "500" could be "500 B" or "500 GB"; write which'),
        ("{name: a, limit: true}", f"3:22: limit: found true, as YAML reads yes and on, {NO_TEXT}"),
        ("{name: a, limit: 0 B}", '3:22: limit: "0 B" is nothing; a limit is at least 1 B'),
        (
            "{name: a, limit: 0.3 B}",
            ('3:22: limit: "0.3 B" is not a whole number of bytes; write for example "1.5 kB"'),
        ),
        (
            "{name: a, limit: 10 PB}",
            (
                '3:22: limit: "10 PB" is more than 9007199254740992 bytes, above which Prometheus '
                "no longer counts single bytes; write a smaller size"
            ),
        ),
        ("{name: Bun, limit: 1 B}", f'3:12: name: "Bun" {NO_NAME}'),
        ("{name: -a, limit: 1 B}", f'3:12: name: "-a" {NO_NAME}'),
        ("{name: a b, limit: 1 B}", f'3:12: name: "a b" {NO_NAME}'),
        ("{name: 1, limit: 1 B}", f"3:12: name: found the number 1, {NO_TEXT}"),
        ("{name: a, limit: 1 B, notify: [x]}", f'3:36: notify: "x" {NO_ADDRESS}'),
        ("{name: a, limit: 1 B, notify: [a@b@c]}", f'3:36: notify: "a@b@c" {NO_ADDRESS}'),
    ],
    ids=lambda value: value[:40],
)
def test_a_quota_without_what_it_needs_is_told_with_its_place(quota: str, message: str) -> None:
    text = f"version: 1\nquotas:\n  - {quota}\ndefaults: {{{OPS}}}\n"
    assert mistakes(text) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        *(
            (
                f"resolution: {step}",
                (
                    f'3:15: accounting.resolution: found "{step}", expected a step that fits into '
                    '15 minutes without a rest, such as "15s", "30s", "1m" or "5m"'
                ),
            )
            for step in ("7s", "2m", "4m", "59s", "1m1s")
        ),
        ("resolution: 10m", '3:15: accounting.resolution: found "10m", expected 1s to 5m'),
        (
            "resolution: 60",
            (
                "3:15: accounting.resolution: found the number 60 without a unit; "
                'write for example "90s"'
            ),
        ),
        ("gap_tolerance: 99w", '3:18: accounting.gap_tolerance: found "99w", expected 5m to 1d'),
        ("gap_tolerance: 4m", '3:18: accounting.gap_tolerance: found "4m", expected 5m to 1d'),
        ("scrape_delay: 6m", '3:17: accounting.scrape_delay: found "6m", expected 1s to 5m'),
        (
            "_schema: 1",
            (
                "3:3: accounting._schema: is not a key that is known here; expected one of "
                "resolution, gap_tolerance, scrape_delay, new_targets"
            ),
        ),
        ("resolution: 1 minute", f'3:15: accounting.resolution: "1 minute" {NO_DURATION}'),
        ("resolution: 0s", f'3:15: accounting.resolution: "0s" {NO_DURATION}'),
        ("resolution:", "3:14: accounting.resolution: has no value"),
        ("gap_tolerance: soon", f'3:18: accounting.gap_tolerance: "soon" {NO_DURATION}'),
        ("scrape_delay: -1s", f'3:17: accounting.scrape_delay: "-1s" {NO_DURATION}'),
        (
            "new_targets: counts",
            (
                '3:16: accounting.new_targets: found "counts", expected one of baseline, count; '
                'did you mean "count"?'
            ),
        ),
        (
            "gap: 1h",
            (
                "3:3: accounting.gap: is not a key that is known here; expected one of resolution, "
                "gap_tolerance, scrape_delay, new_targets"
            ),
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_accounting_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(f"version: 1\naccounting:\n  {line}\n{ONE}") == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("notify: a@b.c", "3:11: defaults.notify: is not a list; write [first, second]"),
        ("notify: [x]", f'3:12: defaults.notify: "x" {NO_ADDRESS}'),
        ("period: year", f'3:11: defaults.period: found "year", {CALENDARS}'),
        (
            "period: {calendar: week, anchor_day: 3}",
            "3:40: defaults.period.anchor_day: goes with calendar: month, not week",
        ),
        ("thresholds: [x]", f'3:16: defaults.thresholds: found "x", {NO_PERCENT}'),
        (
            "limit: 1 GB",
            f"3:3: defaults.limit: is not a key that is known here; expected one of {DEFAULT_KEYS}",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_defaults_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(f"version: 1\ndefaults:\n  {line}\n{ONE}") == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty; a first quota is in the README"),
        ("# nothing\n", "1:1: the file is empty; a first quota is in the README"),
        ("just words", "1:1: is not a mapping; write key: value"),
        ("- a\n- b", "1:1: is not a mapping; write key: value"),
        ("version: 1\n", "1:1: quotas: is missing"),
        (ONE, "1:1: version: is missing"),
        (f"version: 2\n{ONE}", "1:10: version: found the number 2, expected 1"),
        (f"version: '1'\n{ONE}", '1:10: version: found "1", expected 1'),
        ("version: 1\nquotas:\n", "2:8: quotas: has no value; write a list of quotas"),
        ("version: 1\nquotas: []\n", "2:9: quotas: has 0 entries, expected 1 to 100000"),
        ("version: 1\nquotas: 5\n", "2:9: quotas: is not a list of quotas"),
        ("version: 1\nquotas: {a: 1}\n", "2:9: quotas: is not a list of quotas"),
        ("version: 1\nquotas: [null]\n", "2:10: quotas: has no value"),
        (f"version: 1\naccounting:\n{ONE}", "2:12: accounting: has no value"),
        (f"version: 1\ndefaults:\n{ONE}", "2:10: defaults: has no value"),
        (
            f"version: 1\n_schema: 1\n{ONE}",
            (
                "2:1: _schema: is not a key that is known here; expected one of version, "
                "accounting, defaults, runbook_url, quotas"
            ),
        ),
        (
            f"version: 1\nrunbook_url: docs/operations.md\n{ONE}",
            (
                '2:14: runbook_url: "docs/operations.md" is not the address of a web page; write '
                'for example "https://wiki.example.com/operations", other signs as in %20'
            ),
        ),
        (
            f"version: 1\nrunbook_url: 'https://x/y#z'\n{ONE}",
            (
                '2:14: runbook_url: "https://x/y#z" has an anchor, and each alert adds its own; '
                "write what is before the #"
            ),
        ),
        (f"version: 1\nrunbook_url:\n{ONE}", "2:13: runbook_url: has no value"),
        (f"version: !!int ''\n{ONE}", '1:10: version: found "", expected 1'),
        (f"version: 1\n{ONE}---\n{ONE}", "3:1: is a second document; a file holds one"),
        ("version: 1\nquotas: [a]\n", "2:10: quotas: is not a mapping; write key: value"),
        (
            f"version: 1\nquota: []\n{ONE}",
            '2:1: quota: is not a key that is known here; did you mean "quotas"?',
        ),
        (
            f"version: 1\naccounting: 1m\n{ONE}",
            "2:13: accounting: is not a mapping; write key: value",
        ),
        (f"version: 1\nversion: 1\n{ONE}", "2:1: version: is there twice; keep one"),
        (f"version: 1\n{ONE}{ONE}", "3:1: quotas: is there twice; keep one"),
        (
            "version: 1\nquotas: [{name: a, limit: 1 B}]\n",
            "2:10: quotas: nobody is notified; add notify: [...], here or under defaults",
        ),
        (
            (
                f"version: 1\ndefaults: {{{OPS}}}\nquotas:\n"
                "  - {name: a, limit: 1 B}\n  - {name: b, limit: 1 B}\n  - {name: a, limit: 1 B}\n"
            ),
            '6:12: name: "a" is also the name of the quota at line 4',
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_the_file_is_told_with_its_place(text: str, message: str) -> None:
    assert mistakes(text) == [message]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "quotas.yaml"
    path.write_text(
        "version: 2\n"
        "quotas:\n"
        "  - name: a\n"
        "    limit: 500\n"
        "    colour: red\n"
        "    thresholds: [0, 80, x]\n"
        "  - name: a\n"
        "    servise: b\n"
    )
    with pytest.raises(QuotasError) as caught:
        load_quotas(path)
    places = [line.split(": ")[:2] for line in str(caught.value).splitlines()]
    assert places == [
        [f"{path}:1:10", "version"],
        [f"{path}:3:5", "quotas"],
        [f"{path}:4:12", "limit"],
        [f"{path}:5:5", "colour"],
        [f"{path}:6:18", "thresholds"],
        [f"{path}:6:25", "thresholds"],
        [f"{path}:7:5", "limit"],
        [f"{path}:7:5", "quotas"],
        [f"{path}:7:11", "name"],
        [f"{path}:8:5", "servise"],
    ]


def test_what_is_wrong_by_itself_disagrees_with_nothing_more() -> None:
    keys = "period: weeek\n    opening_balance: 1 GB\n    opening_period: 2026-11-23"
    assert [mistake.split(":")[0] for mistake in mistakes(quota(keys))] == ["5"]
    keys = "for_each: consumerr\n    except: {consumer: [x]}"
    assert [mistake.split(":")[0] for mistake in mistakes(quota(keys))] == ["5"]


def test_keys_that_disagree_with_the_defaults_are_told_at_the_quota() -> None:
    text = (
        f"version: 1\ndefaults: {{{OPS}, period: {{rolling: 7d}}}}\nquotas:\n"
        "  - {name: a, limit: 1 B, forecast: true}\n  - {name: b, limit: 1 B}\n"
    )
    assert mistakes(text) == ["4:27: forecast: a rolling window has no end to forecast; remove it"]


def test_two_quotas_that_are_the_same_but_for_the_name_are_a_warning() -> None:
    text = (
        f"version: 1\ndefaults: {{{OPS}}}\nquotas:\n"
        "  - {name: a, service: s, limit: 1 kB}\n"
        "  - {name: b, service: s, limit: 1000 B, direction: both}\n"
        "  - {name: c, service: s, limit: 1 kB, direction: egress}\n"
        "  - {name: d, service: s, limit: 1 kB, labels: {team: x}}\n"
        "  - {name: e, service: {matches: s}, limit: 1 kB}\n"
        "  - {name: f, service: s, limit: 1 kB, period: day}\n"
    )
    assert [str(warning) for warning in parse_quotas(text.encode()).warnings] == [
        '5:5: quotas: "b" is the same as "a" at line 4 but for the name; keep one'
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\n# \xff\n", "2:3: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"#" * (10 * 2**20 + 1), "1:1: the file is larger than 10485760 bytes"),
        (
            b"version: 1\nquotas:\n\t- name: a\n",
            (
                "3:1: is not YAML: found character that cannot start any token; there is a tab in "
                "this line, indent with spaces"
            ),
        ),
        (
            b"version: 1\na: &a [" + b"x, " * 1_000 + b"x]\nquotas: [" + b"*a, " * 100 + b"*a]\n",
            "2:2411: aliases expand to more than 100000 values; write them out",
        ),
    ],
    ids=["not UTF-8", "too large", "a tab", "aliases"],
)
def test_a_file_that_is_no_document_is_told_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_quotas(content)
    assert str(caught.value) == message


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(QuotasError) as caught:
        load_quotas(path)
    assert str(caught.value) == f"{path}:1:1: cannot be read: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(QuotasError, match="cannot be read: Is a directory"):
        load_quotas(tmp_path)


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
        assert error.mistakes  # noqa: PT017 - either of both is right

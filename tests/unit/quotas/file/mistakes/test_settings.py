"""Mistakes in ``accounting``, ``defaults`` and ``labels``: position, key and message."""

import pytest

from tests.unit.quotas.file.mistakes.expectations import (
    EXPECTED_CALENDAR,
    EXPECTED_PERCENT,
    EXPECTED_TEXT,
    NOT_A_DURATION,
    NOT_A_LABEL,
    NOT_AN_ADDRESS,
    NOTIFY,
    ONE_QUOTA,
    mistakes_in,
)


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
                "resolution, gap_tolerance, scrape_delay, new_targets, "
                "catch_up"
            ),
        ),
        ("resolution: 1 minute", f'3:15: accounting.resolution: "1 minute" {NOT_A_DURATION}'),
        ("resolution: 0s", f'3:15: accounting.resolution: "0s" {NOT_A_DURATION}'),
        ("resolution:", "3:14: accounting.resolution: has no value"),
        ("gap_tolerance: soon", f'3:18: accounting.gap_tolerance: "soon" {NOT_A_DURATION}'),
        ("scrape_delay: -1s", f'3:17: accounting.scrape_delay: "-1s" {NOT_A_DURATION}'),
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
                "gap_tolerance, scrape_delay, new_targets, "
                "catch_up"
            ),
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_accounting_is_reported_with_its_position(line: str, message: str) -> None:
    assert mistakes_in(f"version: 1\naccounting:\n  {line}\n{ONE_QUOTA}") == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("notify: a@b.c", "3:11: defaults.notify: is not a list; write [first, second]"),
        ("notify: [x]", f'3:12: defaults.notify: "x" {NOT_AN_ADDRESS}'),
        ("period: year", f'3:11: defaults.period: found "year", {EXPECTED_CALENDAR}'),
        (
            "period: {calendar: week, anchor_day: 3}",
            "3:40: defaults.period.anchor_day: goes with calendar: month, not week",
        ),
        (
            "report: month",
            (
                '3:11: defaults.report: found "month", expected one of weekly, monthly, none; '
                'did you mean "monthly"?'
            ),
        ),
        (
            "report: no",
            (
                "3:11: defaults.report: found false, as YAML reads no and off, expected one of "
                "weekly, monthly, none"
            ),
        ),
        ("thresholds: [x]", f'3:16: defaults.thresholds: found "x", {EXPECTED_PERCENT}'),
        (
            "limit: 1 GB",
            "3:3: defaults.limit: is not a key that is known here; it belongs under a quota",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_defaults_is_reported_with_its_position(line: str, message: str) -> None:
    assert mistakes_in(f"version: 1\ndefaults:\n  {line}\n{ONE_QUOTA}") == [message]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("x", "2:9: labels: is not a mapping; write for example {namespace: monitoring}"),
        ("{1a: x}", f'2:10: labels.1a: "1a" {NOT_A_LABEL}'),
        (
            "{quota: x}",
            '2:10: labels.quota: the label "quota" is set by the rules; choose another name',
        ),
        (
            "{group: x}",
            '2:10: labels.group: the label "group" is set by the alerts; choose another name',
        ),
        ("{a: 7}", f"2:13: labels.a: found the number 7, {EXPECTED_TEXT}"),
    ],
)
def test_a_mistake_in_the_labels_of_all_alerts_is_reported_with_its_position(
    labels: str, message: str
) -> None:
    assert mistakes_in(f"version: 1\nlabels: {labels}\n{ONE_QUOTA}") == [message]


def test_a_quota_cannot_have_a_label_that_all_alerts_have() -> None:
    quota = f"{{name: a, limit: 1 B, {NOTIFY}, labels: {{b: x, namespace: y}}}}"
    text = f"version: 1\nlabels: {{namespace: x, team: x}}\nquotas:\n  - {quota}\n"
    message = "all alerts have this label already, by the labels at the top; rename one"
    assert mistakes_in(text) == [f"4:69: labels.namespace: {message}"]


@pytest.mark.parametrize(
    ("severities", "message"),
    [
        ("{info: 7}", f"2:20: severities.info: found the number 7, {EXPECTED_TEXT}"),
        (
            "{page: x}",
            (
                "2:14: severities.page: is not a key that is known here; expected one of info, "
                "warning, critical"
            ),
        ),
        ("", "2:12: severities: has no value"),
    ],
)
def test_a_mistake_in_severities_is_reported_with_its_position(
    severities: str, message: str
) -> None:
    assert mistakes_in(f"version: 1\nseverities: {severities}\n{ONE_QUOTA}") == [message]

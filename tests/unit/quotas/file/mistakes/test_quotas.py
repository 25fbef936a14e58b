"""Mistakes in thresholds, labels, flags and unknown keys of a quota: position, key and message."""

import pytest

from tests.unit.quotas.file.mistakes.expectations import (
    EXPECTED_PERCENT,
    EXPECTED_TEXT,
    EXPECTED_THRESHOLD,
    NOT_A_LABEL,
    QUOTA_KEYS,
    mistakes_in,
    quota_with,
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
            f"5:28: thresholds.percent: found 0, {EXPECTED_THRESHOLD}",
        ),
        (
            "thresholds: [{percent: 80, severity: info, at: 1}]",
            (
                "5:48: thresholds.at: is not a key that is known here; expected one of percent, "
                "severity"
            ),
        ),
        (
            "thresholds: [0.8, 0.9, 1.0]",
            (
                "5:17: thresholds: are all 1 % or less; thresholds are percentages, so write "
                "[80, 90, 100]"
            ),
        ),
        (
            "timezone: Europe/Berlin",
            "5:5: timezone: is not a key that is known here; it belongs under period",
        ),
        (
            "anchor_day: 15",
            "5:5: anchor_day: is not a key that is known here; it belongs under period",
        ),
        (
            "resolution: 30s",
            "5:5: resolution: is not a key that is known here; it belongs under accounting",
        ),
        ("thresholds: [80, 80]", "5:17: thresholds: has an entry twice; write each once"),
        ("thresholds: [80, x]", f'5:22: thresholds: found "x", {EXPECTED_PERCENT}'),
        ("thresholds: [80.125]", f"5:18: thresholds: found 80.125, {EXPECTED_THRESHOLD}"),
        (
            "thresholds: [true]",
            f"5:18: thresholds: found true, as YAML reads yes and on, {EXPECTED_PERCENT}",
        ),
        ("thresholds: [80, null]", f"5:22: thresholds: found nothing, {EXPECTED_PERCENT}"),
        ("thresholds: [0]", f"5:18: thresholds: found 0, {EXPECTED_THRESHOLD}"),
        ("thresholds: [-1]", f"5:18: thresholds: found -1, {EXPECTED_THRESHOLD}"),
        ("thresholds: [.nan]", f"5:18: thresholds: found nan, {EXPECTED_THRESHOLD}"),
        ("thresholds: [1000.01]", f"5:18: thresholds: found 1000.01, {EXPECTED_THRESHOLD}"),
        ("forecast: maybe", '5:15: forecast: found "maybe", expected true or false'),
        ("notify_resolved: 1", "5:22: notify_resolved: found the number 1, expected true or false"),
        ("forecast: 1", "5:15: forecast: found the number 1, expected true or false"),
        (
            "_schema: 1",
            f"5:5: _schema: is not a key that is known here; expected one of {QUOTA_KEYS}",
        ),
        ("labels:", "5:12: labels: has no value"),
        ("labels: {1a: x}", f'5:14: labels.1a: "1a" {NOT_A_LABEL}'),
        ("labels: {a: x, __a: x}", f'5:20: labels.__a: "__a" {NOT_A_LABEL}'),
        (
            "labels: {severity: x}",
            '5:14: labels.severity: the label "severity" is set by the rules; choose another name',
        ),
        ("labels: {a: x, b: 7}", f"5:23: labels.b: found the number 7, {EXPECTED_TEXT}"),
        ("labels: {key: x, value: 7}", f"5:29: labels.value: found the number 7, {EXPECTED_TEXT}"),
        ("labels: {a: }", f"5:17: labels.a: found nothing, {EXPECTED_TEXT}"),
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
def test_a_mistake_in_a_quota_is_reported_with_its_position(line: str, message: str) -> None:
    assert mistakes_in(quota_with(line)) == [message]

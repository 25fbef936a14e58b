"""Mistakes in what a quota selects: position, key and message."""

import pytest

from tests.unit.quotas.file.mistakes.expectations import (
    EXPECTED_TEXT,
    LABELS,
    NOT_A_REGEX,
    mistakes_in,
    quota_with,
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("service: 7", f"5:14: service: found the number 7, {EXPECTED_TEXT}"),
        ("service:", "5:13: service: has no value"),
        ("service: []", "5:14: service: has 0 entries, expected 1 to 1000"),
        ("service: [a, 7]", f"5:18: service: found the number 7, {EXPECTED_TEXT}"),
        ("service: [a, [b]]", f"5:18: service: found a list, {EXPECTED_TEXT}"),
        ("service: [a, a]", "5:14: service: has an entry twice; write each once"),
        (
            f"service: [{', '.join(f's{i}' for i in range(1_001))}]",
            "5:14: service: has 1001 entries, expected 1 to 1000",
        ),
        ("service: {}", "5:14: service.matches: is missing"),
        ("service: {matches: }", "5:24: service.matches: has no value"),
        ("service: {matches: [a]}", f"5:24: service.matches: found a list, {EXPECTED_TEXT}"),
        ("service: {matches: '('}", f'5:24: service.matches: "(" {NOT_A_REGEX}: missing ): ('),
        (
            "service: {matches: '(?=a)'}",
            f'5:24: service.matches: "(?=a)" {NOT_A_REGEX}: invalid perl operator: (?=',
        ),
        (
            "service: {matches: 'a{1001}'}",
            f'5:24: service.matches: "a{{1001}}" {NOT_A_REGEX}: invalid repetition size: {{1001}}',
        ),
        (
            "route: {matches: '(?<n>a)'}",
            f'5:22: route.matches: "(?<n>a)" {NOT_A_REGEX}: (?< is not supported',
        ),
        (
            "route: {matches: '\\C'}",
            f'5:22: route.matches: "\\C" {NOT_A_REGEX}: \\C is not supported',
        ),
        (
            "consumer: {matches: '\\1'}",
            f'5:25: consumer.matches: "\\1" {NOT_A_REGEX}: invalid escape sequence: \\1',
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
        (
            "for_each: [route, job]",
            f'5:23: for_each: found "job", expected one of {LABELS}',
        ),
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
            f"6:28: except.consumer: found the number 7, {EXPECTED_TEXT}",
        ),
        ("service: on", f"5:14: service: found true, as YAML reads yes and on, {EXPECTED_TEXT}"),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_a_selector_is_reported_with_its_position(line: str, message: str) -> None:
    assert mistakes_in(quota_with(line)) == [message]

"""Quotas count exactly what their selectors match, whatever characters names contain."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotas import names
from tests.integration.support.promtool import (
    Case,
    Samples,
    check_rules,
    counter,
    rules_of,
    run_rules,
    up,
)

HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\nquotas:\n"
NASTY_VALUES = [
    'with "quotes"',
    "it's",
    "back\\slash",
    "\\",
    "\\\\",
    "\\n",
    '\\"',
    "ends with \\",
    "`ticks`",
    "{{ $labels.quota }}",
    "{{",
    "}}",
    "{",
    "}",
    '"}',
    '"} or vector(1) #',
    "a|b",
    "$1",
    "${x}",
    "$service",
    "%q",
    "%",
    ".*",
    "^$",
    "[a-z]",
    "(a)",
    "a+b",
    "a, b",
    "# no comment",
    "key: value",
    "- item",
    "null",
    "true",
    " spaces ",
    "no-break\u00a0space",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f680",
    "Zürich",
    "日本語",
    "x" * 1024,
]


def used(values: dict[str, int]) -> Samples:
    """Expect these used bytes, by quota."""
    expected = [({names.QUOTA: name}, float(value)) for name, value in values.items()]
    return Samples(f"sum by ({names.QUOTA}) ({names.USED})", "20m", expected)


def test_a_quota_counts_exactly_what_its_selector_matches(tmp_path: Path) -> None:
    quotas = """\
  - {name: all, limit: 1 TB}
  - {name: service, service: s1, limit: 1 TB}
  - {name: not-a-regex, service: "s.", limit: 1 TB}
  - {name: route, route: r1, limit: 1 TB}
  - {name: consumer, consumer: c1, limit: 1 TB}
  - {name: workspace, workspace: w1, limit: 1 TB}
  - {name: egress, service: s1, direction: egress, limit: 1 TB}
  - {name: ingress, service: s1, direction: ingress, limit: 1 TB}
  - {name: several, service: s1, consumer: c1, direction: egress, limit: 1 TB}
  - {name: same-again, service: s1, limit: 1 GB, labels: {team: bun}}
  - {name: list, service: [s1, nobody, s2], route: [r1, r2], limit: 1 TB}
  - {name: list-of-no-regexes, service: ["s.", ".*"], limit: 1 TB}
  - {name: regex, service: {matches: "s[12]|x"}, limit: 1 TB}
  - {name: regex-of-all, service: {matches: "s|1"}, limit: 1 TB}
  - {name: regex-in-lower-case, consumer: {matches: "(?i)C[13]"}, limit: 1 TB}
  - {name: any-consumer, consumer: {matches: ".+"}, limit: 1 TB}
"""
    born = {
        counter(service="s1", route="r1", consumer="c1", workspace="w1"): 1,
        counter(service="s1", route="r1", consumer="c2", workspace="w1"): 10,
        counter(service="s1", route="r2", consumer="c1", workspace="w2", direction="ingress"): 100,
        counter(service="s2", route="r1", consumer="c1", workspace="w1", direction="ingress"): 1000,
        counter(service="s2", route="", consumer="", workspace=""): 10_000,
    }
    series = {up(): "1+0x80", **{name: f"_x8 {value}+0x70" for name, value in born.items()}}
    values = {
        "all": 11_111,
        "service": 111,
        "not-a-regex": 0,
        "route": 1_011,
        "consumer": 1_101,
        "workspace": 1_011,
        "egress": 11,
        "ingress": 100,
        "several": 1,
        "same-again": 111,
        "list": 1_111,
        "list-of-no-regexes": 0,
        "regex": 11_111,
        "regex-of-all": 0,
        "regex-in-lower-case": 1_101,
        "any-consumer": 1_111,
    }
    run_rules(tmp_path, rules_of(HEAD + quotas), [Case(series, [used(values)])])


def test_a_name_selects_exactly_itself_whatever_characters_it_contains(tmp_path: Path) -> None:
    quotas = "".join(
        f"  - {{name: q{i}, service: {yaml_quote(value)}, limit: 1 GB}}\n"
        for i, value in enumerate(NASTY_VALUES)
    )
    rules = rules_of(HEAD + quotas)
    check_rules(tmp_path, rules)
    series = {counter(service=value): f"_x8 {i + 1}+0x30" for i, value in enumerate(NASTY_VALUES)}
    query = f"sum by ({names.QUOTA}, {names.SERVICE}) ({names.USED})"
    expected = [
        ({"quota": f"q{i}", "service": value}, i + 1.0) for i, value in enumerate(NASTY_VALUES)
    ]
    case = Case({up(): "1+0x40", **series}, [Samples(query, "9m", expected)])
    run_rules(tmp_path, rules, [case])


def yaml_quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


CHARACTERS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffd")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12)
# Characters with a meaning in YAML, PromQL, templates or regular expressions, in any order.
ODD_TEXTS = st.text(st.sampled_from("\"'\\`{}[]()|.*+?^$%#&,:~- anx\U0001f680"), min_size=1)


@given(st.lists(TEXTS | ODD_TEXTS, min_size=3, max_size=25, unique=True))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_selects_exactly_itself_alone_in_a_list_and_as_an_exception(
    values: list[str],
) -> None:
    quotas = ""
    expected: dict[str, int] = {}
    for i, value in enumerate(values):
        pair = [value, values[i - 1]]
        one, two = yaml_quote(value), f"[{', '.join(map(yaml_quote, dict.fromkeys(pair)))}]"
        quotas += f"  - {{name: one{i}, service: {one}, limit: 1 GB}}\n"
        quotas += f"  - {{name: two{i}, service: {two}, limit: 1 GB}}\n"
        quotas += f"  - {{name: but{i}, for_each: service, except: {{service: {two}}},"
        quotas += " limit: 1 GB}\n"
        pair_value = sum(2 ** values.index(known) for known in set(pair))
        expected |= {f"one{i}": 2**i, f"two{i}": pair_value}
        expected[f"but{i}"] = 2 ** len(values) - 1 - pair_value
    series = {counter(service=value): f"_x8 {2**i}+0x70" for i, value in enumerate(values)}
    with tempfile.TemporaryDirectory() as folder:
        run_rules(
            Path(folder),
            rules_of(HEAD + quotas),
            [Case({up(): "1+0x80", **series}, [used(expected)])],
        )

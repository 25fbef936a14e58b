"""quotas.schema.json, and the mistakes that editors underline with it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from quotas.file.document import DocumentError
from quotas.file.json_schema import render_json_schema
from quotas.file.loading import parse_quotas

ROOT = Path(__file__).resolve().parents[4]
SCHEMA_FILE = ROOT / "quotas.schema.json"
HOW_TO_REGENERATE = (
    "quotas.schema.json is out of date; regenerate it with: PYTHONPATH=. .venv/bin/python -c "
    "'from quotas.file.json_schema import render_json_schema as render; "
    'print(render(), end="")\' > quotas.schema.json'
)

FULL = ROOT / "tests" / "unit" / "quotas" / "rules" / "golden" / "full.yaml"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(render_json_schema()))


def underlined(text: str) -> list[str]:
    """Return the places that an editor underlines."""
    return [error.json_path for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def quota_with(line: str) -> str:
    return f"version: 1\nquotas:\n  - name: a\n    limit: 1 GB\n    {line}\n"


def test_the_schema_file_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render_json_schema(), HOW_TO_REGENERATE


def test_the_schema_is_a_valid_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("path", ["quotas.yaml", "local/smoke_quotas.yaml"])
def test_the_quotas_of_the_project_conform_to_the_schema_and_name_it(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert underlined(text) == []
    first = text.splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert ((ROOT / path).parent / named).resolve() == SCHEMA_FILE


def test_a_file_that_uses_every_key_conforms_to_the_schema() -> None:
    text = FULL.read_text(encoding="utf-8")
    assert underlined(text) == []
    assert parse_quotas(text.encode()).quotas


@pytest.mark.parametrize(
    "line",
    [
        "service: bun",
        "service: [bun, ban]",
        'service: {matches: "b.n"}',
        "direction: both",
        "period: week",
        "period: {calendar: week, anchor_weekday: sunday}",
        "period: {calendar: month, anchor_day: 28, timezone: Asia/Kolkata}",
        "period: {rolling: 30d}",
        "thresholds: [0.5, 80, {percent: 95, severity: critical}]",
        "for_each: consumer",
        "for_each: [consumer, route]\n    except: {consumer: a, route: [b, c]}",
        "opening_balance: 1.5TB\n    opening_period: 2026-11",
        "labels: {team: bun, _a: b}",
        "notify: [ops@example.com]",
        "forecast: true",
    ],
)
def test_a_correct_line_is_not_underlined(line: str) -> None:
    assert underlined(quota_with(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "servise: bun",
        "service: 7",
        "service: []",
        "service: ''",
        "service: [a, a]",
        "service: {match: a}",
        "direction: out",
        "period: weeek",
        "period: {calender: month}",
        "period: {calendar: month, anchor_day: 29}",
        "period: {calendar: week, anchor_weekday: mondy}",
        "period: {rolling: 30}",
        "period: {rolling: a month}",
        "thresholds: 80",
        "thresholds: []",
        "thresholds: [0]",
        "thresholds: [80, 80]",
        "thresholds: [1001]",
        "thresholds: [80 %]",
        "thresholds: [{percent: 80}]",
        "thresholds: [{percent: 80, severity: warn}]",
        "for_each: consumers",
        "for_each: []",
        "except: {consumre: a}",
        "except: {}",
        "opening_balance: 120",
        "labels: {1a: x}",
        "labels: {__a: x}",
        "labels: {a: 7}",
        "notify: ops@example.com",
        "forecast: maybe",
    ],
)
def test_a_typical_mistake_is_underlined_and_rejected(line: str) -> None:
    assert underlined(quota_with(line))
    with pytest.raises(DocumentError):
        parse_quotas(quota_with(f"{line}\n    {_notify(line)}").encode())


def _notify(line: str) -> str:
    return "" if line.startswith("notify") else "notify: [ops@example.com]"


@pytest.mark.parametrize(
    "limit", ["500", "500 G", "10 Gb", "500 KB", "1e3", "'1,5 GB'", "500  GB", "500 GBs", "-1 GB"]
)
def test_a_wrong_or_ambiguous_size_is_underlined(limit: str) -> None:
    text = f"version: 1\nquotas: [{{name: a, limit: {limit}}}]"
    assert underlined(text) == ["$.quotas[0].limit"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "version: 1",
        "version: 2\nquotas: [{name: a, limit: 1 B}]",
        "quotas: [{name: a, limit: 1 B}]",
        "version: 1\nquotas: []",
        "version: 1\nquotas: [{name: a}]",
        "version: 1\nquotas: [{limit: 1 B}]",
        "version: 1\nquotas: [{name: A, limit: 1 B}]",
        "version: 1\nquota: [{name: a, limit: 1 B}]",
        "version: 1\ndefaults: {limit: 1 B}\nquotas: [{name: a, limit: 1 B}]",
        "version: 1\naccounting: {resolution: 60}\nquotas: [{name: a, limit: 1 B}]",
        "version: 1\naccounting: {new_targets: counts}\nquotas: [{name: a, limit: 1 B}]",
        "version: 1\nrunbook_url: docs/operations.md\nquotas: [{name: a, limit: 1 B}]",
        "version: 1\nrunbook_url: https://x/y#z\nquotas: [{name: a, limit: 1 B}]",
    ],
)
def test_a_mistake_in_the_file_is_underlined(text: str) -> None:
    assert underlined(text)


def test_every_key_has_a_description_unless_its_name_explains_it() -> None:
    plain = {"version", "name", "calendar", "percent", "severity"}

    def unexplained(schema: dict[str, Any]) -> set[str]:
        found = set()
        for key, inner in schema.get("properties", {}).items():
            if "description" not in inner and inner.get("type") not in ("object", "array"):
                found.add(key)
            found |= unexplained(inner) | unexplained(inner.get("items", {}))
        for inner in schema.get("anyOf", []):
            found |= unexplained(inner)
        return found

    assert unexplained(json.loads(render_json_schema())) <= plain

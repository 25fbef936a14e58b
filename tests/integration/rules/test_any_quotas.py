"""Prometheus loads the rules of any valid quotas.yaml."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotas import names
from quotas.calendars import LONGEST_SECONDS, WEEKDAYS, timezone_names
from quotas.file.loading import parse_quotas
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from quotas.units import UNITS
from tests.integration.support.promtool import NOW, check_rules

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffd")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=20)
LABEL_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,10}", fullmatch=True).filter(
    lambda name: name not in names.RESERVED_LABELS
)

SIZES = st.builds("{} {}".format, st.integers(1, 8), st.sampled_from(sorted(UNITS)))
REGEXES = st.sampled_from(
    [".+", "bun-.*", "a|b", "(?i)bun", "[^a-z]+", r"\d{2,5}", r"\pL+", '"', r"\\", "`", "{1"]
)

TEXT_LISTS = st.lists(TEXTS, min_size=1, max_size=3, unique=True)
SELECTORS = TEXTS | TEXT_LISTS | st.fixed_dictionaries({"matches": REGEXES})
ALL_ZONES = sorted(timezone_names())
ZONES = st.integers(0, len(ALL_ZONES) - 1).map(ALL_ZONES.__getitem__)
PERIODS = (
    st.sampled_from([*LONGEST_SECONDS])
    | st.fixed_dictionaries(
        {"calendar": st.just("month")},
        optional={"anchor_day": st.integers(1, 28), "timezone": ZONES},
    )
    | st.fixed_dictionaries(
        {"calendar": st.just("week")},
        optional={"anchor_weekday": st.sampled_from(WEEKDAYS), "timezone": ZONES},
    )
    | st.fixed_dictionaries(
        {"calendar": st.sampled_from(["hour", "day"])}, optional={"timezone": ZONES}
    )
)

ROLLING = st.fixed_dictionaries({"rolling": st.sampled_from(["1h", "1h30m", "7d", "44d"])})
PERCENTS = st.integers(1, 1_000) | st.sampled_from([0.01, 33.33, 99.5, 999.99])
SEVERITIES = st.sampled_from(names.SEVERITIES)


def percent_of(threshold: Any) -> float:
    return float(threshold["percent"] if isinstance(threshold, dict) else threshold)


THRESHOLDS = st.lists(
    PERCENTS | st.fixed_dictionaries({"percent": PERCENTS, "severity": SEVERITIES}),
    min_size=1,
    max_size=5,
    unique_by=percent_of,
).filter(lambda thresholds: any(percent_of(entry) > 1 for entry in thresholds))

OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    **{label: SELECTORS for label in names.SELECTOR_LABELS if label != names.DIRECTION},
    "direction": st.sampled_from([names.EGRESS, names.INGRESS, names.BOTH]),
    "thresholds": THRESHOLDS,
    "labels": st.dictionaries(LABEL_NAMES, TEXTS, max_size=3),
}

LABEL_LISTS = st.lists(st.sampled_from(names.SELECTOR_LABELS), min_size=1, max_size=3, unique=True)


@st.composite
def quotas(draw: st.DrawFn) -> dict[str, Any]:
    """Draw any valid quota."""
    quota = draw(st.fixed_dictionaries({"name": NAMES, "limit": SIZES}, optional=OPTIONAL))
    form = draw(st.sampled_from(["plain", "for each", "rolling", "rolling for each", "opened"]))
    if form == "opened":
        quota |= {"opening_balance": draw(SIZES), "period": "month", "opening_period": "2026-11"}
    elif form.startswith("rolling"):
        quota["period"] = draw(ROLLING)
    else:
        quota |= {"period": draw(PERIODS), "forecast": draw(st.booleans())}
    if form.endswith("for each"):
        labels = draw(LABEL_LISTS)
        quota["for_each"] = labels[0] if len(labels) == 1 else labels
        if draw(st.booleans()):
            quota["except"] = draw(
                st.dictionaries(st.sampled_from(labels), TEXTS | TEXT_LISTS, min_size=1)
            )
    return quota


FILES = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "defaults": st.fixed_dictionaries(
            {"notify": st.just(["ops@example.com"])}, optional={"thresholds": THRESHOLDS}
        ),
        "quotas": st.lists(quotas(), min_size=1, max_size=4, unique_by=lambda quota: quota["name"]),
    },
    optional={
        "accounting": st.fixed_dictionaries(
            {},
            optional={
                "resolution": st.sampled_from(["1s", "30s", "1m30s", "5m"]),
                "gap_tolerance": st.sampled_from(["5m", "1h", "1d"]),
                "scrape_delay": st.sampled_from(["1s", "15s", "5m"]),
                "new_targets": st.sampled_from(["baseline", "count"]),
            },
        )
    },
)


@given(FILES)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_prometheus_loads_the_rules_of_any_valid_quotas(file: object) -> None:
    content = yaml.safe_dump(file, allow_unicode=True).encode()
    rules = compile_rules(parse_quotas(content), NOW)
    with tempfile.TemporaryDirectory() as folder:
        check_rules(Path(folder), render_files(rules))

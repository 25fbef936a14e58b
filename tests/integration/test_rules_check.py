"""Whatever quotas.yaml may say, Prometheus loads what it compiles to."""

import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotas.load import parse_quotas
from quotas.names import RESERVED_LABELS
from quotas.rules import compile_rules
from quotas.sizes import UNITS
from tests.integration.promtool import check_rules

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
LABEL_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,10}", fullmatch=True).filter(
    lambda name: name not in RESERVED_LABELS
)
SIZES = st.builds("{} {}".format, st.integers(1, 8), st.sampled_from(sorted(UNITS)))
CALENDARS = st.sampled_from(["hour", "day", "month"])
QUOTAS = st.fixed_dictionaries(
    {"name": NAMES, "limit": SIZES},
    optional={
        "service": TEXTS,
        "route": TEXTS,
        "consumer": TEXTS,
        "workspace": TEXTS,
        "direction": st.sampled_from(["egress", "ingress", "both"]),
        "period": CALENDARS,
        "thresholds": st.lists(st.integers(1, 1_000), min_size=1, max_size=5, unique=True),
        "labels": st.dictionaries(LABEL_NAMES, TEXTS, max_size=3),
        "forecast": st.booleans(),
    },
)
FILES = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "defaults": st.just({"notify": ["ops@example.com"]}),
        "quotas": st.lists(QUOTAS, min_size=1, max_size=6, unique_by=lambda quota: quota["name"]),
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
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_prometheus_loads_whatever_valid_quotas_compile_to(file: object) -> None:
    content = yaml.safe_dump(file, allow_unicode=True).encode()
    with tempfile.TemporaryDirectory() as folder:
        check_rules(Path(folder), compile_rules(parse_quotas(content)))

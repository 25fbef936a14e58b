"""docs/operations.md has a section for each alert. The alerts link to these sections."""

import re
from pathlib import Path

import pytest

from quotas import names

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
HEADINGS = re.findall(r"^### (.+)$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)
ALERTS = sorted(value for name, value in vars(names).items() if name.endswith("_ALERT"))


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_section(alert: str) -> None:
    assert HEADINGS.count(alert) == 1


def test_no_two_sections_have_the_same_anchor() -> None:
    anchors = [heading.lower() for heading in HEADINGS]
    assert len(anchors) == len(set(anchors))

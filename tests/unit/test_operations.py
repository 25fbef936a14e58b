"""The handbook has a section for each alert, where the alerts' links lead to."""

import re
from pathlib import Path

import pytest

from quotas import names

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
HEADINGS = re.findall(r"^### (.+)$", HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE)
ALERTS = sorted(value for name, value in vars(names).items() if name.endswith("_ALERT"))


@pytest.mark.parametrize("alert", ALERTS)
def test_the_handbook_says_what_to_do_about_each_alert(alert: str) -> None:
    assert HEADINGS.count(alert) == 1


def test_no_two_sections_have_the_anchor_of_an_alert() -> None:
    anchors = [heading.lower() for heading in HEADINGS]
    assert len(anchors) == len(set(anchors))

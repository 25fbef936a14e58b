import os
from pathlib import Path

import pytest

from tests.unit.webhook.mail.report.reports import CASES, read_report

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["txt", "html", "csv"])
def test_a_report_reads_as_its_golden_file(case: str, kind: str) -> None:
    """Run with UPDATE_GOLDEN=1 after an intended change, and check the difference."""
    opened = read_report(*CASES[case])
    found = f"Subject: {opened.headers['Subject']}\n\n{opened.text}"
    if kind == "html":
        found = opened.html
    if kind == "csv":
        [table] = opened.headers.iter_attachments()
        found = table.get_content().replace("\r\n", "\n")
    path = GOLDEN / f"{case}.{kind}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")

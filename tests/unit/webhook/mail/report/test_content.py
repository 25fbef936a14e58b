import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.webhook.mail.report.reports import BUN, CASES, EACH, GB, read_report, span
from tests.unit.webhook.samples import ADDRESSES
from webhook.mail.content import Attachment
from webhook.mail.report.content import MOST_SECTIONS, make_report_content
from webhook.mail.report.table import MOST_ROWS
from webhook.mail.report.wording import describe_change, describe_entries
from webhook.usage.model import EntryFigures, Figures
from webhook.usage.reading import MOST_ENTRIES

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


def test_equal_reports_are_equal_bytes() -> None:
    assert bytes(read_report(*CASES["month"]).headers) == bytes(
        read_report(*CASES["month"]).headers
    )


def test_a_report_about_many_quotas_fits_into_what_mail_clients_show_uncut() -> None:
    about, _ = CASES["month"]
    reported = [(replace(EACH, name=f"{'q' * 60}-{number}"), LONG) for number in range(30)]
    opened = read_report(about, reported)
    assert len(opened.html.encode()) < 102_000
    shown = opened.html.count("<h2")
    assert 5 < shown < MOST_SECTIONS
    text = " ".join(opened.text.split())
    assert f"{30 - shown} quotas that used less of their limits are only there." in text
    assert "It has 2,000 of 3,000 rows." in text
    [table] = opened.headers.iter_attachments()
    assert len(table.get_content().splitlines()) == 1 + MOST_ROWS
    assert max(map(len, opened.text.splitlines())) <= 90


def test_names_from_traffic_are_text_in_the_mail() -> None:
    name = "<img src=x onerror=alert(1)>\r\nBcc: x@example.com"
    entries = (EntryFigures({"consumer": name}, 9 * GB, 10 * GB),)
    figures = Figures("period", entries, 900 * GB, (("service", ((name, GB), ("b", GB))),))
    opened = read_report(span(), [(EACH, figures)])
    assert "<img" not in opened.html
    assert "Bcc" not in opened.headers
    assert "\nBcc" not in opened.text


def test_twenty_quotas_are_shown_if_they_fit() -> None:
    about, _ = CASES["month"]
    figures = Figures("period", (EntryFigures({}, 9 * GB, 10 * GB),))
    opened = read_report(about, [(BUN, figures)] * 21)
    assert opened.html.count("<h2") == MOST_SECTIONS
    assert "1 quota that used less" in " ".join(opened.text.split())


def test_quotas_that_used_most_of_their_limits_come_first_after_what_is_missing() -> None:
    _, reported = CASES["month"]
    content = make_report_content(span(), [*reported, (BUN, None)], ADDRESSES, Attachment("x", b""))
    assert [section.tag for section in content.sections] == [
        "missing",
        "106.1 %",
        "102.7 %",
        "102.5 %",
        "68.5 %",
        "35.6 %",
    ]
    assert content.tone == "critical"


@pytest.mark.parametrize(
    ("used_bytes", "tone"),
    [(0, "resolved"), (399, "resolved"), (400, "info"), (450, "warning"), (500, "critical")],
)
def test_a_quota_has_the_colour_of_the_highest_threshold_it_reached(
    used_bytes: int, tone: str
) -> None:
    figures = Figures("period", (EntryFigures({}, used_bytes * GB, 500 * GB),))
    content = make_report_content(span(), [(BUN, figures)], ADDRESSES, Attachment("x", b""))
    assert content.sections[0].tone == content.tone == tone


@pytest.mark.parametrize(
    ("used", "before", "text"),
    [
        (500, 400, "25 % more than the 400 GB of September 2026"),
        (400, 500, "20 % less than the 500 GB of September 2026"),
        (400, 400, "as much as in September 2026"),
        (0, 0, "as much as in September 2026"),
        (5_000, 500, "much more than the 500 GB of September 2026"),
        (400, 0, "much more than the 0 B of September 2026"),
        (0, 400, "100 % less than the 400 GB of September 2026"),
        (400, None, "nothing was recorded in September 2026"),
    ],
)
def test_the_change_since_the_period_before_is_in_words(
    used: int, before: int | None, text: str
) -> None:
    before_bytes = None if before is None else before * GB
    entry = EntryFigures({}, used * GB, 500 * GB, before_bytes)
    assert describe_change(BUN, Figures("period", (entry,), before_bytes), span()) == text


def test_entries_that_were_left_out_are_not_counted_as_within_their_limit() -> None:
    entries = tuple(EntryFigures({"consumer": str(n)}, 9, 10 + n) for n in range(MOST_ENTRIES))
    text = describe_entries(EACH, Figures("period", entries))
    assert text == "the 1,000 consumers that used most within their limit of 10 B"
    text = describe_entries(EACH, Figures("period", (EntryFigures({}, 10, 10), *entries[1:])))
    assert text == "1 of the 1,000 consumers that used most reached its limit of 10 B"
    text = describe_entries(EACH, Figures("period", entries[:2]))
    assert text == "2 consumers within their limit of 10 B"


LONG = Figures(
    "period",
    tuple(EntryFigures({"consumer": f"{'&' * 70}{n}"}, 9 * GB, 10 * GB) for n in range(100)),
    900 * GB,
    (("service", tuple((f"{'&' * 70}{n}", 9 * GB) for n in range(5))),),
)

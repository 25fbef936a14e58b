"""The table that is attached to a report: one row for each entry, with exact numbers."""

import csv
import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from quotas import names
from quotas.csv_cells import harmless
from webhook.mail.content import Attachment
from webhook.usage.model import EntryFigures, Figures, Reported, ReportSpan

# About 300 kB. Every recipient gets a copy of their own, which the database holds for a while.
MOST_ROWS = 2_000

COLUMNS = (
    "quota",
    *names.SELECTOR_LABELS,
    "start",
    "end",
    # What used_bytes means: "period", "so far", "highest", or "unknown".
    "basis",
    "used_bytes",
    "limit_bytes",
    "used_percent",
    "used_before_bytes",
    "expected_bytes",
    "periods",
    "periods_at_limit",
)


def make_table(span: ReportSpan, figures: Reported) -> Attachment:
    """Return the table, at most MOST_ROWS. A number that is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, row in enumerate(_rows(span, figures)):
        if number == MOST_ROWS:
            break
        writer.writerow([harmless(row.get(column, "")) for column in COLUMNS])
    month = f"{span.period.start:%Y-%m}" if span.calendar.kind == "month" else ""
    day = f"{span.period.start:%Y-%m-%d}"
    # Without the mark, spreadsheets take UTF-8 for something else.
    return Attachment(f"bandwidth-{month or day}.csv", text.getvalue().encode("utf-8-sig"))


def count_rows(figures: Reported) -> int:
    """Return how many rows the table would have without its limit."""
    return sum(len(found.entries) if found and found.entries else 1 for _, found in figures)


def _rows(span: ReportSpan, figures: Reported) -> Iterator[dict[str, Any]]:
    for quota, found in figures:
        common = {
            "quota": quota.name,
            **quota.fixed_labels,
            "start": span.period.start.isoformat(),
            "end": span.period.end.isoformat(),
            "limit_bytes": quota.limit_bytes,
            "basis": found.basis if found and found.entries else "unknown",
        }
        if found is None or not found.entries:
            yield common
            continue
        for entry in found.entries:
            yield common | _entry_cells(entry, found)


def _entry_cells(entry: EntryFigures, figures: Figures) -> dict[str, Any]:
    cells = {
        **entry.labels,
        "used_bytes": entry.used_bytes,
        "limit_bytes": entry.limit_bytes,
        "used_percent": _percent(entry),
        "used_before_bytes": entry.before_bytes,
        "expected_bytes": entry.expected_bytes,
        "periods": figures.periods if entry.over is not None else None,
        "periods_at_limit": entry.over,
    }
    return {name: "" if value is None else value for name, value in cells.items()}


def _percent(entry: EntryFigures) -> str:
    """Return percent with one decimal, rounded down as in the mail, in a form for computers."""
    if not entry.limit_bytes:
        return ""
    tenths = Fraction(entry.used_bytes * 1_000, entry.limit_bytes)
    return f"{int(tenths) / 10:.1f}"

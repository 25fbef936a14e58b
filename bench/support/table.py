"""Tables as Markdown, which reads well on a terminal and in docs/benchmarks.md."""

from collections.abc import Sequence


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column is left-aligned, all others right-aligned."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column, _ in enumerate(heads)]
    print(f"\n{title}\n")
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    for row in (heads, rule, *rows):
        first = row[0].ljust(widths[0])
        others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        print("| " + " | ".join([first, *others]) + " |", flush=True)

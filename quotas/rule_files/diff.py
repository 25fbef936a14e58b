"""What a compilation would change, for --diff: first the quotas, then the rule files.

A summary fits on a screen: the first quotas, and how many lines of each rule file differ.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from quotas.rule_files.descriptions import Properties, join_properties, read_descriptions
from quotas.rule_files.folder import changed_files, read_generated

_RED, _GREEN, _YELLOW, _BOLD = "31", "32", "33", "1"
# The colours of lines in a diff, by their first character.
_CODES = {"+": _GREEN, "-": _RED, "@": _YELLOW}

NO_CHANGES = """\
the rules would not change
(whom to tell is not in them: the webhook reads that from quotas.yaml)
"""


# With heads and blank lines, a summary has 24 lines at most.
_MOST_QUOTAS = 13
_MOST_FILES = 4


def describe_changes(
    folder: Path, files: Mapping[str, str], *, full: bool = False, colour: bool = False
) -> str:
    """Return what ``write_files`` would change in a folder, as text for people.

    Args:
        folder: the folder of rule files.
        files: the wanted text of each file, by its name.
        full: show each quota and each line, instead of a summary.
        colour: colour the text for a terminal.

    """
    paths = changed_files(folder, files)
    if not paths:
        return NO_CHANGES
    before = {path.name: read_generated(path) for path in paths}
    lines = [_paint("quotas", _BOLD, colour=colour)]
    quotas = list(
        _quota_changes(
            read_descriptions(before.values()),
            read_descriptions(files.get(path.name, "") for path in paths),
        )
    )
    shown = quotas if full else quotas[:_MOST_QUOTAS]
    lines += [_paint(line, code, colour=colour) for line, code in shown] or ["  the same"]
    lines += _more(len(quotas) - len(shown))
    lines += ["", _paint("rules", _BOLD, colour=colour)]
    for path in paths if full else paths[:_MOST_FILES]:
        changes = list(_file_changes(path, before[path.name], files.get(path.name, "")))
        if full:
            lines += [_paint(line, _CODES.get(line[:1], ""), colour=colour) for line in changes]
        else:
            lines.append(f"  {path.name}: {_count(changes)}")
    if not full:
        lines += _more(len(paths) - _MOST_FILES)
        lines += ["", "--diff=full shows every line"]
    return "\n".join(lines) + "\n"


def _more(count: int) -> list[str]:
    return [f"  … and {count} more"] if count > 0 else []


def _count(changes: Sequence[str]) -> str:
    """Return how many lines of a diff are added and removed: ``+12 -4 lines``."""
    added, removed = (
        sum(line.startswith(sign) for line in changes if not line.startswith(3 * sign))
        for sign in "+-"
    )
    return f"+{added} -{removed} lines"


def _quota_changes(
    before: Mapping[str, Properties], after: Mapping[str, Properties]
) -> Iterator[tuple[str, str]]:
    """Yield a line and its colour for each quota that is added, removed or changed."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            yield f"  + {name}: {join_properties(after[name])}", _GREEN
        elif new is None:
            yield f"  - {name}: {join_properties(old)}", _RED
        elif old != new:
            keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
            changed = (f"{key} {old.get(key, 'none')} → {new.get(key, 'none')}" for key in keys)
            yield f"  ~ {name}: {'; '.join(changed)}", _YELLOW


def _file_changes(path: Path, before: str, after: str) -> Iterator[str]:
    return difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), str(path), lineterm=""
    )


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\033[{code}m{text}\033[0m" if colour and code else text

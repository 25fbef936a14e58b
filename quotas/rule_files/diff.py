"""What a compilation would change, for --diff: first the quotas, then the rule files."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from quotas.rule_files.descriptions import Properties, join_properties, read_descriptions
from quotas.rule_files.folder import changed_files, read_generated

_RED, _GREEN, _YELLOW, _BOLD = "31", "32", "33", "1"

NO_CHANGES = """\
the rules would not change
(whom to tell is not in them: the webhook reads that from quotas.yaml)
"""


def describe_changes(folder: Path, files: Mapping[str, str], *, colour: bool = False) -> str:
    """Return what ``write_files`` would change in a folder, as text for people.

    Args:
        folder: the folder of rule files.
        files: the wanted text of each file, by its name.
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
    lines += [_paint(line, code, colour=colour) for line, code in quotas] or ["  the same"]
    lines += ["", _paint("rules", _BOLD, colour=colour)]
    for path in paths:
        lines += _file_changes(path, before[path.name], files.get(path.name, ""), colour=colour)
    return "\n".join(lines) + "\n"


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


def _file_changes(path: Path, before: str, after: str, *, colour: bool) -> Iterator[str]:
    codes = {"+": _GREEN, "-": _RED, "@": _YELLOW}
    for line in difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), str(path), lineterm=""
    ):
        yield _paint(line, codes.get(line[:1], ""), colour=colour)


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\033[{code}m{text}\033[0m" if colour and code else text

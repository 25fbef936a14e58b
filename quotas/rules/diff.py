"""What a compilation would change: first in terms of quotas, then in the rule files."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from quotas.rules.rulefile import changed_files, read_generated
from quotas.rules.usage import FACTS_MARK

_RED, _GREEN, _YELLOW, _BOLD = "31", "32", "33", "1"
# The first words of the facts, which quotas/usage.py writes one after the other.
_KEY = (
    r"(?:limit|period|service|route|consumer|workspace|direction|for each|except \w+|opened with|"
    r"told at|forecast|labels)"
)
_FACT = re.compile(rf"({_KEY}) (.*)")
_FACTS_LINE = re.compile(rf"^ *# {FACTS_MARK}([a-z0-9][a-z0-9._-]*): (.*)$", re.MULTILINE)

Facts = dict[str, str]

NO_CHANGES = """\
the rules would not change
(whom to tell is not in them: the webhook reads that from quotas.yaml)
"""


def describe_changes(folder: Path, files: Mapping[str, str], *, colour: bool = False) -> str:
    """Return what writing these files into a folder would change, for people."""
    paths = changed_files(folder, files)
    if not paths:
        return NO_CHANGES
    before = {path.name: read_generated(path) for path in paths}
    lines = [_paint("quotas", _BOLD, colour=colour)]
    quotas = list(
        _quota_changes(_facts(before.values()), _facts(files.get(p.name, "") for p in paths))
    )
    lines += [_paint(line, code, colour=colour) for line, code in quotas] or ["  the same"]
    lines += ["", _paint("rules", _BOLD, colour=colour)]
    for path in paths:
        lines += _file_changes(path, before[path.name], files.get(path.name, ""), colour=colour)
    return "\n".join(lines) + "\n"


def _facts(texts: Iterable[str]) -> dict[str, Facts]:
    """Return the facts of each quota in the texts of rule files."""
    found: dict[str, Facts] = {}
    for text in texts:
        for name, line in _FACTS_LINE.findall(text):
            parts = re.split(rf"; (?={_KEY} )", line)
            matches = (_FACT.fullmatch(part) for part in parts if part)
            found[name] = {match[1]: match[2] for match in matches if match}
    return found


def _quota_changes(
    before: Mapping[str, Facts], after: Mapping[str, Facts]
) -> Iterator[tuple[str, str]]:
    """Yield a line for each quota that is added, removed or changed, and its colour."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            sign, code, facts = ("+", _GREEN, new) if old is None else ("-", _RED, old)
            described = "; ".join(f"{key} {value}" for key, value in (facts or {}).items())
            yield f"  {sign} {name}: {described}", code
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

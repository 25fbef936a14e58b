"""Which part of the project may import which, read from the sources."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "quotas": {"flask", "api", "webhook", "kong", "local"},
    "api": {"webhook"},
    "webhook": {"api"},
    "kong": {"quotas", "api", "webhook"},
}


def imported(source: str) -> set[str]:
    """Return the top names of all that a source imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).split(".")[0])
    return names


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_part_imports_nothing_of_the_parts_above_or_beside_it(part: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): names
        for path in (ROOT / part).rglob("*.py")
        if (names := imported(path.read_text(encoding="utf-8")) & FORBIDDEN[part])
    }
    assert wrong == {}


def test_the_command_line_needs_no_flask_and_no_application() -> None:
    names = imported((ROOT / "generate_rules.py").read_text(encoding="utf-8"))
    assert not names & {"flask", "api", "webhook"}


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import a.b as c\nfrom d.e import f\nfrom . import g\ndef h():\n    import i, j\n"
    assert imported(source) == {"a", "d", "i", "j"}

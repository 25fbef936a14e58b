"""docs/architecture.md names only what exists, and the README's table of folders does too."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_imports import LAYERS, MAY_IMPORT

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "architecture.svg"
TEXT = PAGE.read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = README.partition("## Where things are\n")[2]

CODE = re.compile(r"`([^`\n]+)`")
# A path from the root of the repository. An HTTP path begins with a slash.
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|yml|yaml|md|js|env))")
# A file or a folder in the picture, alone or in a list.
NAME = re.compile(r"[\w-]+(?:\.(?:py|yml|yaml|js)\b|/)")


def paths_in(text: str) -> set[str]:
    return {code for code in CODE.findall(text) if PATH.fullmatch(code)}


def rows_of_imports() -> Iterator[tuple[str, set[str], list[set[str]]]]:
    """Yield package, imported packages and layers of each row in the table of imports."""
    section = TEXT.partition("## Who imports whom\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            package, imported, layers = line.strip("|").split("|")
            cut = [set(CODE.findall(layer)) for layer in layers.split("→")]
            yield CODE.findall(package)[0], set(CODE.findall(imported)), [c for c in cut if c]


@pytest.mark.parametrize("text", [TEXT, FOLDERS], ids=["architecture", "readme"])
def test_every_path_exists(text: str) -> None:
    found = paths_in(text)
    assert found
    assert not [path for path in sorted(found) if not (ROOT / path).exists()]


def test_every_link_leads_to_a_file() -> None:
    targets = re.findall(r"\]\(([^)#]+)", TEXT)
    assert PICTURE.name in targets
    assert not [target for target in targets if not (PAGE.parent / target).exists()]


def test_the_picture_names_only_files_and_folders_of_the_page() -> None:
    texts = re.findall(r"<text[^>]*>([^<]*)", PICTURE.read_text(encoding="utf-8"))
    named = {name.strip("/") for text in texts for name in NAME.findall(text)}
    known = {part for path in paths_in(TEXT) for part in path.split("/")}
    assert {"outbox.py", "bandwidth"} <= named
    assert named <= known


def test_each_number_of_the_picture_is_a_stop_of_the_page() -> None:
    numbers = re.findall(r'class="n"[^>]*>(\d+)<', PICTURE.read_text(encoding="utf-8"))
    assert numbers == re.findall(r"^(\d+)\. ", TEXT, re.MULTILINE)


def test_the_table_of_imports_is_the_one_that_is_enforced() -> None:
    rows = list(rows_of_imports())
    assert {package: imported for package, imported, _ in rows} == MAY_IMPORT
    shown = {package: layers for package, _, layers in rows if layers}
    assert shown.keys() == LAYERS.keys()
    for package, layers in shown.items():
        assert layers == LAYERS[package][: len(layers)]

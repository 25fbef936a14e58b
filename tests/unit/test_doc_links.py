"""Links between the pages of the documentation lead to pages and headings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def prose_of(page: Path) -> str:
    return _CODE.sub("", page.read_text(encoding="utf-8"))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and GitLab derive them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_what_exists(page: Path) -> None:
    broken = []
    for path, anchor in _LINK.findall(prose_of(page)):
        if path.startswith("http"):
            continue
        target = page.parent / path if path else page
        is_known = not anchor or anchor in anchors_of(target)
        if not target.exists() or not is_known:
            broken.append(f"{path}#{anchor}")
    assert not broken

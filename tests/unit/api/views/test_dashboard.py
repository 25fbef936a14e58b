import re
from pathlib import Path

import api
from api import create_app

FOLDER = Path(api.__file__).parent / "static" / "dashboard"


def test_the_page_has_no_inline_scripts_or_styles() -> None:
    with create_app({}).test_client().get("/") as answer:
        page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script>|<style|style=|\son\w+=", page)


def test_every_file_the_page_loads_is_served_and_every_module_is_preloaded() -> None:
    client = create_app({}).test_client()
    with client.get("/") as answer:
        page = answer.get_data(as_text=True)
    files = set(re.findall(r'(?:href|src)="(dashboard/[^"]+)"', page))
    for name in files:
        with client.get(f"/{name}") as answer:
            assert answer.status_code == 200, name
    modules = {f"dashboard/{path.name}" for path in FOLDER.glob("*.js")}
    assert modules <= files


def test_the_dashboard_is_smaller_than_200_kb() -> None:
    kinds = {".css", ".html", ".js", ".svg"}
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix in kinds)
    assert size < 200_000


def test_nothing_is_loaded_from_other_hosts() -> None:
    for path in (*FOLDER.glob("*.js"), *FOLDER.glob("*.css"), FOLDER / "index.html"):
        addresses = re.findall(r"https?://[^\s\"'<)]+", path.read_text(encoding="utf-8"))
        assert set(addresses) <= {"http://127.0.0.1:9090"}, path

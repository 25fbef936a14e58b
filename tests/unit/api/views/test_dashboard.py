import re
from pathlib import Path

import api
from api import create_app

FOLDER = Path(api.__file__).parent / "static" / "dashboard"


def test_the_page_runs_nothing_that_is_written_into_it() -> None:
    with create_app({}).test_client().get("/") as answer:
        page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script>|<style|style=|\son\w+=", page)


def test_all_that_it_loads_is_here_and_announced() -> None:
    client = create_app({}).test_client()
    with client.get("/") as answer:
        page = answer.get_data(as_text=True)
    files = set(re.findall(r'(?:href|src)="(dashboard/[^"]+)"', page))
    for name in files:
        with client.get(f"/{name}") as answer:
            assert answer.status_code == 200, name
    modules = {f"dashboard/{path.name}" for path in FOLDER.glob("*.js")}
    assert modules <= files


def test_all_of_it_is_small() -> None:
    kinds = {".css", ".html", ".js", ".svg"}
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix in kinds)
    assert size < 150_000


def test_nothing_comes_from_elsewhere() -> None:
    for path in (*FOLDER.glob("*.js"), *FOLDER.glob("*.css"), FOLDER / "index.html"):
        addresses = re.findall(r"https?://[^\s\"'<)]+", path.read_text(encoding="utf-8"))
        assert set(addresses) <= {"http://127.0.0.1:9090"}, path

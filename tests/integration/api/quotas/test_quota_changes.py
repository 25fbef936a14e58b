"""What the API says of a quota whose rules were just changed: what they say now, and no more."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from flask.testing import FlaskClient

from api import create_app
from quotas import names
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import with_rules

LIMIT_SECONDS = 60
PATH = "/api/v1/quotas/bun-egress"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    record(folder, 1, team="bun")
    with with_rules(folder, folder / "rules.yml", "--web.enable-lifecycle") as url:
        yield url


@pytest.fixture
def client(url: str) -> FlaskClient:
    return create_app({"PROMETHEUS_URL": url}).test_client()


def record(folder: Path, used_bytes: int, **labels: str) -> None:
    """Write rules that record so many bytes with these labels."""
    named = {"quota": "bun-egress", "service": "bun-service", "calendar": "month", **labels}
    period = time.strftime("%Y%m", time.gmtime())
    rules = [
        {
            "record": names.USED,
            "expr": f"vector({used_bytes})",
            "labels": {"period": period} | named,
        },
        {"record": names.LIMIT, "expr": "vector(100)", "labels": {"quota": "bun-egress"}},
    ]
    groups = [{"name": "quotas", "interval": "1s", "rules": rules}]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")


def await_entries(client: FlaskClient, wanted: Callable[[list[Any]], bool]) -> None:
    def is_so() -> bool:
        answer = client.get("/api/v1/quotas")
        return wanted(answer.get_json(force=True).get("quotas", []))

    poll(is_so, "the API does not tell it", LIMIT_SECONDS)


@pytest.mark.parametrize(
    "changed",
    [
        {"team": "bunny"},
        {"team": "bun", "service": "other-service"},
        {"team": "bun", "calendar": "day", "period": time.strftime("%Y%m%d", time.gmtime())},
    ],
    ids=["label", "selector", "calendar"],
)
def test_series_of_a_changed_quota_are_no_second_entry(
    client: FlaskClient, url: str, folder: Path, changed: dict[str, str]
) -> None:
    await_entries(client, lambda entries: [entry["used_bytes"] for entry in entries] == [1])
    record(folder, 2, **changed)
    requests.post(f"{url}/-/reload", timeout=10).raise_for_status()
    await_entries(client, lambda entries: [entry["used_bytes"] for entry in entries] == [2])
    for what in ("series", "history", "notifications"):
        answer = client.get(f"{PATH}/{what}")
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["quota"]["used_bytes"] == 2


def test_between_two_evaluations_the_last_recorded_value_counts(
    client: FlaskClient, url: str, folder: Path
) -> None:
    await_entries(client, bool)
    (folder / "rules.yml").write_text("groups: []", encoding="utf-8")
    requests.post(f"{url}/-/reload", timeout=10).raise_for_status()
    query = {"query": names.USED}

    def is_gone() -> bool:
        found = requests.get(f"{url}/api/v1/query", params=query, timeout=10).json()
        return not found["data"]["result"]

    poll(is_gone, "what was recorded is still there", LIMIT_SECONDS)
    [entry] = create_app({"PROMETHEUS_URL": url}).test_client().get(PATH).get_json()["quotas"]
    assert entry["used_bytes"] == 1

import hashlib
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from api import create_app
from tests.unit.api.answers import URL
from tests.unit.api.webhook_answers import ENVIRON, NOW, WEBHOOK

FAILING = {
    "status": "failing",
    "checks": {
        "store": {"ok": True, "detail": "can be read and written"},
        "undelivered": {"ok": False, "detail": "mails that failed or expired within a day: 2"},
    },
}
SHOWN = [{"name": name, **check} for name, check in FAILING["checks"].items()]  # type: ignore[attr-defined] # a mapping


def ask(token: str = "", **environ: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    app = create_app({**ENVIRON, **environ}, clock=lambda: NOW)
    return app.test_client().get("/api/v1/delivery", headers=headers)


@pytest.mark.parametrize("status", [200, 503])
def test_the_checks_of_the_webhook_are_shown(status: int) -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{WEBHOOK}/readyz", json=FAILING, status=status)
        answer = ask()
    assert answer.status_code == 200
    assert answer.get_json() == {"checks": SHOWN}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"body": requests.ConnectionError()}, 503),
        ({"status": 404}, 502),
        ({"status": 503, "body": "<html>"}, 502),
        ({"json": []}, 502),
        ({"json": {"checks": {"store": {"ok": 1, "detail": ""}}}}, 502),
        ({"json": {"checks": {str(n): {"ok": True, "detail": ""} for n in range(21)}}}, 502),
    ],
)
def test_a_webhook_that_does_not_answer_as_it_must_is_a_failure(
    answer: dict[str, Any], status: int
) -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{WEBHOOK}/readyz", **answer)
        answered = ask()
    assert answered.status_code == status
    assert "The webhook" in answered.get_json()["detail"]


def test_without_a_webhook_there_are_no_checks() -> None:
    app = create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW)
    assert app.test_client().get("/api/v1/delivery").get_json() == {"checks": None}


def test_a_scoped_token_sees_no_checks(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"scoped").hexdigest()
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"tokens: [{{name: a, sha256: {digest}, scope: {{services: [bun]}}}}]")
    answer = ask("scoped", API_TOKENS_FILE=str(tokens))
    assert answer.get_json() == {"checks": None}

"""Every program that asks a Prometheus can show what it wants to see, and repeats none of it."""

import base64
import logging
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

import generate_rules
from api import create_app
from local import programs
from local.backfill.__main__ import main as backfill
from local.backfill.forwarding import forwarding
from quotas.prometheus.endpoint import make_endpoint
from tests.integration.prometheus.guarded import (
    PASSWORD,
    QUOTED_PASSWORD,
    USER,
    Guarded,
    proxy,
)
from webhook.settings import read_settings
from webhook.usage.reading import UsageReader, UsageUnavailableError

TENANT, TOKEN = "team-a", "s3cret-t0ken"
WANTED = {"X-Scope-OrgID": TENANT, "Authorization": f"Bearer {TOKEN}"}
WEBHOOK = {"WEBHOOK_TOKEN": "x", "MAIL_DEFAULT_SENDER": "quotas@example.com"}
QUOTAS = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas: [{name: all, limit: 1 GB}]
"""


@pytest.fixture
def quotas(tmp_path: Path) -> Path:
    path = tmp_path / "quotas.yaml"
    path.write_text(QUOTAS)
    return path


@pytest.fixture
def headers(tmp_path: Path) -> Path:
    path = tmp_path / "headers"
    path.write_text(f"# the tenant\nX-Scope-OrgID: {TENANT}\n")
    return path


def is_ready(**environ: str) -> tuple[int, str]:
    answer = create_app(environ).test_client().get("/readyz")
    return answer.status_code, answer.get_data(as_text=True)


def read_usage(**environ: str) -> float:
    endpoint = read_settings(WEBHOOK | environ).prometheus
    assert endpoint is not None
    found = UsageReader(endpoint).ask_at("vector(7)", datetime.now(UTC))
    [value] = found[0].values.values()
    return value


def test_api_and_webhook_log_in_and_check_the_certificate(prometheus: Guarded) -> None:
    environ = {"PROMETHEUS_URL": prometheus.url, "PROMETHEUS_CA_FILE": str(prometheus.ca_file)}
    assert is_ready(**environ)[0] == 200
    assert read_usage(**environ) == 7


def test_api_and_webhook_send_headers_and_a_token(
    open_url: str, headers: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    with proxy(open_url, WANTED) as server:
        environ = {"PROMETHEUS_URL": server.url, "PROMETHEUS_HEADERS_FILE": str(headers)}
        assert is_ready(**environ)[0] == 502
        environ["PROMETHEUS_TOKEN_FILE"] = str(token)
        assert is_ready(**environ)[0] == 200
        assert read_usage(**environ) == 7


def test_rules_are_reloaded_and_verified_with_a_login(
    prometheus: Guarded,
    quotas: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PROMETHEUS_CA_FILE", str(prometheus.ca_file))
    files = ("--quotas", str(quotas), "--out", str(prometheus.rules))
    assert generate_rules.main([*files, "--reload", prometheus.url]) == 0
    assert f"https://{prometheus.host} has loaded these" in capsys.readouterr().out
    monkeypatch.setattr("quotas.prometheus.checks.alertmanager.SECONDS_BETWEEN_ATTEMPTS", 0)
    assert generate_rules.main([*files, "--verify", prometheus.url]) == 1
    printed = capsys.readouterr().out
    assert "ok    the loaded rules are these" in printed
    assert "wrong gateways: " not in printed
    assert PASSWORD not in printed


def test_rules_are_verified_with_headers_and_a_token(
    open_url: str,
    headers: Path,
    quotas: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PROMETHEUS_HEADERS_FILE", str(headers))
    monkeypatch.setenv("PROMETHEUS_TOKEN", TOKEN)
    monkeypatch.setattr("quotas.prometheus.checks.alertmanager.SECONDS_BETWEEN_ATTEMPTS", 0)
    with proxy(open_url, WANTED) as server:
        assert generate_rules.main(["--quotas", str(quotas), "--verify", server.url]) == 1
    assert "no Alertmanager is connected" in capsys.readouterr().out


def test_promtool_asks_through_an_address_that_needs_no_login(prometheus: Guarded) -> None:
    endpoint = make_endpoint(prometheus.url, {"PROMETHEUS_CA_FILE": str(prometheus.ca_file)})
    with forwarding(endpoint) as url:
        command = [str(programs.find(programs.PROMTOOL)), "query", "instant", url, "vector(7)"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        assert "=> 7 @" in done.stdout
        elsewhere = f"{url.rpartition('/')[0]}/api/v1/query"
        assert requests.post(elsewhere, {"query": "vector(7)"}, timeout=10).status_code == 404
    assert PASSWORD not in " ".join(command)


@dataclass(frozen=True)
class Attempt:
    """An attempt that fails: the environment with the address, a secret in it, and what is said."""

    environ: dict[str, str]
    secret: str
    expected: str

    def check(self, *shown: str) -> None:
        """Check that texts have none of the secrets, and that one says what is wrong."""
        pair = base64.b64encode(f"{USER}:{self.secret}".encode()).decode()
        assert any(self.expected in text for text in shown)
        for text in shown:
            for secret in (self.secret, pair, QUOTED_PASSWORD, PASSWORD, TENANT):
                assert secret not in text


@pytest.fixture(params=["certificate", "password", "headers", "away"])
def attempt(
    request: pytest.FixtureRequest, prometheus: Guarded, open_url: str, headers: Path
) -> Iterator[Attempt]:
    """Yield attempts with no certificate, wrong credentials, or nobody at the address."""
    trusted = {"PROMETHEUS_CA_FILE": str(prometheus.ca_file)}
    if request.param == "certificate":
        url = prometheus.url
        yield Attempt({"PROMETHEUS_URL": url}, PASSWORD, "its certificate is not trusted")
    elif request.param == "password":
        secret = f"{QUOTED_PASSWORD}2"
        url = prometheus.url.replace(QUOTED_PASSWORD, secret)
        yield Attempt({"PROMETHEUS_URL": url, **trusted}, secret, "401")
    elif request.param == "away":
        url = f"http://{USER}:{QUOTED_PASSWORD}@127.0.0.1:9"
        yield Attempt({"PROMETHEUS_URL": url}, PASSWORD, "it cannot be reached")
    else:
        secret = "another-t0ken"
        sent = {"PROMETHEUS_HEADERS_FILE": str(headers), "PROMETHEUS_TOKEN": secret}
        with proxy(open_url, WANTED) as server:
            yield Attempt({"PROMETHEUS_URL": server.url, **sent}, secret, "401")


def test_no_secret_is_in_what_a_command_prints_or_logs(
    attempt: Attempt,
    quotas: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, value in attempt.environ.items():
        monkeypatch.setenv(name, value)
    url, folder = attempt.environ["PROMETHEUS_URL"], quotas.parent
    files = ["--quotas", str(quotas), "--out", str(folder / "rules")]
    main = generate_rules.main
    for command, arguments in (
        (main, [*files, "--verify", url]),
        (main, [*files, "--reload", url]),
        (main, [*files, "--push", url]),
        (backfill, ["--quotas", str(quotas), "--out", str(folder / "out"), "--url", url]),
    ):
        assert command(arguments) == 1
        printed = capsys.readouterr()
        attempt.check(printed.out, printed.err)
    assert attempt.secret not in caplog.text


def test_no_secret_is_in_what_the_applications_answer_or_log(
    attempt: Attempt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    status, answer = is_ready(**attempt.environ)
    assert status in (502, 503)
    attempt.check(answer)
    with pytest.raises(UsageUnavailableError) as raised:
        read_usage(**attempt.environ)
    attempt.check(str(raised.value), caplog.text)

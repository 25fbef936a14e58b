"""Test mails by the commands themselves: numbers of a real Prometheus, and a real SMTP server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.sink.refusals import Refusal
from local.sink.server import Sink
from local.sink.server import running as running_sink
from quotas import names
from quotas.calendars import MONTH, period_at
from tests.integration.support.prometheus import fill, running, samples
from tests.integration.support.webhook_app import ROOT, make_environ, post, states, usage
from webhook import create_app

QUOTAS = """\
version: 1
defaults:
  notify: [ops@example.com, boss@example.com]
quotas:
  - {name: each, for_each: consumer, limit: 1 MB, labels: {team: bun}}
"""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that knows the usage of two consumers."""
    folder = tmp_path_factory.mktemp("recorded")
    now = int(time.time())
    period = period_at(MONTH, datetime.fromtimestamp(now, UTC))
    labels = {"quota": "each", "team": "bun", "calendar": "month", "period": str(period.id)}
    # Until long after the test: a value is good for five minutes.
    times = range(now - 600, now + 600, 60)
    fill(
        folder,
        (
            line
            for metric, consumer, value in (
                (names.USED, "acme", 300_000),
                (names.USED, "big-co", 912_345),
                (names.FORECAST, "big-co", 1_500_000),
            )
            for line in samples(
                metric, labels | {"consumer": consumer}, ((at, value) for at in times)
            )
        ),
    )
    with running(folder) as server:
        yield server.url


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
def environ(tmp_path: Path, sink: Sink, prometheus: str) -> dict[str, str]:
    environ = make_environ(
        tmp_path,
        MAIL_PORT=str(sink.smtp_port),
        PROMETHEUS_URL=prometheus,
        LINK_DASHBOARD_URL="http://dashboard.example.com/",
        PYTHONPATH=str(ROOT),
    )
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    return environ


def run(folder: Path, environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env=environ,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def preview(
    folder: Path, environ: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return run(folder, environ, "-m", "flask", "--app", "webhook", "preview", *options)


def test_mails_arrive_with_the_numbers_of_prometheus_and_the_answers_are_reported(
    tmp_path: Path, environ: dict[str, str], sink: Sink
) -> None:
    done = preview(tmp_path, environ, "each", "--send")
    assert done.returncode == 0, done.stderr
    mails = sink.mailbox.mails()
    assert sorted((mail.to, mail.subject[:13]) for mail in mails) == sorted(
        (to, tag)
        for to in ("ops@example.com", "boss@example.com")
        for tag in ("[TEST] [80 %]", "[TEST] [90 %]", "[TEST] [100 %")
    )
    [real] = [mail for mail in mails if "[90 %]" in mail.subject and mail.to.startswith("ops")]
    assert "each (big-co): 912.3 kB of 1 MB used" in real.subject
    assert "912,345 bytes" in real.text
    assert "1,500,000 bytes" in real.text
    assert "The numbers are those of Prometheus." in " ".join(real.text.split())
    assert 'href="http://dashboard.example.com/#/quotas/each?consumer=big-co"' in real.html
    lines = done.stdout.splitlines()
    assert lines[::2] == [f"accepted  {mail.to}  {mail.subject}" for mail in mails]
    assert all(line.strip().startswith("250 ") for line in lines[1::2])


def test_files_for_browsers_have_their_charts_in_them(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    assert preview(tmp_path, environ, "each", "--out", "mails").returncode == 0
    html = (tmp_path / "mails" / "100-percent.html").read_text()
    assert html.count('src="data:image/png;base64,') == 2
    assert "cid:" not in html
    assert "cid:" in (tmp_path / "mails" / "100-percent.eml").read_text()


def test_a_test_leaves_the_outbox_and_later_notifications_as_they_are(
    tmp_path: Path, environ: dict[str, str], sink: Sink
) -> None:
    assert preview(tmp_path, environ, "each", "--send").returncode == 0
    assert len(sink.mailbox.mails()) == 6
    app = create_app(environ)
    assert states(app) == []
    period = period_at(MONTH, datetime.now(UTC))
    alert = usage("each", 90, consumer="big-co", period=str(period.id))
    assert post(app, alert).get_json()["mails"] == 2
    app.extensions["store"].close()


def test_a_refused_mail_is_reported_and_the_status_is_1(
    tmp_path: Path, environ: dict[str, str], sink: Sink
) -> None:
    sink.refusals.put(Refusal("boss@example.com", 550))
    done = preview(tmp_path, environ, "each", "--send")
    assert done.returncode == 1
    assert done.stderr.endswith("3 of 6 mails were not accepted\n")
    lines = done.stdout.splitlines()
    refused = [line for line in lines if line.startswith("failed    boss@example.com  [TEST] [")]
    assert len(refused) == 3
    assert sum("550 5.0.0 refused on request of a test" in line for line in lines) == 3
    assert {mail.to for mail in sink.mailbox.mails()} == {"ops@example.com"}


def test_a_server_that_cannot_be_reached_is_reported(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    done = preview(tmp_path, environ | {"MAIL_PORT": "1"}, "each", "--send")
    assert done.returncode == 1
    assert done.stderr.endswith("6 of 6 mails were not accepted\n")
    assert "Connection refused" in done.stdout.splitlines()[1]
    assert done.stdout.count("not tried") == 5


def test_generate_rules_sends_test_mails_with_the_settings_of_the_webhook(
    tmp_path: Path, environ: dict[str, str], sink: Sink
) -> None:
    rules, quotas = str(ROOT / "generate_rules.py"), environ.pop("QUOTAS_FILE")
    command = [rules, "--quotas", quotas, "--out", str(tmp_path / "rules"), "--test-mail"]
    to = ["--to", "me@example.com"]
    done = run(tmp_path, environ, *command, "each", *to)
    assert done.returncode == 0, done.stderr
    assert [mail.to for mail in sink.mailbox.mails()] == ["me@example.com"] * 3
    assert not (tmp_path / "rules").exists()
    unknown = run(tmp_path, environ, *command, "eahc", *to)
    assert unknown.returncode == 2
    assert 'quotas.yaml has no quota "eahc"; did you mean "each"?' in unknown.stderr
    without_settings = run(tmp_path, {"PATH": environ.get("PATH", "")}, *command, "each", *to)
    assert without_settings.returncode == 1
    assert without_settings.stderr.startswith("Error: WEBHOOK_TOKEN is not set; set ")
    assert "MAIL_DEFAULT_SENDER is not set" in without_settings.stderr

"""flask --app webhook preview without a mail server: what is printed and written."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.unit.webhook.client import get_notifications, post
from tests.unit.webhook.samples import usage


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["preview", *arguments])


def test_the_texts_are_printed_once_for_all_recipients(app: Flask) -> None:
    result = run(app, "bun-egress")
    assert result.exit_code == 0
    assert result.output.count("\nTo: bun@example.com, boss@example.com\n") == 3
    assert result.output.count("\nSubject: [TEST] [90 %] bun-egress: 450 GB of 500 GB used, ") == 1
    assert "because PROMETHEUS_URL is not set" in " ".join(result.output.split())


def test_files_are_written_for_mail_programs_and_browsers(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "mails"
    result = run(app, "bun-egress", "--out", str(folder), "--to", "me@example.com")
    assert result.output.splitlines()[0] == f"wrote {folder / '80-percent'}.eml, .html and .txt"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{percent}-percent.{kind}" for percent in (80, 90, 100) for kind in ("eml", "html", "txt")
    )
    message = message_from_bytes((folder / "100-percent.eml").read_bytes(), policy=policy.default)
    assert message["To"] == "me@example.com"
    assert message["Subject"].startswith("[TEST] [100 %] bun-egress: 500 GB of 500 GB used")
    assert (folder / "100-percent.html").read_text().startswith("<!DOCTYPE html>")
    assert "To: me@example.com\n" in (folder / "100-percent.txt").read_text()


def test_nobody_counts_as_notified(app: Flask) -> None:
    run(app, "bun-egress")
    assert get_notifications(app).get_json()["notifications"] == []
    post(app, usage())
    assert len(get_notifications(app).get_json()["notifications"]) == 2


@pytest.mark.parametrize(
    ("name", "hint"),
    [("bun-egres", 'did you mean "bun-egress"?'), ("zzz", "it has bun-egress")],
)
def test_an_unknown_quota_is_an_error_with_the_names_that_are_known(
    app: Flask, name: str, hint: str
) -> None:
    result = run(app, name)
    assert result.exit_code == 2
    assert f'quotas.yaml has no quota "{name}"; {hint}' in result.output


def test_a_wrong_address_is_an_error(app: Flask) -> None:
    result = run(app, "bun-egress", "--to", "Me <me@example.com>")
    assert result.exit_code == 2
    assert "is not a mail address" in result.output


def test_a_folder_that_cannot_be_written_is_an_error(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run(app, "bun-egress", "--out", str(tmp_path / "file" / "mails"))
    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path / 'file' / 'mails'}: Not a directory\n"

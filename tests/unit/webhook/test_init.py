import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import FlaskGroup
from sqlalchemy import text

from quotas.settings import SettingsError
from webhook import create_app
from webhook.store.database import Store


@pytest.fixture(autouse=True)
def _restore_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    # Flask sets it in os.environ.
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")


def run_flask(environ: dict[str, str], *arguments: str) -> Result:
    """Run ``flask --app webhook`` with these settings."""
    flask = FlaskGroup(
        create_app=lambda: create_app(environ), load_dotenv=False, set_debug_flag=False
    )
    return CliRunner().invoke(flask, arguments)


def test_a_wrong_setting_stops_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="MAIL_PORT"):
        create_app(environ | {"MAIL_PORT": "none"})


@pytest.mark.parametrize("arguments", [["--help"], ["preview", "bun-egress"]])
def test_a_command_reports_a_wrong_setting_without_a_traceback(
    environ: dict[str, str], arguments: list[str]
) -> None:
    result = run_flask(environ | {"WEBHOOK_TOKEN": ""}, *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: WEBHOOK_TOKEN is not set; set ")
    assert "Traceback" not in result.output


def test_importing_reads_nothing() -> None:
    """An environment without any variable is wrong only when the factory reads it."""
    subprocess.run([sys.executable, "-c", "import webhook"], env={}, check=True, timeout=60)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["deliver", "--help"], ["preview", "bun-egress"]]
)
def test_a_command_that_needs_no_store_creates_none(
    tmp_path: Path, environ: dict[str, str], arguments: list[str]
) -> None:
    assert run_flask(environ, *arguments).exit_code == 0
    assert list(tmp_path.glob("outbox.db*")) == []


@pytest.mark.parametrize(
    "arguments", [["deliver", "--once"], ["outbox", "list"], ["db", "upgrade"]]
)
def test_a_command_that_needs_the_store_creates_it(
    tmp_path: Path, environ: dict[str, str], arguments: list[str]
) -> None:
    assert run_flask(environ, *arguments).exit_code == 0
    assert (tmp_path / "outbox.db").exists()


@pytest.mark.parametrize("arguments", [["deliver"], ["outbox", "list"], ["db", "upgrade"]])
def test_a_command_ends_with_a_short_message_if_the_tables_are_newer(
    store: Store, environ: dict[str, str], arguments: list[str]
) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = run_flask(environ, *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the tables of DATABASE_URL are of a version that ")

"""The program in docs/operations.md that copies an outbox from SQLite to PostgreSQL."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.integration.support.databases import database
from tests.integration.support.webhook_app import make_environ, outbox, post, usage
from webhook import create_app

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
# The path in the container, which the program reads.
OUTBOX = "/var/lib/gateway/outbox.db"


def copy_program() -> str:
    """Return the program, as the page shows it."""
    (program,) = re.findall(
        r"<<'PYTHON'\n(.*?)^PYTHON$",
        OPERATIONS.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    return str(program)


def test_after_the_copy_nobody_is_notified_twice(tmp_path: Path, postgres_url: str) -> None:
    old = create_app(make_environ(tmp_path, f"sqlite:///{tmp_path / 'outbox.db'}"))
    assert post(old, usage(), usage("three", 80)).status_code == 200
    before = outbox(old)
    assert before
    old.extensions["store"].close()
    with database("postgresql", tmp_path, postgres_url) as url:
        environ = make_environ(tmp_path, url)
        program = copy_program().replace(OUTBOX, str(tmp_path / "outbox.db"))
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert f"mails: {len(before)}\n" in done.stdout
        new = create_app(environ)
        assert post(new, usage(), usage("three", 80)).status_code == 200
        assert outbox(new) == before
        # A new threshold is mailed, under ids that no copied mail has.
        assert post(new, usage("three", 90)).status_code == 200
        assert len(outbox(new)) == len(before) + 3
        new.extensions["store"].close()

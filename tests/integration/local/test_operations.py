"""What docs/operations.md says to run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.integration.support.databases import database
from tests.integration.support.webhook_app import make_environ, outbox, post, usage
from webhook import create_app

HANDBOOK = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
# Where the container has it.
OUTBOX = "/var/lib/gateway/outbox.db"


def handbook_program() -> str:
    """Return the program that copies the outbox."""
    (program,) = re.findall(
        r"<<'PYTHON'\n(.*?)^PYTHON$", HANDBOOK.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(program)


def test_an_outbox_that_was_copied_to_postgresql_tells_nobody_twice(
    tmp_path: Path, postgres_url: str
) -> None:
    old = create_app(make_environ(tmp_path, f"sqlite:///{tmp_path / 'outbox.db'}"))
    assert post(old, usage(), usage("three", 80)).status_code == 200
    before = outbox(old)
    assert before
    old.extensions["store"].close()
    with database("postgresql", tmp_path, postgres_url) as url:
        environ = make_environ(tmp_path, url)
        program = handbook_program().replace(OUTBOX, str(tmp_path / "outbox.db"))
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
        # What is news is told, under a number that no copied mail has.
        assert post(new, usage("three", 90)).status_code == 200
        assert len(outbox(new)) == len(before) + 3
        new.extensions["store"].close()

"""Processes with wrong clocks, also when they are killed: no mail is lost, and none is doubled.

The mails are counted at the SMTP server.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, make_url, select, text

from tests.integration.support.databases import database
from tests.integration.support.polling import poll
from tests.integration.support.scripted_smtp import THINK, Script
from tests.integration.support.webhook_app import (
    ROOT,
    deliver,
    make_environ,
    post,
    states,
    usage,
)
from tests.marks import thorough
from webhook import create_app
from webhook.store.database import Store, StoreError
from webhook.store.sending.clock import read_clock
from webhook.store.status import DELIVERER, read_status
from webhook.store.tables import envelopes

DAY = 86_400
TIMEOUT_SECONDS = 60
WRONG_CLOCK = ROOT / "tests" / "integration" / "support" / "wrong_clock.py"

Start = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def delivering(environ: dict[str, str], *offsets_seconds: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a delivery process whose clock has one of these offsets at a time."""
    process = subprocess.Popen(
        [sys.executable, str(WRONG_CLOCK), *map(str, offsets_seconds)],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=Path(environ["QUOTAS_FILE"]).parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_SECONDS)


def fill(app: Flask, posts: int) -> int:
    """Queue three mails for each post. Return how many there are."""
    for number in range(posts):
        post(app, usage("three", consumer=f"c{number}"))
    return 3 * posts


def freeze(process: "subprocess.Popen[str]", store: Store) -> None:
    """Stop a process in the middle of what it does, but not while it writes to the database."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        process.send_signal(signal.SIGSTOP)
        try:
            with store.writing(until=time.monotonic() + 0.5):
                return
        except StoreError:
            assert time.monotonic() < end
            process.send_signal(signal.SIGCONT)


def is_delivering(app: Flask, process: "subprocess.Popen[str]") -> bool:
    with app.extensions["store"].reading() as connection:
        seen = read_status(connection).get(DELIVERER)
    return seen is not None and f"-{process.pid}-" in seen.value


def have_leases_run_out(app: Flask) -> bool:
    with app.extensions["store"].reading() as connection:
        newest = connection.execute(select(func.max(envelopes.c.leased_until))).scalar_one()
        return newest is not None and newest < read_clock(connection)


def test_processes_whose_clocks_differ_or_jump_send_each_mail_once(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    count = fill(app, 70)
    with ExitStack() as stack:
        for offsets in ((-120,), (120,), (-DAY, -120, 0, 120, DAY)):
            stack.enter_context(delivering(environ, *offsets))
        poll(lambda: states(app) == ["sent"] * count, "not all are sent", TIMEOUT_SECONDS)
    assert len(server.accepted) == len(set(server.accepted)) == count


@pytest.mark.parametrize("offset_seconds", [120, DAY])
def test_a_mail_is_not_taken_from_a_process_that_waits_for_the_server(
    app: Flask, environ: dict[str, str], server: Script, offset_seconds: int
) -> None:
    server.steps["dot"] = [THINK]
    post(app, usage("three"))
    with delivering(environ, 0) as slow:
        poll(server.thinking.is_set, "no mail came", TIMEOUT_SECONDS)
        freeze(slow, app.extensions["store"])
        with delivering(environ, offset_seconds) as other:
            poll(lambda: is_delivering(app, other), "it does not deliver", TIMEOUT_SECONDS)
            # Nobody renews the leases. After they have run out, the other process takes new mails.
            poll(lambda: have_leases_run_out(app), "the leases last", TIMEOUT_SECONDS)
            post(app, usage("three", consumer="later"))
            poll(lambda: states(app)[3:] == ["sent"] * 3, "it sends nothing", TIMEOUT_SECONDS)
            assert len(server.accepted) == 3
        slow.send_signal(signal.SIGCONT)
        server.go_on.set()
        poll(lambda: states(app) == ["sent"] * 6, "not all are sent", TIMEOUT_SECONDS)
    assert len(server.accepted) == len(set(server.accepted)) == 6


@pytest.mark.parametrize("kills", [4, thorough(8)])
def test_after_kills_at_random_moments_nothing_is_lost_and_only_kills_repeat_a_mail(
    app: Flask, environ: dict[str, str], server: Script, kills: int
) -> None:
    count = fill(app, 100)
    server.seconds_per_mail = 0.03
    clocks = [(0,), (-120,), (10,), (-DAY, -120, 0, 10, DAY)]
    with delivering(environ, 0, DAY):
        for kill in range(kills):
            clock = clocks[kill % len(clocks)]
            with delivering(environ, *clock) as killed:
                poll(partial(is_delivering, app, killed), "it does not deliver", TIMEOUT_SECONDS)
                time.sleep(random.uniform(0, 0.2))  # noqa: S311 - no secret
    server.seconds_per_mail = 0
    while not all(state == "sent" for state in states(app)):
        deliver(app)
    # Each kill may have come after a 250 whose outcome was not committed.
    assert count <= len(server.accepted) <= count + kills + 1
    assert len(set(server.accepted)) == count


def test_connections_to_postgresql_that_break_at_random_moments_double_no_mail(
    tmp_path: Path, postgres_url: str, server: Script
) -> None:
    with database("postgresql", tmp_path, postgres_url) as url:
        environ = make_environ(tmp_path, url, MAIL_PORT=str(server.port))
        app = create_app(environ)
        count = fill(app, 60)
        app.extensions["store"].close()
        server.seconds_per_mail = 0.02
        with delivering(environ, 0), delivering(environ, -120), delivering(environ, 120):
            for share in (0.1, 0.3, 0.5, 0.7):
                server.wait_for(int(count * share), TIMEOUT_SECONDS)
                time.sleep(random.uniform(0, 0.2))  # noqa: S311 - no secret
                break_connections(postgres_url, url)
            poll(lambda: states(app) == ["sent"] * count, "not all are sent", TIMEOUT_SECONDS)
        assert len(server.accepted) == len(set(server.accepted)) == count
        app.extensions["store"].close()


def break_connections(server_url: str, url: str) -> None:
    """Break all connections to a database, as a failing network does."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    query = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    with engine.connect() as connection:
        connection.execute(query, {"name": make_url(url).database})
    engine.dispose()

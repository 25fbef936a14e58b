"""Others write to the database for too long: every request is answered in time."""

import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from tests.integration.support.databases import database, locked
from tests.integration.support.webhook_app import make_environ, outbox, post, run_all, usage
from webhook import create_app
from webhook.store.database import BUSY_SECONDS, Store, StoreError, deadline

POSTS = 8
# More than is asked for, because this machine runs other tests.
LONGEST_SECONDS = BUSY_SECONDS + 3


def post_at_once(app: Flask) -> list[float]:
    """Post different alerts at once, which must be answered 503. Return the seconds of each."""
    seconds: list[float] = []

    def work(number: int) -> None:
        began = time.monotonic()
        response = post(app, usage(consumer=f"c{number}"))
        seconds.append(time.monotonic() - began)
        assert response.status_code == 503
        assert response.content_type == "application/problem+json"

    run_all(POSTS, work)
    return seconds


def assert_nothing_was_lost_or_repeated(app: Flask) -> None:
    assert outbox(app) == []
    for mails in (2, 0):
        for number in range(POSTS):
            assert post(app, usage(consumer=f"c{number}")).json == {"alerts": 1, "mails": mails}


def test_each_of_several_requests_waits_five_seconds_for_sqlite(tmp_path: Path) -> None:
    app = create_app(make_environ(tmp_path))
    with locked(tmp_path / "outbox.db"):
        seconds = post_at_once(app)
        assert max(seconds) < LONGEST_SECONDS, seconds
        assert min(seconds) > BUSY_SECONDS - 1, seconds
    assert_nothing_was_lost_or_repeated(app)
    app.extensions["store"].close()


def test_each_of_several_requests_waits_five_seconds_for_postgresql(
    tmp_path: Path, postgres_url: str
) -> None:
    with database("postgresql", tmp_path, postgres_url) as url:
        app = create_app(make_environ(tmp_path, url))
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE told IN EXCLUSIVE MODE"))
            seconds = post_at_once(app)
            assert max(seconds) < LONGEST_SECONDS, seconds
        assert_nothing_was_lost_or_repeated(app)
        engine.dispose()
        app.extensions["store"].close()


def test_a_request_that_has_no_time_left_does_not_wait(tmp_path: Path) -> None:
    app = create_app(make_environ(tmp_path))
    store: Store = app.extensions["store"]
    with locked(tmp_path / "outbox.db"):
        began = time.monotonic()
        for until in (time.monotonic() - 1, time.monotonic() + 0.2):
            with pytest.raises(StoreError), store.writing(until):
                pass
        assert time.monotonic() - began < BUSY_SECONDS / 2
    with store.writing(deadline()):
        pass
    store.close()

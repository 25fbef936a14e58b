import threading

import pytest
from flask import Flask

from webhook.cli.delivery import register
from webhook.store.database import Store, StoreError


def make_app(store: Store, *, tried_all: bool) -> tuple[Flask, list[bool]]:
    """Return an application whose command ``deliver`` records ``once``."""
    calls: list[bool] = []

    def run_delivery(stop: threading.Event, *, once: bool) -> bool:
        assert not stop.is_set()
        calls.append(once)
        return tried_all

    app = Flask(__name__)
    register(app, store, run_delivery)
    return app, calls


@pytest.mark.parametrize(("tried_all", "status"), [(True, 0), (False, 1)])
def test_deliver_ends_with_status_1_if_mail_could_not_be_tried(
    store: Store,
    tried_all: bool,  # noqa: FBT001 - pytest passes it
    status: int,
) -> None:
    app, calls = make_app(store, tried_all=tried_all)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["deliver", "--once"]).exit_code == status
    assert runner.invoke(args=["deliver"]).exit_code == status
    assert calls == [True, False]


def test_upgrade_says_that_the_tables_are_up_to_date(store: Store) -> None:
    app, _ = make_app(store, tried_all=True)
    assert app.test_cli_runner().invoke(args=["db", "upgrade"]).output == (
        "the tables are up to date\n"
    )


def test_a_failure_of_the_store_is_reported_in_one_line(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(store, "prepare", fail)
    app, _ = make_app(store, tried_all=True)
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 1
    assert result.output == "Error: the store failed: disk full\n"

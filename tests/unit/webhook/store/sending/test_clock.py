from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.sending import clock as clock_module
from webhook.store.sending.clock import Clock, read_clock


def test_sqlite_has_the_clock_of_its_machine(store: Store) -> None:
    before = datetime.now(UTC)
    with store.reading() as connection:
        assert before <= read_clock(connection) <= datetime.now(UTC)


def test_between_two_readings_the_clock_goes_on_whatever_the_time_of_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(clock_module, "read_clock", lambda _: NOW)
    with store.reading() as connection:
        assert clock.set_by(connection) == NOW

    # Without datetime, reading the time of day would fail.
    monkeypatch.setattr(clock_module, "datetime", None)
    assert NOW <= clock.now() < NOW + timedelta(minutes=1)

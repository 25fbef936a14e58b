from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.unit.webhook.samples import NOW
from webhook.delivery import leases as leases_module
from webhook.delivery.leases import Leases
from webhook.store.database import Store
from webhook.store.outbox import Mail, add_mails
from webhook.store.status import DELIVERER, read_status
from webhook.store.tables import envelopes


@pytest.fixture
def queued(store: Store) -> Store:
    """Return a store with three queued mails."""
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", f"<{n}@x>", b"") for n in range(3)], NOW)
    return store


def leased_until(store: Store) -> list[datetime | None]:
    with store.reading() as connection:
        return list(connection.execute(select(envelopes.c.leased_until)).scalars())


def test_two_processes_never_claim_the_same_mail(
    queued: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_module, "MOST_AT_ONCE", 2)
    first, second = Leases(queued, "first").claim(), Leases(queued, "second").claim()
    assert (len(first), len(second)) == (2, 1)
    assert not {mail.mail_id for mail in first} & {mail.mail_id for mail in second}
    assert Leases(queued, "third").claim() == []


def test_leases_are_safe_until_a_third_of_their_time_is_left(
    queued: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = Leases(queued, "me")
    assert not leases.are_safe()
    leases.claim()
    assert leases.are_safe()
    monkeypatch.setattr(leases, "_end_at", leases._end_at - leases_module.LEASE_SECONDS)
    assert not leases.are_safe()


def test_released_mails_can_be_claimed_by_another_process(queued: Store) -> None:
    leases = Leases(queued, "me")
    leases.claim()
    leases.release()
    assert len(Leases(queued, "other").claim()) == 3


def test_leases_are_renewed_in_the_background_with_a_sign_of_life(
    queued: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 1)
    leases = Leases(queued, "me")
    leases.claim()
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 3_600)
    with leases.renewed():
        pass
    assert all(until > datetime.now(UTC) + timedelta(minutes=50) for until in leased_until(queued))  # type: ignore[operator] # all are leased
    with queued.reading() as connection:
        assert read_status(connection)[DELIVERER].value == "me"

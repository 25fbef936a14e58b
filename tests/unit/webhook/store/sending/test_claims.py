from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.outbox import Mail, add_mails
from webhook.store.sending.claims import LONGEST_LEASE, ClaimedMail, claim, has_work
from webhook.store.sending.presence import Presence

MINUTE = timedelta(minutes=1)


@pytest.fixture
def leased(store: Store) -> Store:
    """Return a store with a mail that the process ``first`` has leased for a minute."""
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", "<1@x>", b"")], NOW)
        assert len(claim(connection, "first", NOW, NOW + MINUTE, 5)) == 1
    return store


@pytest.fixture
def first(leased: Store) -> Iterator[Presence]:
    """Return the presence of ``first``, which lives."""
    presence = Presence(leased.engine, "first")
    presence.hold()
    yield presence
    presence.release()


def claim_at(store: Store, after: timedelta, owner: str = "second") -> list[ClaimedMail]:
    now = NOW + after
    with store.writing() as connection:
        found = has_work(connection, owner, now)
        claimed = claim(connection, owner, now, now + MINUTE, 5)
    assert found == bool(claimed)
    return claimed


@pytest.mark.parametrize("after", [timedelta(0), 2 * MINUTE, timedelta(days=1), timedelta(days=-1)])
@pytest.mark.usefixtures("first")
def test_no_clock_takes_a_mail_from_a_process_that_lives(leased: Store, after: timedelta) -> None:
    assert claim_at(leased, after) == []


def test_a_mail_is_taken_from_a_process_that_is_gone_after_its_lease(leased: Store) -> None:
    assert claim_at(leased, MINUTE) == []
    assert len(claim_at(leased, MINUTE + timedelta(seconds=1))) == 1


def test_a_lease_that_a_clock_ahead_of_time_has_stored_holds_no_mail_back(leased: Store) -> None:
    assert len(claim_at(leased, MINUTE - LONGEST_LEASE - timedelta(seconds=1))) == 1


@pytest.mark.usefixtures("first")
def test_a_process_takes_up_its_own_mails_again(leased: Store) -> None:
    assert len(claim_at(leased, timedelta(0), "first")) == 1

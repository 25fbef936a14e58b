from datetime import timedelta

import pytest

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.notified import (
    DedupKey,
    PastNotification,
    RaceError,
    add_notified,
    find_notified,
    mark_ended,
    purge_notified,
)

TO = "ops@example.com"
KEY = DedupKey("subject", 90)
RECURRING = DedupKey("subject", 90, recurs=True)
HOUR = timedelta(hours=1)


def find(store: Store) -> list[PastNotification]:
    with store.reading() as connection:
        return list(find_notified(connection, ["subject"]).get(("subject", TO), []))


def test_a_stored_notification_is_found_by_subject_and_recipient(store: Store) -> None:
    with store.writing() as connection:
        add_notified(connection, [(KEY, TO)], {}, NOW)
        found = find_notified(connection, ["subject", "other"])
    assert found == {("subject", TO): [PastNotification(90, NOW, None)]}


def test_the_same_notification_cannot_be_stored_twice(store: Store) -> None:
    with store.writing() as connection:
        add_notified(connection, [(KEY, TO)], {}, NOW)
        with pytest.raises(RaceError):
            add_notified(connection, [(KEY, TO)], {}, NOW)


def test_an_end_is_stored_for_the_same_and_higher_thresholds_once(store: Store) -> None:
    with store.writing() as connection:
        keys = [DedupKey("subject", percent) for percent in (80, 90, 100)]
        add_notified(connection, [(key, TO) for key in keys], {}, NOW)
        mark_ended(connection, KEY, NOW + HOUR)
        mark_ended(connection, KEY, NOW + 2 * HOUR)
    assert {n.percent: n.ended_at for n in find(store)} == {
        80: None,
        90: NOW + HOUR,
        100: NOW + HOUR,
    }


def test_a_recurring_key_replaces_ended_notifications(store: Store) -> None:
    with store.writing() as connection:
        add_notified(connection, [(RECURRING, TO)], {}, NOW)
        mark_ended(connection, RECURRING, NOW + HOUR)
        past = find_notified(connection, ["subject"])
        add_notified(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)
    assert find(store) == [PastNotification(90, NOW + 2 * HOUR, None)]


def test_a_recurring_key_loses_the_race_if_another_process_has_replaced_them(store: Store) -> None:
    with store.writing() as connection:
        add_notified(connection, [(RECURRING, TO)], {}, NOW)
        mark_ended(connection, RECURRING, NOW + HOUR)
        past = find_notified(connection, ["subject"])
        add_notified(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)
        with pytest.raises(RaceError):
            add_notified(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)


def test_old_notifications_are_removed(store: Store) -> None:
    with store.writing() as connection:
        add_notified(connection, [(KEY, TO)], {}, NOW)
        assert purge_notified(connection, NOW) == 0
        assert purge_notified(connection, NOW + HOUR) == 1
    assert find(store) == []

from datetime import timedelta

import pytest

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.past_notifications import (
    DedupKey,
    PastNotification,
    RaceError,
    add_past_notifications,
    find_past_notifications,
    mark_ended,
    purge_past_notifications,
)

TO = "ops@example.com"
KEY = DedupKey("digest", 90)
RECURRING = DedupKey("digest", 90, recurs=True)
HOUR = timedelta(hours=1)


def find(store: Store) -> list[PastNotification]:
    with store.reading() as connection:
        return list(find_past_notifications(connection, ["digest"]).get(("digest", TO), []))


def test_a_stored_notification_is_found_by_digest_and_recipient(store: Store) -> None:
    with store.writing() as connection:
        add_past_notifications(connection, [(KEY, TO)], {}, NOW)
        found = find_past_notifications(connection, ["digest", "other"])
    assert found == {("digest", TO): [PastNotification(90, NOW, None)]}


def test_the_same_notification_cannot_be_stored_twice(store: Store) -> None:
    with store.writing() as connection:
        add_past_notifications(connection, [(KEY, TO)], {}, NOW)
        with pytest.raises(RaceError):
            add_past_notifications(connection, [(KEY, TO)], {}, NOW)


def test_an_end_is_stored_for_the_same_and_higher_thresholds_once(store: Store) -> None:
    with store.writing() as connection:
        keys = [DedupKey("digest", percent) for percent in (80, 90, 100)]
        add_past_notifications(connection, [(key, TO) for key in keys], {}, NOW)
        mark_ended(connection, KEY, NOW + HOUR)
        mark_ended(connection, KEY, NOW + 2 * HOUR)
    assert {n.percent: n.ended_at for n in find(store)} == {
        80: None,
        90: NOW + HOUR,
        100: NOW + HOUR,
    }


def test_a_recurring_key_replaces_ended_notifications(store: Store) -> None:
    with store.writing() as connection:
        add_past_notifications(connection, [(RECURRING, TO)], {}, NOW)
        mark_ended(connection, RECURRING, NOW + HOUR)
        past = find_past_notifications(connection, ["digest"])
        add_past_notifications(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)
    assert find(store) == [PastNotification(90, NOW + 2 * HOUR, None)]


def test_a_recurring_key_loses_the_race_if_another_process_has_replaced_them(store: Store) -> None:
    with store.writing() as connection:
        add_past_notifications(connection, [(RECURRING, TO)], {}, NOW)
        mark_ended(connection, RECURRING, NOW + HOUR)
        past = find_past_notifications(connection, ["digest"])
        add_past_notifications(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)
        with pytest.raises(RaceError):
            add_past_notifications(connection, [(RECURRING, TO)], past, NOW + 2 * HOUR)


def test_old_notifications_are_removed(store: Store) -> None:
    with store.writing() as connection:
        add_past_notifications(connection, [(KEY, TO)], {}, NOW)
        assert purge_past_notifications(connection, NOW) == 0
        assert purge_past_notifications(connection, NOW + HOUR) == 1
    assert find(store) == []

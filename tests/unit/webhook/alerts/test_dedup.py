from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.webhook.samples import NOW, QUOTAS, forecast, pipeline, resolved, usage
from webhook.alerts.dedup import (
    RECURS_AFTER,
    Candidate,
    find_new_key,
    is_notified,
    keep_one_for_each_key,
    key_of,
    knows_start,
    start_key_of,
)
from webhook.alerts.events import QuotaEvent, read_event
from webhook.alerts.payload import RESOLVED, Alert
from webhook.store.past_notifications import DedupKey, PastNotification, PastNotifications

TO = "ops@example.com"
HOUR = timedelta(hours=1)


def rolling(**options: Any) -> Alert:
    return usage(calendar="rolling:30d", period="", **options)


def key(alert: Alert) -> DedupKey:
    return key_of(read_event(alert, QUOTAS))


def past(*notifications: PastNotification) -> PastNotifications:
    return {("digest", TO): notifications}


# Another digest would notify everyone again after an upgrade.
@pytest.mark.parametrize(
    ("alert", "digest"),
    [
        (
            usage(calendar="month"),
            "1f5a999e05136c4eb1b9d26e818e809e59f538704c8ab8ddca36c28ade1d990a",
        ),
        (
            forecast(),
            "402371196c65840f9af1303f8dd4e1e1f4b2b1d405c98021b689aa57d06d6240",
        ),
        (
            resolved(),
            "3f83e3956c48ae3c4ba1fe38e4a4fa3d9275c5038eaf706b45094623a71e51b3",
        ),
        (
            rolling(),
            "78951f46f6b381ee8cb2ce78a0b7b90c4aa3e9213eb46f1be4e3f1c9330c1197",
        ),
        (
            rolling(status=RESOLVED, ends_at=NOW),
            "195e028ea1f84d6820b645e5902ebf30d3d90523fc755c05d64574b1e1bc310f",
        ),
        (
            replace(pipeline(), fingerprint="b1b2"),
            "81ebe131b6c15e846436d626ffd5c608f96ca8495bb1ae74c8ed25d63031537a",
        ),
        (
            replace(pipeline(RESOLVED), fingerprint="b1b2"),
            "60db2964053c328ad1d1d906ceffcd604ea64b428a033cd5dfd058e5b10333ca",
        ),
    ],
)
def test_keys_are_the_same_as_in_earlier_versions(alert: Alert, digest: str) -> None:
    assert key(alert).digest == digest


def test_only_a_threshold_has_a_percentage_and_only_a_rolling_window_recurs() -> None:
    assert (key(usage()).percent, key(usage()).recurs) == (90, False)
    assert (key(rolling()).percent, key(rolling()).recurs) == (90, True)
    assert (key(forecast()).percent, key(resolved()).percent, key(pipeline()).percent) == (0, 0, 0)


def test_a_resolved_event_has_the_start_key_of_the_firing_one() -> None:
    event = read_event(resolved(), QUOTAS)
    assert isinstance(event, QuotaEvent)
    assert start_key_of(event) == key(usage(limit_bytes=400 * 10**9))


def test_a_notification_covers_lower_thresholds_of_the_same_recipient() -> None:
    notified = past(PastNotification(90, NOW, None))
    assert is_notified(DedupKey("digest", 80), TO, notified, NOW)
    assert not is_notified(DedupKey("digest", 100), TO, notified, NOW)
    assert not is_notified(DedupKey("digest", 80), "other@example.com", notified, NOW)
    assert not is_notified(DedupKey("other", 80), TO, notified, NOW)


def test_a_rolling_window_recurs_after_a_new_start_and_a_day() -> None:
    notified = past(PastNotification(90, NOW, NOW + HOUR))
    later = NOW + RECURS_AFTER
    recurring = DedupKey("digest", 90, recurs=True, starts_at=NOW + 2 * HOUR)
    assert not is_notified(recurring, TO, notified, later)
    assert is_notified(recurring, TO, notified, later - HOUR)
    assert is_notified(replace(recurring, starts_at=NOW), TO, notified, later)
    assert is_notified(replace(recurring, starts_at=None), TO, notified, later)
    assert is_notified(replace(recurring, recurs=False), TO, notified, later)
    assert is_notified(recurring, TO, past(PastNotification(90, NOW, None)), later)


def test_the_start_is_known_by_a_later_notification_of_the_same_or_a_higher_threshold() -> None:
    start = DedupKey("digest", 90, recurs=True, starts_at=NOW)
    assert knows_start(start, TO, past(PastNotification(90, NOW, None)))
    assert knows_start(start, TO, past(PastNotification(100, NOW, NOW + HOUR)))
    assert not knows_start(start, TO, past(PastNotification(80, NOW, None)))
    assert not knows_start(start, TO, past(PastNotification(90, NOW - 2 * HOUR, NOW - HOUR)))
    assert not knows_start(start, TO, {})


def test_several_events_with_the_same_key_are_one_candidate_in_the_order_of_events() -> None:
    alerts = [usage(90, replica="a"), usage(80, quota="shared"), usage(100, replica="b")]
    candidates = keep_one_for_each_key(read_event(alert, QUOTAS) for alert in alerts)
    assert [candidate.event.alert for candidate in candidates] == [alerts[2], alerts[1]]


def test_an_event_is_new_to_a_recipient_who_was_not_notified_of_it() -> None:
    event = read_event(usage(), QUOTAS)
    candidate = Candidate(event, key_of(event))
    known = {(candidate.key.digest, TO): [PastNotification(90, NOW, None)]}
    assert find_new_key(TO, candidate, {}, NOW) == candidate.key
    assert find_new_key(TO, candidate, known, NOW) is None
    assert find_new_key("other@example.com", candidate, known, NOW) == candidate.key


def test_a_resolved_event_is_new_only_to_a_recipient_who_was_notified_of_its_start() -> None:
    event = read_event(resolved(), QUOTAS)
    assert isinstance(event, QuotaEvent)
    candidate, start = Candidate(event, key_of(event)), start_key_of(event)
    assert candidate.digests == {candidate.key.digest, start.digest}
    assert find_new_key(TO, candidate, {}, NOW) is None
    started = {(start.digest, TO): [PastNotification(90, NOW, None)]}
    assert find_new_key(TO, candidate, started, NOW) == candidate.key
    both = started | {(candidate.key.digest, TO): [PastNotification(0, NOW, None)]}
    assert find_new_key(TO, candidate, both, NOW) is None


def test_an_alert_that_an_earlier_version_has_mailed_is_known() -> None:
    digest = "4ba9b16a87a793112aae188dd0915bd37c82c89e8eabeaa99a10f654ca1d96ab"
    earlier = {(digest, TO): [PastNotification(0, NOW, None)]}
    for alert, is_known in ((pipeline(), True), (pipeline(RESOLVED), False)):
        event = read_event(replace(alert, fingerprint="b1b2"), QUOTAS)
        candidate = Candidate(event, key_of(event))
        assert digest in candidate.digests
        assert (find_new_key(TO, candidate, earlier, NOW) is None) is is_known

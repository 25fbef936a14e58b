from datetime import timedelta

from tests.unit.webhook.samples import NOW
from webhook.alerts.missing_watchdog import missing_since
from webhook.store.status import STARTED, WATCHDOG, StatusValue

MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=1)


def test_a_watchdog_that_arrived_within_five_minutes_is_not_missing() -> None:
    assert missing_since({WATCHDOG: StatusValue("", NOW - 5 * MINUTE)}, NOW, LONG_AGO) is None


def test_the_watchdog_is_missing_since_it_last_arrived() -> None:
    last = NOW - 6 * MINUTE
    assert missing_since({WATCHDOG: StatusValue("", last)}, NOW, LONG_AGO) == last


def test_a_watchdog_that_never_arrived_is_missing_since_the_tables_were_first_used() -> None:
    assert missing_since({STARTED: StatusValue("", LONG_AGO)}, NOW, LONG_AGO) == LONG_AGO


def test_a_process_that_was_just_started_waits_for_the_watchdog() -> None:
    status = {WATCHDOG: StatusValue("", LONG_AGO)}
    assert missing_since(status, NOW, NOW - 5 * MINUTE) is None
    assert missing_since({}, NOW, NOW - 5 * MINUTE) is None
    assert missing_since({}, NOW, NOW - 6 * MINUTE) == NOW - 6 * MINUTE

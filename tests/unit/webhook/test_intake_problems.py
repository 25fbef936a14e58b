"""Alerts that concern no quota: one problem is one mail, reminders and one end."""

from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.webhook.queueing import queue
from tests.unit.webhook.samples import NOW, QUOTAS, QUOTAS_WITH_RESOLVED, pipeline
from webhook.alerts.payload import FIRING, RESOLVED
from webhook.alerts.problems import CALM
from webhook.store.database import Store

HOUR = timedelta(hours=1)


def post(
    store: Store,
    status: str,
    hours: float,
    started: float = 0,
    *,
    instance: str = "kong-1:8100",
    notify_resolved: bool = True,
) -> int:
    """Queue the mails of an alert. Times are in hours after NOW. Return the number of mails."""
    now = NOW + hours * HOUR
    alert = replace(
        pipeline(status, instance=instance),
        starts_at=NOW + started * HOUR,
        ends_at=now if status == RESOLVED else None,
        fingerprint=instance,
    )
    quotas = QUOTAS_WITH_RESOLVED if notify_resolved else QUOTAS
    return len(queue(store, alert, quotas=quotas, now=now).mails)


def test_a_problem_is_mailed_once_when_it_starts_and_once_when_it_is_over(store: Store) -> None:
    assert post(store, FIRING, 0) == 1
    assert post(store, FIRING, 0.5) == 0
    assert post(store, RESOLVED, 0.6) == 1
    assert post(store, RESOLVED, 0.6) == 0
    assert post(store, RESOLVED, 1) == 0


def test_the_end_is_mailed_only_to_those_who_were_notified_of_the_start(store: Store) -> None:
    assert post(store, RESOLVED, 0) == 0
    assert post(store, FIRING, 1, 1) == 1
    other = replace(QUOTAS_WITH_RESOLVED, notify=("new@example.com", "ops@example.com"))
    alert = replace(
        pipeline(RESOLVED), starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, fingerprint="kong-1:8100"
    )
    mails = queue(store, alert, quotas=other, now=NOW + 2 * HOUR).mails
    assert [mail.recipient for mail in mails] == ["ops@example.com"]


def test_a_problem_that_lasts_is_mailed_again_at_growing_intervals(store: Store) -> None:
    quarters = [n / 4 for n in range(4 * 24 * 30)]
    mailed = [hours for hours in quarters if post(store, FIRING, hours)]
    assert mailed == [0, 1, 4, 13, 40, 121, 289, 457, 625]


def test_an_alert_that_goes_on_and_off_is_mailed_at_growing_intervals(store: Store) -> None:
    mailed = []
    for minutes in range(0, 24 * 60, 2):
        started = minutes // 4 * 4 / 60
        status = RESOLVED if minutes % 4 else FIRING
        if post(store, status, minutes / 60, started):
            mailed.append((round(minutes / 60), status))
    starts = [hours for hours, status in mailed if status == FIRING]
    assert starts == [0, 1, 4, 10, 16, 22]
    # Each mail about a start is followed by the one end that belongs to it.
    assert [status for _, status in mailed] == [FIRING, RESOLVED] * len(starts)


def test_a_problem_that_was_over_for_hours_is_a_new_one(store: Store) -> None:
    for hours in (0, 1, 4, 13):
        assert post(store, FIRING, hours) == 1
    assert post(store, RESOLVED, 14) == 1
    calm = 14 + CALM / HOUR
    assert post(store, FIRING, calm, calm) == 1
    # The intervals begin with the shortest again.
    assert post(store, FIRING, calm + 0.9, calm) == 0
    assert post(store, FIRING, calm + 1, calm) == 1


def test_an_end_counts_even_if_nobody_is_notified_of_it(store: Store) -> None:
    assert post(store, FIRING, 0, notify_resolved=False) == 1
    assert post(store, RESOLVED, 0.1, notify_resolved=False) == 0
    assert post(store, FIRING, 6.2, 6.2, notify_resolved=False) == 1
    assert post(store, FIRING, 7.2, 6.2, notify_resolved=False) == 1


def test_an_end_before_the_mail_is_no_calm(store: Store) -> None:
    assert post(store, FIRING, 0) == 1
    alert = replace(
        pipeline(RESOLVED), starts_at=NOW, ends_at=NOW - 99 * HOUR, fingerprint="kong-1:8100"
    )
    assert queue(store, alert, quotas=QUOTAS_WITH_RESOLVED, now=NOW).mails
    assert post(store, FIRING, 0.1, 0.1) == 0


def test_two_alerts_are_two_problems(store: Store) -> None:
    assert post(store, FIRING, 0, instance="a") == 1
    assert post(store, FIRING, 0, instance="b") == 1
    assert post(store, RESOLVED, 1, instance="b") == 1


# The store is the same for all examples.
examples = count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=40))
def test_whatever_an_alert_does_no_end_comes_without_its_start_and_starts_are_few(
    store: Store, steps: list[tuple[bool, int]]
) -> None:
    name, minutes, started, was_firing = str(next(examples)), 0, 0, False
    mailed: list[tuple[int, str]] = []
    for is_firing, pause in steps:
        minutes += pause
        started = minutes if is_firing and not was_firing else started
        was_firing = is_firing
        status = FIRING if is_firing else RESOLVED
        if post(store, status, minutes / 60, started / 60, instance=name):
            mailed.append((minutes, status))
    for (_, status), (_, following) in pairwise(mailed):
        assert (status, following) != (RESOLVED, RESOLVED)
    starts = [at for at, status in mailed if status == FIRING]
    assert not mailed or mailed[0][1] == FIRING
    assert all(later - sooner >= 60 for sooner, later in pairwise(starts))
    assert len(starts) <= 3 + minutes / 60 / 4


def test_a_time_that_is_unknown_does_not_hide_a_problem(store: Store) -> None:
    alert = replace(pipeline(), starts_at=None)
    over = replace(pipeline(RESOLVED), starts_at=None, ends_at=None)
    for hours, given_alert in ((0, alert), (1, over), (9, alert)):
        now = NOW + hours * HOUR
        assert len(queue(store, given_alert, quotas=QUOTAS_WITH_RESOLVED, now=now).mails) == 1

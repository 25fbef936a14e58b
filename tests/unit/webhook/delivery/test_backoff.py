from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.samples import NOW
from webhook.delivery.backoff import (
    FEWEST_ATTEMPTS,
    GIVE_UP_AFTER,
    LONGEST_SECONDS,
    outcome_of,
    pause_seconds,
)
from webhook.delivery.smtp_replies import ConnectionLostError, SendError
from webhook.store.sending.claims import ClaimedMail, Outcome

MAIL = ClaimedMail(1, "<id@x>", "ops@example.com", b"", attempts=0, queued_at=NOW)
TEMPORARY = SendError("451 later", permanent=False)
PERMANENT = SendError("550 no such user", permanent=True)


def test_an_accepted_mail_is_sent() -> None:
    assert outcome_of(MAIL, "250 kept\n", NOW) == Outcome("sent", "250 kept")


def test_after_a_5xx_a_mail_fails() -> None:
    assert outcome_of(MAIL, PERMANENT, NOW) == Outcome("failed", "550 no such user")


@pytest.mark.parametrize("error", [TEMPORARY, ConnectionLostError("421 shutting down")])
def test_after_a_4xx_or_a_lost_connection_a_mail_is_tried_again_later(
    error: SendError | ConnectionLostError,
) -> None:
    outcome = outcome_of(MAIL, error, NOW)
    assert (outcome.state, outcome.answer) == ("queued", str(error))
    assert outcome.due_at is not None
    assert timedelta(seconds=5) <= outcome.due_at - NOW <= timedelta(seconds=6.25)


def test_a_mail_expires_three_days_after_its_first_attempt() -> None:
    tried = replace(MAIL, attempts=FEWEST_ATTEMPTS, tried_at=NOW)
    just_before = NOW + GIVE_UP_AFTER - timedelta(seconds=1)
    assert outcome_of(tried, TEMPORARY, just_before).state == "queued"
    assert outcome_of(tried, TEMPORARY, NOW + GIVE_UP_AFTER) == Outcome("expired", "451 later")


def test_a_mail_that_waited_for_its_first_attempt_is_tried_again_whatever_its_age() -> None:
    assert outcome_of(MAIL, TEMPORARY, NOW + 10 * GIVE_UP_AFTER).state == "queued"


def test_a_clock_that_jumps_makes_no_mail_expire_after_a_few_attempts() -> None:
    tried = replace(MAIL, attempts=FEWEST_ATTEMPTS - 2, tried_at=NOW)
    assert outcome_of(tried, TEMPORARY, NOW + 10 * GIVE_UP_AFTER).state == "queued"


def test_pauses_grow_from_five_seconds_to_thirty_minutes() -> None:
    assert 5 <= pause_seconds(0) <= 6.25
    assert pause_seconds(3) > pause_seconds(0) * 4
    assert LONGEST_SECONDS * 0.8 <= pause_seconds(20) <= LONGEST_SECONDS


@given(st.integers(0, 10_000))
def test_no_number_of_failures_makes_a_pause_too_long(failures: int) -> None:
    assert 5 <= pause_seconds(failures) <= LONGEST_SECONDS
    assert pause_seconds(failures, longest_seconds=60) <= 60


def test_pauses_are_not_all_the_same() -> None:
    assert len({pause_seconds(5) for _ in range(10)}) > 1

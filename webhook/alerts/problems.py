"""Problems: alerts that concern no quota, such as those about the pipeline itself.

An alert that goes on and off is one problem. Each recipient is notified of its start, reminded at
growing intervals while it lasts, and notified of its end only if they know that it is going on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# From the first mail to the first reminder. Each later interval is GROWTH times as long.
FIRST_INTERVAL = timedelta(hours=1)
GROWTH = 3
LONGEST_INTERVAL = timedelta(days=7)
# A problem that was over for so long is a new one. It is also the longest interval after an end,
# because people may think that a problem is over which has started again.
CALM = timedelta(hours=6)


@dataclass(frozen=True)
class LastMail:
    """The last mail about a problem to one recipient. Times are aware, in UTC.

    ``number`` is 0 for the first mail, and 1 for the first reminder. ``ended_at`` is when the alert
    ended after this mail, if it has.
    """

    number: int
    sent_at: datetime
    ended_at: datetime | None

    @property
    def is_going_on(self) -> bool:
        """Whether the recipient was not yet notified that the problem is over."""
        return self.ended_at is None


def number_of_due_mail(
    last: LastMail | None, starts_at: datetime | None, now: datetime
) -> int | None:
    """Return the number of the mail about a firing problem that is due now, or None.

    Args:
        last: the last mail to this recipient, or None if there was none.
        starts_at: when the alert started (aware), if it is known.
        now: the current time (aware, UTC).

    """
    if last is None:
        return 0
    # A clock that is wrong may say that the alert ended before anybody was notified of it.
    if last.ended_at and (starts_at or now) - max(last.ended_at, last.sent_at) >= CALM:
        return 0
    longest = LONGEST_INTERVAL if last.is_going_on else CALM
    # Bounded, because the number of reminders is not.
    growth: int = GROWTH ** min(last.number, 10)
    is_due = now - last.sent_at >= min(FIRST_INTERVAL * growth, longest)
    return last.number + 1 if is_due else None

"""How often rules are evaluated, and how far they look back for each other's results."""

from collections.abc import Iterable

from quotas.calendars import DAY_SECONDS, Calendar, Rolling
from quotas.model import Accounting

# In steps of the accounting. What is asked of a month need not be asked each minute; a day's quota
# moves fast and costs little.
_STEPS_SHORT, _STEPS_LONG = 1, 5

# What is evaluated one after the other must take less than a tenth of the interval. A quota of a
# month reads some 45,000 samples of each of its series.
MOST_QUOTAS_IN_GROUP = 250


def interval_seconds(calendar: Calendar | Rolling, accounting: Accounting) -> int:
    """Return how often the quotas of a calendar are evaluated."""
    short = calendar.longest_period_seconds <= DAY_SECONDS + 3_600
    return accounting.resolution_seconds * (_STEPS_SHORT if short else _STEPS_LONG)


def lingering_seconds(calendar: Calendar | Rolling, accounting: Accounting) -> int:
    """Return how long a period that has ended is still evaluated, so that its last step counts."""
    return (
        accounting.lag_seconds
        + accounting.resolution_seconds
        + interval_seconds(calendar, accounting)
    )


def reach_seconds(calendars: Iterable[Calendar | Rolling], accounting: Accounting) -> int:
    """Return how far back a quota's newest value can be: rules read each other over this range.

    An instant would find nothing where values are further apart than Prometheus looks back
    (5 minutes), or where a ruler lags behind its store (Thanos, Mimir, vmalert).
    """
    longest = max(interval_seconds(calendar, accounting) for calendar in calendars)
    return 2 * longest + accounting.resolution_seconds

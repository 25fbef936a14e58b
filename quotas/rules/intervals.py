"""How often rules are evaluated, and how far back a rule looks for the result of another rule."""

from collections.abc import Iterable

from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import DAY_SECONDS, Calendar, Rolling

# Evaluation intervals in accounting steps. Periods and short windows are cheap to evaluate; long
# windows need not be evaluated every minute.
_STEPS_SHORT, _STEPS_LONG = 1, 5

# Prometheus evaluates the rules of a group in order, which must take less than a tenth of the
# interval. The quota of a rolling month reads about 45,000 samples of each of its series.
MOST_QUOTAS_IN_GROUP = 250


def interval_seconds(calendar: Calendar | Rolling, accounting: Accounting) -> int:
    """Return how often the quotas of a calendar are evaluated."""
    is_short = isinstance(calendar, Calendar) or calendar.seconds <= DAY_SECONDS
    return accounting.resolution_seconds * (_STEPS_SHORT if is_short else _STEPS_LONG)


def lingering_seconds(calendar: Calendar | Rolling, accounting: Accounting) -> int:
    """Return how long a period is still evaluated after its end, so that its last step counts.

    A step that was not evaluated is counted at the end of a quarter of an hour.
    """
    return (
        accounting.lag_seconds
        + accounting.resolution_seconds
        + interval_seconds(calendar, accounting)
        + QUARTER_SECONDS * accounting.recounted_quarters * accounting.catch_up
    )


def reach_seconds(calendars: Iterable[Calendar | Rolling], accounting: Accounting) -> int:
    """Return how far back the newest value of a quota may be. Rules read each other this far back.

    At an instant they might find nothing: values can be further apart than the 5 minutes that
    Prometheus looks back, and a ruler (Thanos, Mimir, vmalert) can lag behind its store.
    """
    longest = max(interval_seconds(calendar, accounting) for calendar in calendars)
    return 2 * longest + accounting.resolution_seconds

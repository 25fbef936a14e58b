"""How long to wait before trying again."""

import random
from datetime import timedelta

# With the jitter, the first pause is at least five seconds.
SHORTEST_SECONDS = 6.25
LONGEST_SECONDS = 30 * 60
# While no server is there, nothing is lost by looking more often than each mail would be tried.
LONGEST_HOLD_SECONDS = 5 * 60
# As RFC 5321 recommends at least four to five; a quota's news is old after three.
GIVE_UP_AFTER = timedelta(days=3)


def pause_seconds(failures: int, longest_seconds: float = LONGEST_SECONDS) -> float:
    """Return how long to wait after so many failures: twice as long each time, and not at once.

    The jitter keeps many mails, or many processes, from coming back in the same moment.
    """
    grown: float = SHORTEST_SECONDS * 2 ** min(failures, 20)
    return min(longest_seconds, grown) * random.uniform(0.8, 1)  # noqa: S311 - no secret

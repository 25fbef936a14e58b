"""The pauses between attempts: exponential backoff with jitter."""

import random
from datetime import timedelta

# The jitter takes up to a fifth off, so the first pause is at least five seconds.
SHORTEST_SECONDS = 6.25
LONGEST_SECONDS = 30 * 60
# While the server is down, one attempt covers all mails, so it can be made more often.
LONGEST_HOLD_SECONDS = 5 * 60
# RFC 5321 recommends at least four to five days, but a quota mail is out of date after three.
GIVE_UP_AFTER = timedelta(days=3)


def pause_seconds(failures: int, longest_seconds: float = LONGEST_SECONDS) -> float:
    """Return the pause after this number of failures. It doubles with each, up to the longest.

    The jitter keeps many mails, or many processes, from retrying at the same moment.
    """
    grown: float = SHORTEST_SECONDS * 2 ** min(failures, 20)
    return min(longest_seconds, grown) * random.uniform(0.8, 1)  # noqa: S311 - no secret

"""What becomes of a mail after the SMTP server's reply, and how long to wait before a retry.

- 2xx: the mail is sent.
- 4xx, or the connection is lost: the mail is queued again. The pause doubles with each attempt, up
  to LONGEST_PAUSE. It expires instead if its first attempt is GIVE_UP_AFTER ago, and if there were
  FEWEST_ATTEMPTS: a clock that jumps makes no mail expire.
- 5xx because of the recipient or the mail: the mail fails and is not tried again. ``verdicts``
  finds out whose fault it is.
- The login, TLS, the sender, or different recipients alike, are refused: delivery is held. All
  mails stay queued until an operator corrects the settings, and none expires. ``worker`` checks
  again after LONGEST_HOLD_SECONDS or less.
- The server cannot be reached, or is not ready: all mails stay queued, and none expires, because
  this is no attempt to send any of them.

``smtp_replies`` turns the replies into the errors that are used here.
"""

import random
from datetime import datetime, timedelta

from webhook.delivery.smtp_replies import ConnectionLostError, SendError
from webhook.store.sending.claims import LONGEST_PAUSE, ClaimedMail, Outcome
from webhook.store.tables import EXPIRED, FAILED, QUEUED, SENT
from webhook.text import clean_line

# The jitter takes up to a fifth off, so the first pause is at least five seconds.
SHORTEST_SECONDS = 6.25
LONGEST_SECONDS = LONGEST_PAUSE.total_seconds()
# While the server is down, one attempt covers all mails, so it can be made more often.
LONGEST_HOLD_SECONDS = 5 * 60
# RFC 5321 recommends at least four to five days, but a quota mail is out of date after three.
GIVE_UP_AFTER = timedelta(days=3)
FEWEST_ATTEMPTS = 10


def outcome_of(
    mail: ClaimedMail, result: str | SendError | ConnectionLostError, now: datetime
) -> Outcome:
    """Return what becomes of a mail after an attempt: sent, queued again, failed or expired.

    Args:
        mail: the mail, as it was before the attempt.
        result: the server's reply if it accepted the mail, else the error.
        now: the current time by the database's clock (aware, UTC).

    """
    reply = clean_line(str(result))
    if isinstance(result, str):
        return Outcome(SENT, reply)
    if isinstance(result, SendError) and result.permanent:
        return Outcome(FAILED, reply)
    tried_for = now - mail.tried_at if mail.tried_at else timedelta(0)
    if tried_for >= GIVE_UP_AFTER and mail.attempts + 1 >= FEWEST_ATTEMPTS:
        return Outcome(EXPIRED, reply)
    return Outcome(QUEUED, reply, now + timedelta(seconds=pause_seconds(mail.attempts)))


def pause_seconds(failures: int, longest_seconds: float = LONGEST_SECONDS) -> float:
    """Return the pause after this number of failures. It doubles with each, up to the longest.

    The jitter keeps many mails, or many processes, from retrying at the same moment.
    """
    grown: float = SHORTEST_SECONDS * 2 ** min(failures, 20)
    return min(longest_seconds, grown) * random.uniform(0.8, 1)  # noqa: S311 - no secret

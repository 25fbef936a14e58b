"""Deliver mails now, one after the other, and say what became of each."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.mails import Mail
from webhook.smtp import Connection, SendError, describe_failure
from webhook.texts import clean_line

# No mail is begun after this: Alertmanager has given up on the request by then.
DELIVERY_SECONDS = 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """How many mails were sent, refused for good, and not sent yet."""

    sent: int = 0
    refused: int = 0
    failed: int = 0


def deliver(
    mails: Sequence[Mail], sender: str, connect: Callable[[], Connection], request_id: str
) -> Delivery:
    """Send these mails, over one connection, and return what became of them.

    A refusal of one does not keep the others from being sent. Each outcome is logged.
    """
    if not mails:
        return Delivery()
    outcomes: list[str] = []
    try:
        with connect() as connection:
            stop_at = time.monotonic() + DELIVERY_SECONDS
            for mail in mails:
                if time.monotonic() >= stop_at:
                    _log.warning("request=%s ran out of time", request_id)
                    break
                outcomes.append(_send(connection, mail, sender, request_id))
    # UnicodeError: a host name or user that the protocol cannot carry.
    except (OSError, UnicodeError) as error:
        reason = clean_line(describe_failure(error))
        _log.warning("request=%s no SMTP session: %s", request_id, reason)
    sent, refused = outcomes.count("sent"), outcomes.count("refused")
    return Delivery(sent, refused, failed=len(mails) - sent - refused)


def _send(connection: Connection, mail: Mail, sender: str, request_id: str) -> str:
    outcome, reason = "sent", ""
    try:
        connection.send_bytes(sender, mail.recipient, mail.content)
    except SendError as error:
        outcome = "refused" if error.permanent else "failed"
        reason = f" reason={clean_line(str(error))!r}"
    level = logging.INFO if outcome == "sent" else logging.WARNING
    _log.log(
        level,
        "request=%s mail=%s to=%s %s%s",
        request_id,
        mail.message_id,
        mail.recipient,
        outcome,
        reason,
    )
    return outcome

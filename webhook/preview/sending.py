"""Sends test mails at once, without the outbox, and reports the answer to each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webhook.delivery.session import Session, StoppedError
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    SendError,
    UnreachableError,
)
from webhook.store.outbox import Mail


@dataclass(frozen=True)
class Answer:
    """What became of a mail: whether the server has accepted it, and its reply or the failure."""

    mail: Mail
    is_accepted: bool
    text: str


def send_at_once(session: Session, mails: Iterable[Mail]) -> Iterator[Answer]:
    """Yield the answer to each mail, in order.

    If the server cannot be reached, or accepts nothing until an operator corrects the settings, the
    remaining mails are not tried.
    """
    is_over = False
    try:
        for mail in mails:
            if is_over:
                yield Answer(mail, is_accepted=False, text="not tried")
                continue
            try:
                reply = session.send(mail.recipient, mail.content)
            except (SendError, ConnectionLostError) as error:
                yield Answer(mail, is_accepted=False, text=str(error))
            except (HoldError, UnreachableError, StoppedError) as error:
                is_over = True
                yield Answer(mail, is_accepted=False, text=str(error) or "stopped")
            else:
                yield Answer(mail, is_accepted=True, text=reply)
    finally:
        session.close()

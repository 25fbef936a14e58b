"""Refusals that may be the fault of the server, until other mails show whose fault they are.

A server that is misconfigured, or whose daily limit is reached, refuses every recipient. A refusal
of one recipient, while others get their mail, concerns this recipient.
"""

from collections.abc import Sequence

from webhook.delivery.smtp_replies import HoldError, RefusedError, SendError
from webhook.store.sending.claims import ClaimedMail

# If so many recipients are refused alike, and none is accepted, it is the fault of the server. Two
# are enough unless it has said that the recipients are wrong, and others are to be tried first.
MANY, FEW = 3, 2

Decision = tuple[ClaimedMail, SendError]


class Verdicts:
    """The undecided refusals of one batch of mails."""

    def __init__(self) -> None:
        self._refused: list[tuple[ClaimedMail, RefusedError]] = []
        self._accepted: set[str] = set()

    @property
    def undecided(self) -> Sequence[ClaimedMail]:
        """The mails of which nobody knows yet whose fault their refusal is."""
        return [mail for mail, _ in self._refused]

    def refuse(self, mail: ClaimedMail, error: RefusedError) -> None:
        """Add a refusal.

        Raises:
            HoldError: it is the server's fault, because many recipients are refused alike.

        """
        self._refused.append((mail, error))
        _check(self._refused, MANY)

    def accept(self, recipient: str) -> Sequence[Decision]:
        """Add a mail that was accepted. Return the refusals of others: they are decided now."""
        self._accepted.add(recipient)
        decided = [decide(*one) for one in self._refused if one[0].recipient != recipient]
        self._refused = [one for one in self._refused if one[0].recipient == recipient]
        return decided

    def close(self) -> Sequence[Decision]:
        """Return the remaining refusals, at the end of the batch.

        A refusal that does not say that it is the recipient's fault, and to which there is nothing
        to compare, is temporary.

        Raises:
            HoldError: it is the server's fault, because different recipients are refused alike.

        """
        _check([one for one in self._refused if not one[1].names_recipient], FEW)
        refused, self._refused = self._refused, []
        return [
            decide(mail, error)
            if error.names_recipient or self._accepted - {mail.recipient}
            else (mail, SendError(str(error), permanent=False))
            for mail, error in refused
        ]


def _check(refused: Sequence[tuple[ClaimedMail, RefusedError]], most: int) -> None:
    recipients: dict[str, set[str]] = {}
    for mail, error in refused:
        alike = recipients.setdefault(error.kind, set())
        alike.add(mail.recipient)
        if len(alike) >= most:
            raise HoldError(f"the server refuses different recipients alike: {error}")


def decide(mail: ClaimedMail, error: RefusedError) -> Decision:
    """Return a refusal that is not the fault of a server that accepts nothing."""
    return mail, SendError(str(error), permanent=error.permanent)

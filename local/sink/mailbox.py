"""The mails that were received, in memory, limited in number and in bytes."""

import secrets
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

MAX_MAILS = 1000
MAX_TOTAL_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that was accepted. Texts are decoded; what the mail lacks is an empty text."""

    id: str
    received_at: datetime
    envelope_from: str
    envelope_to: tuple[str, ...]
    message_id: str
    subject: str
    sender: str
    to: str
    cc: str
    text: str
    html: str
    raw: bytes

    @property
    def size_bytes(self) -> int:
        """The size as received, line ends included."""
        return len(self.raw)

    @property
    def sender_name(self) -> str:
        """The name in From, or the whole header if it has no name."""
        return parseaddr(self.sender)[0] or self.sender


class Mailbox:
    """The newest mails. SMTP threads add them, page threads read them."""

    def __init__(
        self, *, max_mails: int = MAX_MAILS, max_total_bytes: int = MAX_TOTAL_BYTES
    ) -> None:
        self._max_mails = max_mails
        self._max_total_bytes = max_total_bytes
        self._mails: deque[Mail] = deque()
        self._total_bytes = 0
        self._changes = 0
        self._process = secrets.token_hex(4)
        self._changed = threading.Condition()

    def add(self, mail: Mail) -> None:
        """Keep a mail, and drop the oldest ones if there is no room for all."""
        with self._changed:
            self._mails.append(mail)
            self._total_bytes += mail.size_bytes
            while len(self._mails) > self._max_mails or (
                self._total_bytes > self._max_total_bytes and len(self._mails) > 1
            ):
                self._total_bytes -= self._mails.popleft().size_bytes
            self._note_change()

    def clear(self) -> None:
        """Drop all mails."""
        with self._changed:
            self._mails.clear()
            self._total_bytes = 0
            self._note_change()

    def mails(self) -> tuple[Mail, ...]:
        """Return all mails, oldest first."""
        with self._changed:
            return tuple(self._mails)

    def get(self, mail_id: str) -> Mail | None:
        """Return the mail with this id, or None if there is none."""
        return next((mail for mail in self.mails() if mail.id == mail_id), None)

    def revision(self) -> str:
        """Return a text that changes with every change of the mails, also across restarts."""
        with self._changed:
            return f"{self._process}-{self._changes}"

    def wait_for(self, count: int, *, timeout_seconds: float = 10) -> tuple[Mail, ...]:
        """Wait until there are at least ``count`` mails, and return all, oldest first.

        Raises:
            TimeoutError: fewer arrived in time; the message holds their number and subjects.

        """
        with self._changed:
            if self._changed.wait_for(lambda: len(self._mails) >= count, timeout_seconds):
                return tuple(self._mails)
            subjects = [mail.subject for mail in self._mails]
        raise TimeoutError(
            f"{len(subjects)} mails came within {timeout_seconds} s, "
            f"{count} were expected; subjects: {subjects}"
        )

    def _note_change(self) -> None:
        self._changes += 1
        self._changed.notify_all()

"""The mails that came, in memory, bounded in number and in bytes."""

import secrets
import threading
from collections import deque

from local.sink.message import Mail

MAX_MAILS = 1000
MAX_TOTAL_BYTES = 256 * 1024 * 1024


class Mailbox:
    """The newest mails, shared by the threads that receive and those that show them."""

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
        """Keep a mail; the oldest ones go where it does not fit beside them."""
        with self._changed:
            self._mails.append(mail)
            self._total_bytes += mail.size_bytes
            while len(self._mails) > self._max_mails or (
                self._total_bytes > self._max_total_bytes and len(self._mails) > 1
            ):
                self._total_bytes -= self._mails.popleft().size_bytes
            self._note_change()

    def clear(self) -> None:
        """Forget all mails."""
        with self._changed:
            self._mails.clear()
            self._total_bytes = 0
            self._note_change()

    def mails(self) -> tuple[Mail, ...]:
        """Return all mails, oldest first."""
        with self._changed:
            return tuple(self._mails)

    def get(self, mail_id: str) -> Mail | None:
        """Return the mail with this id, or None if there is none, or none any more."""
        return next((mail for mail in self.mails() if mail.id == mail_id), None)

    def revision(self) -> str:
        """Return a text that is another one whenever the mails are others."""
        with self._changed:
            return f"{self._process}-{self._changes}"

    def wait_for(self, count: int, *, timeout_seconds: float = 10) -> tuple[Mail, ...]:
        """Return all mails, oldest first, as soon as there are ``count`` of them or more.

        Raises:
            TimeoutError: fewer came in time; the message says how many, and which.

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

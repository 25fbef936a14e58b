"""Recipients that the sink refuses, so that a test can see how a sender reacts."""

import threading
from dataclasses import dataclass, replace
from typing import Literal

MAX_REFUSALS = 100
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refuse a recipient, or everyone (``*``), with an SMTP code.

    ``at`` is the command that is refused: RCPT for this recipient only, or DATA for the whole
    mail. The refusal ends after ``times`` answers; None keeps it until it is cleared.
    """

    recipient: str
    code: int
    times: int | None = None
    at: Literal["rcpt", "data"] = "rcpt"


class Refusals:
    """The active refusals, at most one for each recipient and command."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: dict[tuple[str, str], Refusal] = {}

    def put(self, refusal: Refusal) -> None:
        """Add a refusal, and replace the former one of the same recipient and command.

        Raises:
            ValueError: MAX_REFUSALS are active already.

        """
        key = (refusal.recipient.lower(), refusal.at)
        with self._lock:
            if key not in self._refusals and len(self._refusals) >= MAX_REFUSALS:
                raise ValueError(
                    f"{MAX_REFUSALS} refusals are in force, no more are kept; clear them first"
                )
            self._refusals[key] = refusal

    def clear(self) -> None:
        """Accept everything again."""
        with self._lock:
            self._refusals.clear()

    def all(self) -> tuple[Refusal, ...]:
        """Return the active refusals; ``times`` is what is left of it."""
        with self._lock:
            return tuple(self._refusals.values())

    def answer(self, at: Literal["rcpt", "data"], recipients: list[str]) -> str | None:
        """Return the SMTP answer that refuses a command, or None to accept it."""
        with self._lock:
            for recipient in [*recipients, EVERYONE]:
                key = (recipient.lower(), at)
                if key in self._refusals:
                    return self._use(key)
        return None

    def _use(self, key: tuple[str, str]) -> str:
        refusal = self._refusals[key]
        if refusal.times == 1:
            del self._refusals[key]
        elif refusal.times is not None:
            self._refusals[key] = replace(refusal, times=refusal.times - 1)
        return f"{refusal.code} {refusal.code // 100}.0.0 refused on request of a test"

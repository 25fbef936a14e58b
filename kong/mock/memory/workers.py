"""The workers of nginx, each of which counts for itself before the others see it."""

from collections.abc import Iterable

from kong.mock.memory.shared_dict import SharedDict


class Worker:
    """A process of nginx with its own counts (lua-resty-counter 0.2.1, lib/resty/counter.lua)."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # A reload replaced this worker: it finishes its requests, but syncs no more.
        self.is_retired = False
        self._increments: dict[str, float] = {}

    @property
    def unsynced(self) -> int:
        """The number of series whose newest counts are only in this worker."""
        return len(self._increments)

    def count(self, increments: Iterable[tuple[str, float]]) -> None:
        """Add to this worker's own counts."""
        for key, by in increments:
            self._increments[key] = self._increments.get(key, 0) + by

    def sync(self, dictionary: SharedDict) -> None:
        """Move the counts to the dictionary. Counts that find no memory there are lost."""
        for key, by in self._increments.items():
            dictionary.increment(key, by)
        self._increments.clear()

    def restart(self, pid: int) -> None:
        """Forget the counts, as a new process in this worker's place."""
        self.pid = pid
        self._increments.clear()

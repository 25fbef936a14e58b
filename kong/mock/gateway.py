"""One Kong: its workers, the dictionary that they share, and what its plugin exposes."""

import random
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence

from kong.mock.counters import Counters, Exchange
from kong.mock.memory.shared_dict import SharedDict
from kong.mock.memory.workers import Worker
from kong.mock.metrics.exposition import ERRORS, Format, Observed, render
from kong.mock.metrics.text import Sample

PLUGIN_DICTIONARY = "prometheus_metrics"
DICTIONARY_BYTES = 5 * 1024 * 1024
PAGE_BYTES = 4096
SYNC_SECONDS = 1.0

Choose = Callable[[Sequence[Worker]], Worker]


class Gateway:
    """What Kong counts, shared by the threads of both ports.

    Each worker keeps its counts to itself until it syncs. A scrape therefore shows the counts of
    the worker that answers it and, of the others, only what they have synced.

    Args:
        kong: the metrics of one version of Kong.
        workers: their number.
        first_pid: the process id of the first worker; later workers count up from it.
        dictionary_bytes: the size of the dictionary with the counters.
        node_id: the identity of this node. None stands for a new one at each start.
        choose: picks the worker of a new connection.

    """

    def __init__(
        self,
        kong: Format,
        *,
        workers: int = 1,
        first_pid: int = 1,
        dictionary_bytes: int = DICTIONARY_BYTES,
        node_id: str | None = None,
        choose: Choose = random.choice,
    ) -> None:
        self.kong = kong
        self.counters = Counters()
        self.has_plugin = True
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._choose = choose
        self._fixed_node_id = node_id
        self._dictionary_bytes = dictionary_bytes
        self._next_pid = first_pid
        self._workers = [Worker(self._new_pid()) for _ in range(workers)]
        # They never change, so that their memory is computed once.
        self._other_dictionaries = tuple(
            (name, SharedDict(name, size).used_bytes + pages * PAGE_BYTES, size)
            for name, size, pages in kong.dictionaries
        )
        self._start_node()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        return tuple(worker.pid for worker in self._workers)

    @property
    def unsynced(self) -> int:
        """The number of series with counts that not every scrape shows yet."""
        with self._lock:
            return sum(worker.unsynced for worker in self._workers)

    def start(self) -> None:
        """Sync the workers every second in a new thread until ``stop`` is called."""
        threading.Thread(target=self._sync_every_second, daemon=True).start()

    def stop(self) -> None:
        """Stop the syncs."""
        self._stopped.set()

    def sync(self) -> None:
        """Move the counts of all workers to the shared dictionary."""
        with self._lock:
            for worker in self._workers:
                worker.sync(self._dictionary)

    def worker(self) -> Worker:
        """Return the worker that accepts a new connection."""
        with self._lock:
            return self._choose(self._workers)

    def finish(self, worker: Worker, exchange: Exchange | None) -> None:
        """Count the end of a request; None stands for one that matched no route.

        The exact counts have it at once. Kong's plugin counts it in the worker, if it is enabled.
        """
        with self._lock:
            if exchange is not None and self.has_plugin:
                worker.count(self.kong.increments(exchange))
            self.counters.finish(exchange)

    def metrics(self, worker: Worker) -> str:
        """Return what a worker answers to a scrape, after it has synced its own counts.

        Reading a counter makes it recently used. After a scrape, the counters that come first in
        the text are therefore the first that a full dictionary drops.
        """
        with self._lock:
            worker.sync(self._dictionary)
            self._set_gauges(self.kong.gauges(self._observed()))
            samples = dict(self._local_gauges)
            if self.has_plugin or not self.kong.has_local_gauges:
                for key in sorted(self._dictionary.keys()):
                    samples[key] = self._dictionary.get(key) or 0
            return render(samples.items(), self.kong.families)

    def reload(self) -> None:
        """Replace the workers, as ``kong reload`` does; counts and the node's identity stay.

        The old workers sync once more. Requests that they have not finished yet are lost to the
        plugin, since nobody syncs them.
        """
        with self._lock:
            for worker in self._workers:
                worker.sync(self._dictionary)
                worker.is_retired = True
            self._workers = [Worker(self._new_pid()) for _ in self._workers]
            self._start_plugin()

    def restart(self) -> None:
        """Set all counts to zero, as a restart does; open connections and requests stay."""
        with self._lock:
            for worker in self._workers:
                worker.restart(self._new_pid())
            self.counters.reset()
            self._start_node()

    def _start_node(self) -> None:
        self.node_id = self._fixed_node_id or str(uuid.uuid4())
        self._dictionary = SharedDict(PLUGIN_DICTIONARY, self._dictionary_bytes)
        self._start_plugin()

    def _start_plugin(self) -> None:
        self._local_gauges: dict[str, float] = {}
        self._dictionary.set(ERRORS, 0)
        self._set_gauges(self.kong.start_gauges(self._observed()))

    def _set_gauges(self, gauges: Iterable[Sample]) -> None:
        if self.kong.has_local_gauges:
            self._local_gauges.update(gauges)
            return
        for key, value in gauges:
            if not self._dictionary.safe_set(key, value):
                self._dictionary.increment(ERRORS, 1)

    def _observed(self) -> Observed:
        dictionary = self._dictionary
        own = (PLUGIN_DICTIONARY, dictionary.used_bytes, dictionary.size_bytes)
        return Observed(
            snapshot=self.counters.snapshot(),
            node_id=self.node_id,
            pids=self.pids,
            dictionaries=(*self._other_dictionaries, own),
        )

    def _new_pid(self) -> int:
        self._next_pid += 1
        return self._next_pid - 1

    def _sync_every_second(self) -> None:
        while not self._stopped.wait(SYNC_SECONDS):
            self.sync()

"""The gateways: traffic through them, and the bytes that they counted, also before restarts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import requests

from local.stack.observer import Observer
from quotas.names import SELECTOR_LABELS

TIMEOUT_SECONDS = 10.0

# The values of SELECTOR_LABELS.
Key = tuple[str, ...]
# Labels that an older Kong does not expose.
LACKING: Mapping[str, Sequence[str]] = {"3.9": (), "2.7": ("consumer", "workspace")}


@dataclass(frozen=True)
class Gateway:
    """A gateway with the metrics of a version of Kong."""

    observer: Observer
    kong: str

    def counts(self) -> Counter[Key]:
        """Return the bytes counted since its start, by the values of the labels it exposes."""
        counts: Counter[Key] = Counter()
        for row in self.observer.truth():
            labels = {**row, **dict.fromkeys(LACKING[self.kong], "")}
            counts[tuple(labels[name] for name in SELECTOR_LABELS)] += row["bytes"]
        return counts

    def ask(self, method: str, path: str) -> dict[str, int]:
        """Return the answer of the status port."""
        url = f"{self.observer.ports.url('status')}{path}"
        answer = requests.request(method, url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found


@dataclass
class Gateways:
    """All gateways, and what they counted before they were restarted."""

    gateways: Sequence[Gateway]
    before_restarts: Counter[Key] = field(default_factory=Counter)

    def send(self, size_bytes: int, *, to: int = 0, path: str = "/bun", consumer: str = "") -> None:
        """Send a request whose answer has a body of this size."""
        self.gateways[to].observer.send(f"{path}/bytes/{size_bytes}", consumer=consumer)

    def counted(self, **where: str) -> int:
        """Return the bytes counted by all gateways since the start, with these labels."""
        wanted = {SELECTOR_LABELS.index(name): value for name, value in where.items()}
        return sum(
            count
            for key, count in self.by_labels().items()
            if all(key[place] == value for place, value in wanted.items())
        )

    def by_labels(self) -> Counter[Key]:
        """Return the bytes counted by all gateways since the start, by the values of labels."""
        return self.before_restarts + self.since_restart()

    def since_restart(self) -> Counter[Key]:
        """Return the bytes that their counters show, once all workers have synced."""
        return sum((gateway.counts() for gateway in self.gateways), Counter())

    def are_synced(self) -> bool:
        """Return whether every scrape from now on shows all that was counted."""
        truths = [gateway.ask("GET", "/truth") for gateway in self.gateways]
        return all(truth["in_flight"] == truth["unsynced"] == 0 for truth in truths)

    def restart(self) -> None:
        """Set the counts of all gateways to zero; all of them must have been scraped."""
        self.before_restarts += self.since_restart()
        for gateway in self.gateways:
            gateway.ask("POST", "/restart")

    def fail_scrapes(self, seconds: int) -> None:
        """Let all scrapes fail for some seconds."""
        for gateway in self.gateways:
            gateway.ask("POST", f"/fail?seconds={seconds}")

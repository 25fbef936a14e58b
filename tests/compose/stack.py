"""A running stack in containers, and the answers of its services."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from tests.compose.engine import EngineError, containers, docker, inspect
from tests.compose.folder import Folder

TIMEOUT_SECONDS = 10
WAIT_SECONDS = 90
POLL_SECONDS = 0.3
GET = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())
"""

Key = tuple[str, str]
Answer = TypeVar("Answer")


@dataclass
class Stack:
    """A deployment by compose or Swarm; ``labels`` returns the labels of a service's containers."""

    folder: Folder
    labels: Callable[[str], Sequence[str]]
    # Returns host:port by which this machine reaches a service, from its name and its own port.
    address: Callable[[str, int], str]
    # The counts of gateways that have stopped.
    stopped_counts: Counter[Key] = field(default_factory=Counter)

    def container(self, service: str) -> str:
        """Return the id of the newest container of a service.

        Raises:
            EngineError: no container of it is running.

        """
        found = containers(self.labels(service))
        if not found:
            raise EngineError(f"{service} does not run")
        return found[0]

    def inside(self, service: str, *command: str) -> str:
        """Run a command in the container of a service and return its output."""
        return docker("exec", self.container(service), *command)

    def send(self, path: str, consumer: str = "background", times: int = 1) -> None:
        """Send requests through the gateway, one after the other."""
        url = f"http://{self.address('kong', 9000)}{path}"
        headers = {"X-Consumer-Username": consumer}
        for _ in range(times):
            requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()

    def truth(self) -> Counter[Key]:
        """Return the bytes that all gateways counted, by route and direction."""
        return self.stopped_counts + self._counted()

    def keep_counts(self) -> None:
        """Keep the counts of the gateway, which it loses when it stops."""
        self.stopped_counts += self._counted()

    def _counted(self) -> Counter[Key]:
        answer: dict[str, Any] = {"in_flight": 1}

        def idle() -> bool:
            text = self.inside("kong", "python", "-c", GET, "http://127.0.0.1:8100/truth")
            answer.update(json.loads(text))
            return not answer["in_flight"]

        self.wait("the gateway to be idle", idle)
        counts: Counter[Key] = Counter()
        for row in answer["bandwidth_bytes"]:
            counts[row["route"], row["direction"]] += row["bytes"]
        return counts

    def charted(self) -> Counter[Key]:
        """Return the bytes of the last hour in the API, by route and direction."""
        answer = self.api("/api/v1/bandwidth", lookback="1h", step="1m", by="route,type")
        counts: Counter[Key] = Counter()
        for series in answer["series"]:
            counts[series["labels"]["route"], series["labels"]["type"]] += series["total_bytes"]
        return counts

    def await_equal(self) -> None:
        """Wait until the bytes in the API are equal to those that the gateways counted."""
        expected = self.truth()
        seen: Counter[Key] = Counter()

        def equal() -> bool:
            seen.clear()
            seen.update(self.charted())
            return +seen == +expected

        try:
            self.wait("the sums to be equal", equal)
        finally:
            assert +seen == +expected

    def api(self, path: str, **parameters: str) -> Any:
        """Return the JSON of a path of the API."""
        url = f"http://{self.address('api', 8000)}{path}"
        headers = {"Authorization": f"Bearer {self.folder.token()}"}
        response = requests.get(url, params=parameters, headers=headers, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()

    def mails(self) -> list[dict[str, Any]]:
        """Return the recipients, the subject and the Message-ID of each mail in the mailbox."""
        url = f"http://{self.address('mailpit', 8025)}/api/v1/messages"
        response = requests.get(url, params={"limit": "500"}, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return [
            {
                "id": message["MessageID"],
                "subject": message["Subject"],
                "to": [recipient["Address"] for recipient in message["To"]],
            }
            for message in response.json()["messages"]
        ]

    def subjects(self, word: str) -> list[str]:
        """Return the subjects that contain a word."""
        return [mail["subject"] for mail in self.mails() if word in mail["subject"]]

    def await_mail(self, word: str) -> None:
        """Wait for a mail with a word in its subject; fail if there are several."""
        self.wait(f"a mail about {word}", lambda: len(self.subjects(word)) >= 1)
        assert len(self.subjects(word)) == 1

    def wait(self, what: str, look: Callable[[], Any], seconds: float = WAIT_SECONDS) -> None:
        """Wait until ``look`` returns something true. A failed request or command is repeated."""
        deadline = time.monotonic() + seconds
        last: Exception | None = None
        while True:
            try:
                if look():
                    return
            except (requests.RequestException, EngineError) as error:
                last = error
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}: {last}"
            time.sleep(POLL_SECONDS)

    def reach_all_thresholds(self) -> None:
        """Reach 80, 90 and 100 % of a quota; check the three mails, the usage and the charts."""
        self.send("/ban/once")
        for percent in (80, 90, 100):
            while self.truth()["bun-route", "egress"] <= 50_000 * percent:
                self.send("/bun/bytes/50000", times=4)
            self.await_mail(f"[{percent} %] bun-egress")
        assert [mail["to"] for mail in self.mails()] == [["team-bun@example.com"]] * 3
        self.await_equal()
        [quota] = self.api("/api/v1/quotas/bun-egress")["quotas"]
        assert quota["used_bytes"] == self.truth()["bun-route", "egress"]
        assert quota["state"] == "100"
        notifications = self.api("/api/v1/quotas/bun-egress/notifications")["notifications"]
        assert Counter(one["state"] for one in notifications) == {"sent": 3}

    def assert_none_twice(self) -> None:
        """Check that no mail arrived twice and nobody was notified twice of the same event."""
        mails = self.mails()
        assert max(Counter(mail["id"] for mail in mails).values()) == 1
        notifications = Counter((mail["subject"], *mail["to"]) for mail in mails)
        assert max(notifications.values()) == 1, notifications

    def await_watched(self) -> None:
        """Wait until the gateway was scraped for ten seconds and alerts reach the webhook."""

        def watched() -> bool:
            text = self.inside(
                "webhook", "python", "-c", GET, "http://127.0.0.1:8080/readyz/watchdog"
            )
            return bool(json.loads(text)["checks"]["watchdog"]["ok"]) and self._up_for_a_while()

        self.wait("the gateway to be watched", watched)

    def _up_for_a_while(self) -> bool:
        query = 'min_over_time(up{job="kong"}[10s] offset 4s) == 1'
        return bool(self.query(query))

    def query(self, promql: str) -> list[Any]:
        """Return the result of an instant query."""
        text = self.inside(
            "prometheus",
            *("promtool", "query", "instant", "--format=json", "http://127.0.0.1:9090", promql),
        )
        found: list[Any] = json.loads(text)
        return found


def environment_of(container: str) -> Mapping[str, str]:
    """Return the environment variables of a container."""
    pairs = json.loads(inspect("{{json .Config.Env}}", container))
    return dict(pair.split("=", 1) for pair in pairs)

"""A stack in containers: what is asked of its parts, and from where it can be asked."""

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
    """A deployment, by compose or by Swarm; ``labels`` are those of a service's containers."""

    folder: Folder
    labels: Callable[[str], Sequence[str]]
    # host:port by which this machine reaches a service, and the port that it listens on.
    address: Callable[[str, int], str]
    # What gateways counted that are no more.
    forgotten: Counter[Key] = field(default_factory=Counter)

    def container(self, service: str) -> str:
        """Return the id of a service's newest container.

        Raises:
            EngineError: none runs.

        """
        found = containers(self.labels(service))
        if not found:
            raise EngineError(f"{service} does not run")
        return found[0]

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a service's container and return what it prints."""
        return docker("exec", self.container(service), *command)

    def send(self, path: str, consumer: str = "background", times: int = 1) -> None:
        """Send requests through the gateway."""
        url = f"http://{self.address('kong', 9000)}{path}"
        headers = {"X-Consumer-Username": consumer}
        for _ in range(times):
            requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()

    def truth(self) -> Counter[Key]:
        """Return what gateways counted since the test began, by route and direction."""
        return self.forgotten + self._counted()

    def forget(self) -> None:
        """Remember what the gateway counted, before it ends."""
        self.forgotten += self._counted()

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
        """Return what the API says was moved in the last hour, by route and direction."""
        answer = self.api("/api/v1/bandwidth", lookback="1h", step="1m", by="route,type")
        counts: Counter[Key] = Counter()
        for series in answer["series"]:
            counts[series["labels"]["route"], series["labels"]["type"]] += series["total_bytes"]
        return counts

    def await_equal(self) -> None:
        """Wait until the API's sums are the gateways' counts, to the byte."""
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
        """Return the JSON that the API answers."""
        url = f"http://{self.address('api', 8000)}{path}"
        headers = {"Authorization": f"Bearer {self.folder.token()}"}
        response = requests.get(url, params=parameters, headers=headers, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()

    def mails(self) -> list[dict[str, Any]]:
        """Return recipients, subject and id of each mail that the mailbox has."""
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
        """Return the subjects of the mails that have a word in theirs."""
        return [mail["subject"] for mail in self.mails() if word in mail["subject"]]

    def await_mail(self, word: str) -> None:
        """Wait until one mail has a word in its subject; more are a fault."""
        self.wait(f"a mail about {word}", lambda: len(self.subjects(word)) >= 1)
        assert len(self.subjects(word)) == 1

    def wait(self, what: str, look: Callable[[], Any], seconds: float = WAIT_SECONDS) -> None:
        """Wait until ``look`` returns something true; what cannot be reached is not there yet."""
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

    def cross_the_limits(self) -> None:
        """Pass 80, 90 and 100 % of a quota: three mails come, and all say the same bytes."""
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
        told = self.api("/api/v1/quotas/bun-egress/notifications")["notifications"]
        assert Counter(one["state"] for one in told) == {"sent": 3}

    def assert_none_twice(self) -> None:
        """Nobody was told of the same twice, and no mail came twice."""
        mails = self.mails()
        assert max(Counter(mail["id"] for mail in mails).values()) == 1
        told = Counter((mail["subject"], *mail["to"]) for mail in mails)
        assert max(told.values()) == 1, told

    def await_watched(self) -> None:
        """Wait until the gateway was scraped for a while, and alerts arrive."""

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
    """Return the environment variables that a container was made with."""
    pairs = json.loads(inspect("{{json .Config.Env}}", container))
    return dict(pair.split("=", 1) for pair in pairs)

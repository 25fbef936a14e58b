"""Ask the parts of a running stack for counts, series, quota usage and mails."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from local.stack.ports import Ports
from local.stack.processes import Processes, StackError
from quotas import names
from quotas.promql import select

TIMEOUT_SECONDS = 10.0
POLL_SECONDS = 0.2

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Observer:
    """Sends requests to the parts of a running stack and reads their answers."""

    ports: Ports
    processes: Processes

    def wait_for(self, what: str, look: Callable[[], Answer | None], seconds: float) -> Answer:
        """Call ``look`` until it returns something other than None, and return that.

        Args:
            what: what is waited for, for the error message.
            look: is called every POLL_SECONDS.
            seconds: how long to wait at most.

        Raises:
            StackError: ``look`` returned None until the time was over, or a part ended.

        """
        deadline = time.monotonic() + seconds
        while True:
            self.processes.check()
            answer = look()
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise StackError(f"waited {seconds:.0f} s in vain for {what}")
            time.sleep(POLL_SECONDS)

    def send(self, path: str, *, consumer: str = "", times: int = 1) -> None:
        """Send requests through the gateway, one after the other; "" sends no consumer."""
        headers = {"X-Consumer-Username": consumer} if consumer else {}
        with requests.Session() as session:
            for _ in range(times):
                url = f"{self.ports.url('proxy')}{path}"
                session.get(url, headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()

    def truth(self) -> list[dict[str, Any]]:
        """Return the exact byte counts of the gateway, once it handles no request."""

        def settled() -> list[dict[str, Any]] | None:
            answer = self._json("status", "/truth")
            counts: list[dict[str, Any]] = answer["bandwidth_bytes"]
            return None if answer["in_flight"] else counts

        return self.wait_for("the gateway to be idle", settled, TIMEOUT_SECONDS)

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and the value of each series that an instant query returns."""
        answer = self._json("prometheus", "/api/v1/query", query=promql)
        return [
            (element["metric"], float(element["value"][1])) for element in answer["data"]["result"]
        ]

    def used_bytes(self, quota: str) -> int | None:
        """Return the usage of a quota in bytes, or None before its first evaluation."""
        found = self.query(f"{names.USED}{select({names.QUOTA: quota})}")
        return int(found[0][1]) if found else None

    def rows(self, lookback: str = "15m", **filters: str) -> list[dict[str, Any]]:
        """Return the rows of the API's /metrics/bandwidth_used."""
        rows: list[dict[str, Any]] = self._json(
            "api", "/metrics/bandwidth_used", lookback_duration=lookback, **filters
        )
        return rows

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails in the mail sink, oldest first."""
        mails: list[dict[str, Any]] = self._json("mails", "/api/mails")
        return mails

    def wait_until_watched(self, seconds: float = 60) -> None:
        """Wait until the first scrape is 4 s old, so that quotas and charts miss no byte."""
        query = f"up{select({'job': names.GATEWAY_JOB})} offset 4s == 1"
        self.wait_for("the first scrapes", lambda: self.query(query) or None, seconds)

    def _json(self, part: str, path: str, **parameters: str) -> Any:
        url = f"{self.ports.url(part)}{path}"
        response = requests.get(url, params=parameters, timeout=TIMEOUT_SECONDS)
        if not response.ok:
            raise StackError(f"{url} answered {response.status_code}: {response.text[:500]}")
        return response.json()


def total(rows: list[dict[str, Any]], column: str, **where: str) -> int:
    """Return the sum of a column over the rows that have these values; null counts as 0."""
    return sum(
        row[column] or 0 for row in rows if all(row[name] == value for name, value in where.items())
    )

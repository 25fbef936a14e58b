"""A client for the Prometheus server that evaluates our rules: API requests, queries, reloads.

``quotas.prometheus.queries`` is for queries whose answers must be small and in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from quotas.http.exchange import Answer, Server, UpstreamError, exchange, read_words
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS, find_doubt
from quotas.settings import hide_password

TIMEOUT_SECONDS = 30
LARGEST_ANSWER_BYTES = 256 * 2**20
LONGEST_ANSWER_SHOWN = 300

_FORBIDDEN = 403
_REDIRECTS = range(300, 400)
_GOOD = range(200, 300)


class PrometheusError(Exception):
    """Prometheus cannot be used. The message says what it answered and what to do."""


@dataclass(frozen=True)
class PrometheusClient:
    """A client for the Prometheus at an endpoint."""

    endpoint: Endpoint
    _server: Server = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = self.endpoint
        server = Server(
            "Prometheus",
            known.url,
            TIMEOUT_SECONDS,
            LARGEST_ANSWER_BYTES,
            known.headers,
            known.ca_file,
        )
        object.__setattr__(self, "_server", server)

    @property
    def url(self) -> str:
        """The address, without any secret."""
        return self.endpoint.url

    def ask(self, path: str, **parameters: str) -> Any:
        """Return ``data`` of an answer of the HTTP API.

        Raises:
            PrometheusError: Prometheus cannot be reached, or does not answer with all of ``data``.

        """
        if path.startswith("/api/v1/query"):
            parameters = {**parameters, **QUERY_PARAMETERS}
        answer = self._request("GET", path, parameters)
        try:
            found = orjson.loads(answer.body)
            data = found["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise self.unexpected_answer(path) from error
        if doubt := find_doubt(found):
            words = self.endpoint.headers.hide_in(doubt)[:LONGEST_ANSWER_SHOWN]
            raise PrometheusError(f"{self.url}{path} has only a part of the data: {words}")
        return data

    def unexpected_answer(self, path: str) -> PrometheusError:
        """Return the error for an answer that does not have the shape of Prometheus's API."""
        return PrometheusError(f"{self.url}{path}: the answer is not Prometheus's")

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and value of each element that an instant query finds."""
        data = self.ask("/api/v1/query", query=promql)
        return [(element["metric"], float(element["value"][1])) for element in data["result"]]

    def reload(self) -> None:
        """Make Prometheus read its configuration and rules again.

        Raises:
            PrometheusError: the reload failed. The message says why.

        """
        try:
            self._request("POST", "/-/reload", {})
        except PrometheusError as error:
            if f"answered {_FORBIDDEN}" in str(error):
                raise PrometheusError(
                    f"{self.url} answered {_FORBIDDEN} to a reload: start it with "
                    f"--web.enable-lifecycle, or send the process SIGHUP"
                ) from error
            raise

    def _request(self, method: str, path: str, parameters: Mapping[str, str]) -> Answer:
        address, known = f"{self.url}{path}", self.endpoint.headers
        try:
            answer = exchange(self._server, method, path, parameters=parameters)
        except UpstreamError as error:
            reason = f" ({error.reason})" if error.reason else ""
            raise PrometheusError(f"{address}: {error}{reason}") from error
        if answer.status in _REDIRECTS:
            where = hide_password(known.hide_in(answer.location))[:LONGEST_ANSWER_SHOWN]
            raise PrometheusError(f"{address} answered {answer.status}, see {where}; name that")
        if answer.status not in _GOOD:
            words = read_words(self._server, answer, LONGEST_ANSWER_SHOWN)
            raise PrometheusError(f"{address} answered {answer.status}: {words}")
        return answer

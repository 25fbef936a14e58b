"""A client for the Prometheus server that evaluates our rules: API requests, queries, reloads.

``quotas.prometheus.queries`` is for queries whose answers must be small and in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from quotas.http.exchange import Answer, Content, Server, UpstreamError, exchange, read_words
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
    """Prometheus cannot be used. The message says what it answered and what to do.

    ``status`` is that of its answer; 0 if there is none, or only its content is wrong.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


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
        found = self.read_json(path, **parameters)
        try:
            data = found["data"]
        except (KeyError, TypeError) as error:
            raise self.unexpected_answer(path) from error
        if doubt := find_doubt(found):
            words = self.endpoint.headers.hide_in(doubt)[:LONGEST_ANSWER_SHOWN]
            raise PrometheusError(f"{self.url}{path} has only a part of the data: {words}")
        return data

    def read_json(self, path: str, **parameters: str) -> Any:
        """Return a whole answer that is JSON.

        Raises:
            PrometheusError: there is no such answer.

        """
        try:
            return orjson.loads(self._request("GET", path, parameters).body)
        except ValueError as error:
            raise self.unexpected_answer(path) from error

    def read_text(self, path: str) -> str:
        """Return a whole answer as text.

        Raises:
            PrometheusError: there is no answer, or it is an error.

        """
        return self._request("GET", path, {}).body.decode("utf-8", "replace")

    def send(self, method: str, path: str, body: str = "") -> None:
        """Change something, by a request with a body of YAML.

        Raises:
            PrometheusError: the request failed. The message says why.

        """
        self._request(method, path, {}, Content("application/yaml", body.encode()))

    def unexpected_answer(self, path: str) -> PrometheusError:
        """Return the error for an answer that does not have the shape of Prometheus's API."""
        return PrometheusError(f"{self.url}{path}: the answer is not Prometheus's")

    def query(self, promql: str, **parameters: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and value of each element that an instant query finds."""
        data = self.ask("/api/v1/query", query=promql, **parameters)
        return [(element["metric"], float(element["value"][1])) for element in data["result"]]

    def reload(self) -> None:
        """Make Prometheus read its configuration and rules again.

        Raises:
            PrometheusError: the reload failed. The message says why.

        """
        try:
            self._request("POST", "/-/reload", {})
        except PrometheusError as error:
            if error.status == _FORBIDDEN:
                raise PrometheusError(
                    f"{self.url} answered {_FORBIDDEN} to a reload: start it with "
                    f"--web.enable-lifecycle, or send the process SIGHUP",
                    error.status,
                ) from error
            raise

    def _request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        content: Content | None = None,
    ) -> Answer:
        address, known = f"{self.url}{path}", self.endpoint.headers
        try:
            answer = exchange(self._server, method, path, parameters=parameters, content=content)
        except UpstreamError as error:
            reason = f" ({error.reason})" if error.reason else ""
            raise PrometheusError(f"{address}: {error}{reason}") from error
        if answer.status in _REDIRECTS:
            where = hide_password(known.hide_in(answer.location))[:LONGEST_ANSWER_SHOWN]
            message = f"{address} answered {answer.status}, see {where}; name that"
            raise PrometheusError(message, answer.status)
        if answer.status not in _GOOD:
            words = read_words(self._server, answer, LONGEST_ANSWER_SHOWN)
            raise PrometheusError(f"{address} answered {answer.status}: {words}", answer.status)
        return answer

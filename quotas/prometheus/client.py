"""A client for the Prometheus server that evaluates our rules: API requests, queries, reloads.

``quotas.prometheus.queries`` is for queries whose answers must be small and in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_SECONDS = 15
LONGEST_ANSWER_SHOWN = 300


class PrometheusError(Exception):
    """Prometheus cannot be used. The message says what it answered and what to do."""


@dataclass(frozen=True)
class PrometheusClient:
    """A Prometheus, or another server with its API, at an address that may end with a path."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """Return ``data`` of an answer of the HTTP API.

        Raises:
            PrometheusError: Prometheus cannot be reached, or does not answer with ``data``.

        """
        response = self._request("GET", path, parameters)
        try:
            return response.json()["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise self.unexpected_answer(path) from error

    def unexpected_answer(self, path: str) -> PrometheusError:
        """Return the error for an answer that does not have the shape of Prometheus's API."""
        return PrometheusError(f"{self.url.rstrip('/')}{path}: the answer is not Prometheus's")

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
            if "answered 403" in str(error):
                raise PrometheusError(
                    f"{self.url} answered 403 to a reload: start it with --web.enable-lifecycle, "
                    f"or send the process SIGHUP"
                ) from error
            raise

    def _request(self, method: str, path: str, parameters: Mapping[str, str]) -> requests.Response:
        address = f"{self.url.rstrip('/')}{path}"
        try:
            response = requests.request(
                method, address, params=parameters, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise PrometheusError(f"{address} cannot be reached: {_describe(error)}") from error
        if response.is_redirect:
            where = response.headers["Location"][:LONGEST_ANSWER_SHOWN]
            raise PrometheusError(
                f"{address} answered {response.status_code}, see {where}; name that"
            )
        if not response.ok:
            answer = response.text.strip()[:LONGEST_ANSWER_SHOWN]
            raise PrometheusError(f"{address} answered {response.status_code}: {answer}")
        return response


def _describe(error: requests.RequestException) -> str:
    """Return why a request failed: what the system says, if it is the cause."""
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS} seconds"
    words = str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            words = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return words

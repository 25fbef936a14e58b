"""A Prometheus that evaluates the rules: have it load them, and ask what it has loaded."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from quotas.rulefile import RuleFile

TIMEOUT_SECONDS = 15
RELOAD_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5
LONGEST_ANSWER_SHOWN = 300

# The tokens of PromQL that matter: strings, words with digits (durations, names), signs.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9.]+e[+-]?[0-9]+|[A-Za-z0-9_.:]+|[^\sA-Za-z0-9_.:"]')
_MATCHER = re.compile(r'[^",]+"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


class RulerError(Exception):
    """The Prometheus does not answer as it must; the message says what it answered, what to do."""


@dataclass(frozen=True)
class Ruler:
    """The address of a Prometheus."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """Return ``data`` of an answer of the HTTP API.

        Raises:
            RulerError: there is no such answer.

        """
        response = self._request("GET", path, parameters)
        try:
            return response.json()["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise RulerError(f"{self.url}{path}: the answer is not Prometheus's") from error

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Return labels and value of each element of an instant query's vector."""
        data = self.ask("/api/v1/query", query=promql)
        return [(element["metric"], float(element["value"][1])) for element in data["result"]]

    def reload(self) -> None:
        """Have Prometheus read its configuration and rules anew.

        Raises:
            RulerError: it did not, and why.

        """
        try:
            self._request("POST", "/-/reload", {})
        except RulerError as error:
            if "answered 403" in str(error):
                raise RulerError(
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
            raise RulerError(f"{address} cannot be reached: {error}") from error
        if not response.ok:
            answer = response.text.strip()[:LONGEST_ANSWER_SHOWN]
            raise RulerError(f"{address} answered {response.status_code}: {answer}")
        return response


def await_rules(ruler: Ruler, files: Sequence[RuleFile]) -> str:
    """Reload, wait until the rules of these files are loaded, and return that they are.

    Raises:
        RulerError: they were not loaded in time, and what differs.

    """
    ruler.reload()
    deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
    while differences := list(differing_rules(ruler, files)):
        if time.monotonic() > deadline:
            raise RulerError(
                f"{ruler.url} has reloaded, but its rules are not these: {differences[0]}; does "
                f"rule_files in its prometheus.yml name the folder of --out?"
            )
        time.sleep(POLL_SECONDS)
    count = sum(len(group.rules) for file in files for group in file.groups)
    return f"{ruler.url} has loaded these {count} rules"


def differing_rules(ruler: Ruler, files: Sequence[RuleFile]) -> Iterator[str]:
    """Yield in what the loaded rules differ from those of these files.

    Groups of others are passed over, but not those that were generated from quotas that are gone.
    """
    loaded = {group["name"]: group for group in ruler.ask("/api/v1/rules")["groups"]}
    wanted = {group.name: group for file in files for group in file.groups}
    for name, group in wanted.items():
        if name not in loaded:
            yield f"the group {name} is not loaded"
            continue
        theirs = [(rule["name"], normalise(rule["query"])) for rule in loaded[name]["rules"]]
        ours = [(rule.name, normalise(rule.query)) for rule in group.rules]
        if theirs != ours:
            yield f"the group {name} has other rules"
    for name in loaded.keys() - wanted.keys():
        if name.startswith("gateway-quotas-"):
            yield f"the group {name} is loaded, but no longer wanted"


def normalise(query: str) -> tuple[str, ...]:
    """Return PromQL as tokens in which layout, comments and the writing of numbers are gone.

    Prometheus shows a query as it would write it itself, not as the rule file has it.
    """
    words = (_normalise_word(word) for word in _TOKEN.findall(_COMMENT.sub("", query)))
    tokens: list[str] = []
    for word in words:
        if word == "{":
            # Prometheus sorts the matchers of a selector.
            selector = "".join(iter(lambda: next(words, "}"), "}"))
            tokens.append(str(sorted(_MATCHER.findall(selector))))
        elif word != ",":
            tokens.append(word)
    return tuple(tokens)


def _normalise_word(word: str) -> str:
    if word.startswith('"'):
        return json.dumps(json.loads(word))
    try:
        return repr(float(word))
    except ValueError:
        return word

"""A Prometheus that evaluates the rules: have it load them, and ask what it has loaded."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from quotas.rules.rulefile import Group, RuleFile
from quotas.units import read_duration

TIMEOUT_SECONDS = 15
RELOAD_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5
LONGEST_ANSWER_SHOWN = 300

# The tokens of PromQL that matter: strings, words with digits (durations, names), signs.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9.]+e[+-]?[0-9]+|[A-Za-z0-9_.:]+|[^\sA-Za-z0-9_.:"]')
_MATCHER = re.compile(r'[^",]+"(?:[^"\\]|\\.)*"')
# An escape of Go's that JSON lacks, or any other.
_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|.)")
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
            raise self.misunderstood(path) from error

    def misunderstood(self, path: str) -> RulerError:
        """Return the error for an answer that is not what Prometheus answers."""
        return RulerError(f"{self.url.rstrip('/')}{path}: the answer is not Prometheus's")

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
        if response.is_redirect:
            where = response.headers["Location"][:LONGEST_ANSWER_SHOWN]
            raise RulerError(f"{address} answered {response.status_code}, see {where}; name that")
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
    loaded = {group["name"]: group for group in loaded_groups(ruler)}
    wanted = {group.name: group for file in files for group in file.groups}
    for name, group in wanted.items():
        if name not in loaded:
            yield f"the group {name} is not loaded"
            continue
        if loaded[name]["interval"] != group.interval_seconds:
            yield f"the group {name} has another interval"
        if _loaded_rules(loaded[name]) != _rules(group):
            yield f"the group {name} has other rules"
    for name in loaded.keys() - wanted.keys():
        if name.startswith("gateway-quotas-"):
            yield f"the group {name} is loaded, but no longer wanted"


def loaded_groups(ruler: Ruler) -> list[dict[str, Any]]:
    """Return the groups of rules that are loaded, as the HTTP API has them.

    Raises:
        RulerError: there is no such answer.

    """
    path = "/api/v1/rules"
    data = ruler.ask(path)
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        raise ruler.misunderstood(path)
    return groups


def _loaded_rules(group: Mapping[str, Any]) -> list[Any]:
    return [
        (
            rule["name"],
            normalise(rule["query"]),
            rule.get("duration", 0),
            rule.get("labels", {}),
            rule.get("annotations", {}),
        )
        for rule in group["rules"]
    ]


def _rules(group: Group) -> list[Any]:
    return [
        (
            rule.name,
            normalise(rule.query),
            rule.for_seconds,
            dict(rule.labels),
            dict(rule.annotations),
        )
        for rule in group.rules
    ]


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
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[0], word)
        return json.dumps(json.loads(plain))
    if not word[0].isdigit():
        return word
    for read in (float, read_duration):
        try:
            return repr(float(read(word)))
        except ValueError:
            continue
    return word

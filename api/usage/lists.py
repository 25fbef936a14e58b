"""Lists of entries: those that are wanted, in order; and summaries of quotas with many entries."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.labels import PUBLIC
from api.usage.model import Entry
from quotas import names

_LOWEST = float("-inf")


@dataclass(frozen=True)
class Wanted:
    """Which entries, in which order, and which part of them.

    Empty ``states``, ``labels`` and ``search`` exclude nothing. ``sort`` is one of SORT_KEYS; after
    a ``-``, the largest are first.
    """

    states: Sequence[str] = ()
    labels: Sequence[tuple[str, str]] = ()
    search: str = ""
    sort: str = "-ratio"
    page: int = 1
    page_size: int = 100

    @property
    def span(self) -> slice:
        """Return where the page is in the list of all pages."""
        first = (self.page - 1) * self.page_size
        return slice(first, first + self.page_size)


@dataclass(frozen=True)
class Summary:
    """A quota: all its entries, and the wanted ones in order."""

    quota: str
    everything: Sequence[Entry]
    found: Sequence[Entry]


@dataclass(frozen=True)
class Summaries:
    """Quotas in the order of their first wanted entries.

    ``states`` counts entries by state: those that would be wanted in any state.
    """

    quotas: Sequence[Summary]
    states: Mapping[str, int]


def _number(value: float | None) -> float:
    return _LOWEST if value is None else value


def _full_at(entry: Entry, now: datetime) -> tuple[bool, datetime]:
    full_at = entry.full_at(now)
    return full_at is None, full_at or now


def _name(entry: Entry) -> tuple[str, ...]:
    return entry.quota, *(entry.labels.get(label, "") for label in names.SELECTOR_LABELS)


SORT_KEYS: Mapping[str, Callable[[Entry, datetime], Any]] = {
    "ratio": lambda entry, _: _number(entry.ratio),
    "used": lambda entry, _: _number(entry.used_bytes),
    "left": lambda entry, _: _number(entry.left_bytes),
    "forecast": lambda entry, _: _number(entry.forecast_bytes),
    "full_at": _full_at,
    "name": lambda entry, _: _name(entry),
}


def find_wanted(entries: Iterable[Entry], wanted: Wanted, now: datetime) -> list[Entry]:
    """Return the wanted entries of all pages, in order."""
    return _in_order(_of_states(_in_any_state(entries, wanted), wanted), wanted, now)


def summarize(entries: Sequence[Entry], wanted: Wanted, now: datetime) -> Summaries:
    """Return the quotas of all pages that have wanted entries."""
    in_any_state = _in_any_state(entries, wanted)
    found = _by_quota(_in_order(_of_states(in_any_state, wanted), wanted, now))
    everything = _by_quota(entries)
    quotas = [Summary(quota, everything[quota], own) for quota, own in found.items()]
    return Summaries(quotas, Counter(entry.state for entry in in_any_state))


def differing_labels(entries: Sequence[Entry]) -> list[str]:
    """Return the public names of the labels that tell entries of one quota apart."""
    return [
        PUBLIC[label]
        for label in names.SELECTOR_LABELS
        if len({entry.labels.get(label) for entry in entries}) > 1
    ]


def _in_any_state(entries: Iterable[Entry], wanted: Wanted) -> list[Entry]:
    words = wanted.search.casefold().split()
    return [
        entry
        for entry in entries
        if all(entry.labels.get(name, "") == value for name, value in wanted.labels)
        and all(word in entry.text for word in words)
    ]


def _of_states(entries: Iterable[Entry], wanted: Wanted) -> list[Entry]:
    return [entry for entry in entries if not wanted.states or entry.state in wanted.states]


def _in_order(entries: Iterable[Entry], wanted: Wanted, now: datetime) -> list[Entry]:
    key = SORT_KEYS[wanted.sort.removeprefix("-")]
    return sorted(entries, key=lambda entry: key(entry, now), reverse=wanted.sort.startswith("-"))


def _by_quota(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.quota, []).append(entry)
    return groups

"""The gauges that both versions of Kong have."""

from collections.abc import Iterator, Mapping

from kong.mock.counters import Snapshot
from kong.mock.metrics.exposition import ERRORS, Family, Observed
from kong.mock.metrics.text import Sample, full_name

MEBIBYTE = 1024 * 1024
# The shared dictionaries of both versions (kong/templates/nginx_kong.lua): name, size in bytes, and
# the pages in use after a start.
DICTIONARIES = (
    ("kong", 5 * MEBIBYTE, 0),
    ("kong_cluster_events", 5 * MEBIBYTE, 0),
    ("kong_core_db_cache", 128 * MEBIBYTE, 7),
    ("kong_core_db_cache_miss", 12 * MEBIBYTE, 1),
    ("kong_db_cache", 128 * MEBIBYTE, 0),
    ("kong_db_cache_miss", 12 * MEBIBYTE, 0),
    ("kong_healthchecks", 5 * MEBIBYTE, 0),
    ("kong_locks", 8 * MEBIBYTE, 0),
    ("kong_rate_limiting_counters", 12 * MEBIBYTE, 0),
)
_WORKER_BYTES = 46314808

FAMILIES = {
    "datastore_reachable": Family("Datastore reachable from Kong, 0 is unreachable", "gauge"),
    "memory_lua_shared_dict_bytes": Family("Allocated slabs in bytes in a shared_dict", "gauge"),
    "memory_lua_shared_dict_total_bytes": Family(
        "Total capacity in bytes of a shared_dict", "gauge"
    ),
    "memory_workers_lua_vms_bytes": Family("Allocated bytes in worker Lua VM", "gauge"),
    ERRORS: Family("Number of nginx-lua-prometheus errors", "counter"),
}


def dictionary_sizes(observed: Observed, first: Mapping[str, str]) -> Iterator[Sample]:
    """Yield the size of each shared dictionary; ``first`` holds the labels that come first."""
    for name, _, size_bytes in observed.dictionaries:
        yield full_name("memory_lua_shared_dict_total_bytes", _of(first, name)), size_bytes


def memory(observed: Observed, first: Mapping[str, str]) -> Iterator[Sample]:
    """Yield the memory that dictionaries and workers use, and whether the database answers."""
    yield "datastore_reachable", 1
    for name, used_bytes, _ in observed.dictionaries:
        yield full_name("memory_lua_shared_dict_bytes", _of(first, name)), used_bytes
    for pid in observed.pids:
        labels = {**first, "pid": pid, "kong_subsystem": "http"}
        yield full_name("memory_workers_lua_vms_bytes", labels), _WORKER_BYTES


def connections(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Yield state and number of nginx's connections. The scrape itself is one that is writing."""
    writing = snapshot.in_flight + 1
    yield "accepted", snapshot.connections_accepted
    yield "active", snapshot.connections_active
    yield "handled", snapshot.connections_accepted
    yield "reading", 0
    yield "total", snapshot.total_requests
    yield "waiting", max(0, snapshot.connections_active - writing)
    yield "writing", writing


def _of(first: Mapping[str, str], dictionary: str) -> dict[str, str]:
    return {**first, "shared_dict": dictionary, "kong_subsystem": "http"}

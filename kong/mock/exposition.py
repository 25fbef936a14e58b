"""The text of /metrics, as Kong's prometheus plugin writes it.

The names are written out here instead of imported from the rest of the project: the mock stands
for another system, so that tests notice if the project uses wrong names. See
https://github.com/Kong/kong/tree/3.9.0/kong/plugins/prometheus and the same folder at 2.7.0.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kong.mock.counters import Snapshot

# The memory of a newly started Kong: name, used bytes, total bytes.
_SHARED_DICTS = (
    ("kong", 40960, 5242880),
    ("kong_cluster_events", 40960, 5242880),
    ("kong_core_db_cache", 823296, 134217728),
    ("kong_core_db_cache_miss", 90112, 12582912),
    ("kong_db_cache", 794624, 134217728),
    ("kong_db_cache_miss", 86016, 12582912),
    ("kong_healthchecks", 40960, 5242880),
    ("kong_locks", 61440, 8388608),
    ("kong_rate_limiting_counters", 86016, 12582912),
    ("prometheus_metrics", 57344, 5242880),
)
_WORKER_BYTES = 46314808

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """The process of Kong that exposes the metrics."""

    node_id: str
    pid: int


@dataclass(frozen=True)
class Family:
    """One metric with its samples; labels are written in the given order."""

    name: str
    help: str
    type: str
    samples: tuple[tuple[Labels, int], ...]


def render(families: Iterator[Family]) -> str:
    """Return the families as text, sorted by name and labels, without those that have no sample."""
    lines = []
    for family in sorted(families, key=lambda family: family.name):
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {family.help}")
        lines.append(f"# TYPE {family.name} {family.type}")
        samples = ((family.name + _labels(labels), value) for labels, value in family.samples)
        lines.extend(f"{key} {value}" for key, value in sorted(samples))
    return "".join(f"{line}\n" for line in lines)


def kong_3_9(snapshot: Snapshot, node: Node) -> Iterator[Family]:
    """Yield the metrics of Kong 3.9 with bandwidth_metrics, status_code_metrics, per_consumer."""
    yield Family(
        "kong_bandwidth_bytes",
        "Total bandwidth (ingress/egress) throughput in bytes",
        "counter",
        tuple(
            (
                {
                    "service": key.service,
                    "route": key.route,
                    "direction": key.direction,
                    "workspace": key.workspace,
                    "consumer": key.consumer,
                },
                value_bytes,
            )
            for key, value_bytes in snapshot.bandwidth_bytes.items()
        ),
    )
    yield Family(
        "kong_http_requests_total",
        "HTTP status codes per consumer/service/route in Kong",
        "counter",
        tuple(
            ({name: str(value) for name, value in key._asdict().items()}, count)
            for key, count in snapshot.requests.items()
        ),
    )
    yield _gauge(
        "kong_node_info",
        "Kong Node metadata information",
        ({"node_id": node.node_id, "version": "3.9.0"}, 1),
    )
    subsystem = {"node_id": node.node_id, "subsystem": "http"}
    yield _gauge(
        "kong_nginx_connections_total",
        "Number of connections by subsystem",
        *((subsystem | {"state": state}, count) for state, count in _connections(snapshot)),
    )
    yield _gauge(
        "kong_nginx_requests_total",
        "Total number of requests",
        (subsystem, snapshot.total_requests),
    )
    yield _gauge(
        "kong_nginx_timers",
        "Number of Nginx timers",
        ({"state": "pending"}, 1),
        ({"state": "running"}, 39),
    )
    yield from _common({"node_id": node.node_id}, node)


def kong_2_7(snapshot: Snapshot, node: Node) -> Iterator[Family]:
    """Yield the metrics of Kong 2.7: bandwidth by ``type`` for direction, and without consumers."""
    bandwidth_bytes: Counter[tuple[str, ...]] = Counter()
    for key, value_bytes in snapshot.bandwidth_bytes.items():
        bandwidth_bytes[key.service, key.route, key.direction] += value_bytes
    yield Family(
        "kong_bandwidth",
        "Total bandwidth in bytes consumed per service/route in Kong",
        "counter",
        _named(("service", "route", "type"), bandwidth_bytes),
    )
    status: Counter[tuple[str, ...]] = Counter()
    consumer_status: Counter[tuple[str, ...]] = Counter()
    for request, count in snapshot.requests.items():
        row = (request.service, request.route, str(request.code))
        status[row] += count
        if request.consumer:
            consumer_status[*row, request.consumer] += count
    yield Family(
        "kong_http_status",
        "HTTP status codes per service/route in Kong",
        "counter",
        _named(("service", "route", "code"), status),
    )
    yield Family(
        "kong_http_consumer_status",
        "HTTP status codes for customer per service/route in Kong",
        "counter",
        _named(("service", "route", "code", "consumer"), consumer_status),
    )
    yield _gauge(
        "kong_nginx_http_current_connections",
        "Number of HTTP connections",
        *(({"state": state}, count) for state, count in _connections(snapshot)),
    )
    yield from _common({}, node)


FORMATS = {"3.9": kong_3_9, "2.7": kong_2_7}


def _common(first: Labels, node: Node) -> Iterator[Family]:
    """Yield the metrics of both versions; ``first`` holds the labels that 3.9 puts first."""
    yield _gauge(
        "kong_datastore_reachable", "Datastore reachable from Kong, 0 is unreachable", ({}, 1)
    )
    dicts = [
        ({**first, "shared_dict": name, "kong_subsystem": "http"}, used_bytes, total_bytes)
        for name, used_bytes, total_bytes in _SHARED_DICTS
    ]
    yield _gauge(
        "kong_memory_lua_shared_dict_bytes",
        "Allocated slabs in bytes in a shared_dict",
        *((labels, used_bytes) for labels, used_bytes, _ in dicts),
    )
    yield _gauge(
        "kong_memory_lua_shared_dict_total_bytes",
        "Total capacity in bytes of a shared_dict",
        *((labels, total_bytes) for labels, _, total_bytes in dicts),
    )
    yield _gauge(
        "kong_memory_workers_lua_vms_bytes",
        "Allocated bytes in worker Lua VM",
        ({**first, "pid": str(node.pid), "kong_subsystem": "http"}, _WORKER_BYTES),
    )
    yield Family(
        "kong_nginx_metric_errors_total",
        "Number of nginx-lua-prometheus errors",
        "counter",
        (({}, 0),),
    )


def _connections(snapshot: Snapshot) -> tuple[tuple[str, int], ...]:
    return (
        ("accepted", snapshot.connections_accepted),
        ("active", snapshot.connections_active),
        ("handled", snapshot.connections_accepted),
        ("reading", 0),
        ("total", snapshot.total_requests),
        ("waiting", max(0, snapshot.connections_active - snapshot.in_flight)),
        ("writing", snapshot.in_flight),
    )


def _gauge(name: str, text: str, *samples: tuple[Labels, int]) -> Family:
    return Family(name, text, "gauge", samples)


def _named(
    names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]
) -> tuple[tuple[Labels, int], ...]:
    return tuple((dict(zip(names, key, strict=True)), count) for key, count in counts.items())


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

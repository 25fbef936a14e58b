"""Two Prometheus replicas that evaluate the rules, and a Querier that reads one of them."""

import yaml

from local import programs
from local.stack.config import write_yaml
from local.stack.ports import HOST, free_ports
from local.stack.processes import Part
from tests.engines.engine import Engine, Site

REPLICA_LABEL = "replica"
ONE_REPLICA = [{"action": "keep", "source_labels": [REPLICA_LABEL], "regex": "a"}]


def set_up(site: Site) -> Engine:
    """Return a pair of Prometheus with sidecars, and a Querier.

    The Querier knows both, but reads only the first: to merge series of two replicas, it would take
    one replica for one range of a query and the other for the next, or samples of both.
    """
    *ports, query_grpc = free_ports(7)
    pair = {"a": ports[:3], "b": ports[3:6]}
    parts = [part for name, found in pair.items() for part in _replica(site, name, found)]
    query_port = site.gateways[0].prometheus
    query_url = f"http://{HOST}:{query_port}"
    query = [
        str(programs.find(programs.THANOS)),
        "query",
        f"--http-address={HOST}:{query_port}",
        f"--grpc-address={HOST}:{query_grpc}",
        *(f"--endpoint={HOST}:{grpc}" for _, grpc, _ in pair.values()),
        f"--query.replica-label={REPLICA_LABEL}",
        f"--selector.relabel-config={yaml.safe_dump(ONE_REPLICA)}",
        "--no-query.partial-response",
        f"--query.active-query-path={site.folder}",
        "--endpoint.info-timeout=2s",
        "--store.response-timeout=5s",
        "--log.level=warn",
    ]
    querier = Part("querier", query, (query_port, query_grpc), f"{query_url}/-/ready")
    rulers = [f"http://{HOST}:{found[0]}" for found in pair.values()]
    return Engine(
        [*parts, querier],
        query_url,
        rulers,
        ["prometheus a", "sidecar a"],
        verify=["--verify", query_url, "--rules-url", rulers[0], *site.alertmanager_url],
    )


def _replica(site: Site, name: str, ports: list[int]) -> list[Part]:
    """Return a Prometheus and its sidecar."""
    port, grpc, sidecar_port = ports
    folder = site.folder / name
    folder.mkdir()
    config = site.prometheus_config()
    config["global"]["external_labels"] = {REPLICA_LABEL: name}
    # Both send the same alerts: without the label, Alertmanager sees that they are the same.
    config["alerting"]["alert_relabel_configs"] = [{"regex": REPLICA_LABEL, "action": "labeldrop"}]
    write_yaml(folder / "prometheus.yml", config)
    url = f"http://{HOST}:{port}"
    prometheus = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=45d",
        "--storage.tsdb.min-block-duration=2h",
        "--storage.tsdb.max-block-duration=2h",
        f"--web.listen-address={HOST}:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]
    sidecar = [
        str(programs.find(programs.THANOS)),
        "sidecar",
        f"--prometheus.url={url}",
        f"--tsdb.path={folder / 'data'}",
        f"--grpc-address={HOST}:{grpc}",
        f"--http-address={HOST}:{sidecar_port}",
        "--log.level=warn",
    ]
    return [
        Part(f"prometheus {name}", prometheus, (port,), f"{url}/-/ready"),
        Part(
            f"sidecar {name}",
            sidecar,
            (grpc, sidecar_port),
            f"http://{HOST}:{sidecar_port}/-/ready",
        ),
    ]

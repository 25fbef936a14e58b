"""A Prometheus that writes to Mimir, or Cortex, whose ruler gets the rules by HTTP."""

from typing import Any

import generate_rules
from local import programs
from local.stack.config import write_yaml
from local.stack.ports import HOST, free_ports
from local.stack.processes import Part
from tests.engines.engine import Engine, Site

# Mimir's default limits.
MOST_RULES_IN_GROUP, MOST_GROUPS = 20, 70
RULE_OPTIONS = ["--group-size", str(MOST_RULES_IN_GROUP)]


def set_up_cortex(site: Site) -> Engine:
    """Return a single Cortex, Mimir's ancestor, with the paths and limits of Mimir."""
    port = site.gateways[0].prometheus
    grpc, scraper_port = free_ports(2)
    url = f"http://{HOST}:{port}"
    write_yaml(site.folder / "cortex.yml", _cortex_config(site, port, grpc))
    command = [
        str(programs.find(programs.CORTEX)),
        f"-config.file={site.folder / 'cortex.yml'}",
        "-log.level=warn",
    ]
    cortex = Part("cortex", command, (port, grpc), f"{url}/ready")
    return _with_scraper(site, cortex, scraper_port, f"{url}/api/v1/push", url)


def _with_scraper(site: Site, storage: Part, port: int, push_url: str, url: str) -> Engine:
    scraper = _scraper(site, port, push_url)
    query_url = f"{url}/prometheus"
    return Engine(
        [storage, scraper],
        query_url,
        [query_url],
        [storage.name, scraper.name],
        rule_options=RULE_OPTIONS,
        verify=["--verify", query_url, *site.alertmanager_url],
        push_rules=lambda: _run(site, "--push", query_url),
    )


def _run(site: Site, *options: str) -> None:
    assert generate_rules.main([*site.generate, *options]) == 0


def _scraper(site: Site, port: int, push_url: str) -> Part:
    """Return a Prometheus that scrapes and forwards all it scraped."""
    config = site.prometheus_config()
    del config["rule_files"], config["alerting"]
    config["remote_write"] = [{"url": push_url}]
    write_yaml(site.folder / "prometheus.yml", config)
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={site.folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={site.folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]
    return Part("prometheus", command, (port,), f"http://{HOST}:{port}/-/ready")


def _cortex_config(site: Site, port: int, grpc: int) -> dict[str, Any]:
    in_memory = {"kvstore": {"store": "inmemory"}}
    folder = site.folder

    def at(name: str) -> str:
        return str(folder / name)

    return {
        "target": "all",
        "auth_enabled": False,
        # With this, rules are at Mimir's path too: /prometheus/config/v1/rules.
        "http_prefix": "/prometheus/config/v1",
        "api": {"prometheus_http_prefix": "/prometheus"},
        "server": {
            "http_listen_address": HOST,
            "http_listen_port": port,
            "grpc_listen_address": HOST,
            "grpc_listen_port": grpc,
        },
        "distributor": {
            "shard_by_all_labels": True,
            "ring": {**in_memory, "instance_interface_names": ["lo"]},
        },
        "ingester": {
            "lifecycler": {
                "address": HOST,
                "interface_names": ["lo"],
                "min_ready_duration": "0s",
                "final_sleep": "0s",
                "join_after": "0s",
                "ring": {**in_memory, "replication_factor": 1},
            }
        },
        "blocks_storage": {
            "backend": "filesystem",
            "filesystem": {"dir": at("blocks")},
            "tsdb": {"dir": at("tsdb")},
            "bucket_store": {"sync_dir": at("sync")},
        },
        "compactor": {"data_dir": at("compactor"), "sharding_ring": in_memory},
        "store_gateway": {"sharding_enabled": False},
        "querier": {"active_query_tracker_dir": at("queries")},
        "frontend_worker": {"match_max_concurrent": True},
        "ruler": {
            "enable_api": True,
            "poll_interval": "1s",
            "rule_path": at("rules-read"),
            "alertmanager_url": f"http://{site.alertmanager}",
        },
        "ruler_storage": {"backend": "filesystem", "filesystem": {"dir": at("rules")}},
        "limits": {
            "ruler_max_rules_per_rule_group": MOST_RULES_IN_GROUP,
            "ruler_max_rule_groups_per_tenant": MOST_GROUPS,
        },
        # Not used, but its defaults listen on all addresses and ask for S3.
        "alertmanager": {
            "data_dir": at("alertmanager"),
            "enable_api": True,
            "external_url": f"http://{HOST}:{port}/alertmanager",
            "cluster": {"listen_address": ""},
        },
        "alertmanager_storage": {"backend": "filesystem", "filesystem": {"dir": at("am-store")}},
    }

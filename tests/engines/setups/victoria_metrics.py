"""VictoriaMetrics, which scrapes by itself or is written to by a Prometheus pair, and vmalert."""

import subprocess
from dataclasses import replace

import generate_rules
from local import programs
from local.stack.config import write_yaml
from local.stack.ports import HOST, free_ports
from local.stack.processes import Part
from tests.engines.engine import Engine, Site

DRY_RUN_SECONDS = 30


def set_up(site: Site) -> Engine:
    """Return a single VictoriaMetrics with vmalert beside it."""
    config = site.prometheus_config()
    write_yaml(
        site.folder / "scrape.yml",
        {
            "global": {"scrape_interval": config["global"]["scrape_interval"]},
            "scrape_configs": config["scrape_configs"],
        },
    )
    port = site.gateways[0].prometheus
    (ruler_port,) = free_ports(1)
    url, ruler_url = f"http://{HOST}:{port}", f"http://{HOST}:{ruler_port}"
    storage = [
        str(programs.find(programs.VICTORIA_METRICS)),
        f"-httpListenAddr={HOST}:{port}",
        f"-storageDataPath={site.folder / 'data'}",
        "-retentionPeriod=45d",
        f"-promscrape.config={site.folder / 'scrape.yml'}",
        "-search.latencyOffset=1s",
        "-loggerLevel=WARN",
    ]
    vmalert = str(programs.find(programs.VMALERT))
    rules = f"-rule={site.rules / '*.yml'}"
    options = _options_of_rules(vmalert, rules)
    assert generate_rules.main([*site.generate, *options]) == 0
    ruler = [
        vmalert,
        rules,
        f"-httpListenAddr={HOST}:{ruler_port}",
        f"-datasource.url={url}",
        f"-remoteWrite.url={url}",
        f"-remoteRead.url={url}",
        f"-notifier.url=http://{site.alertmanager}",
        "-remoteWrite.flushInterval=1s",
        *_without_delay(vmalert),
        "-loggerLevel=WARN",
    ]
    return Engine(
        [
            Part("victoria-metrics", storage, (port,), f"{url}/health"),
            Part("vmalert", ruler, (ruler_port,), f"{ruler_url}/health"),
        ],
        url,
        [ruler_url],
        ["victoria-metrics", "vmalert"],
        rule_options=options,
        verify=["--verify", url, "--rules-url", ruler_url, *site.alertmanager_url],
        flush_url=f"{url}/internal/force_flush",
    )


def set_up_pair(site: Site) -> Engine:
    """Return two Prometheus that write the same series to a VictoriaMetrics, with vmalert."""
    engine = set_up(site)
    storage, ruler = engine.parts
    command = [flag for flag in storage.command if not flag.startswith("-promscrape.config=")]
    # As long as the scrape interval: of two samples within it, one counts.
    storage = replace(storage, command=[*command, "-dedup.minScrapeInterval=1s"])
    pair = [_scraper(site, name, engine.query_url) for name in ("a", "b")]
    return replace(engine, parts=[storage, *pair, ruler], restarts=[pair[0].name])


def _scraper(site: Site, name: str, url: str) -> Part:
    """Return a Prometheus that scrapes and forwards all it scraped."""
    config = site.prometheus_config()
    del config["rule_files"], config["alerting"]
    # The default of 5 s is longer than the steps of the suite, and than its scrape_delay.
    queue = {"batch_send_deadline": "100ms"}
    config["remote_write"] = [{"url": f"{url}/api/v1/write", "queue_config": queue}]
    write_yaml(site.folder / f"{name}.yml", config)
    (port,) = free_ports(1)
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={site.folder / f'{name}.yml'}",
        f"--storage.tsdb.path={site.folder / name}",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]
    return Part(f"prometheus {name}", command, (port,), f"http://{HOST}:{port}/-/ready")


def _options_of_rules(vmalert: str, rules: str) -> list[str]:
    """Return the options of generate_rules.py with which this vmalert can read the rules."""
    dry_run = [vmalert, rules, "-dryRun"]
    done = subprocess.run(
        dry_run, check=False, capture_output=True, text=True, timeout=DRY_RUN_SECONDS
    )
    if not done.returncode:
        return []
    assert "unknown fields in rule: keep_firing_for" in done.stderr, done.stderr
    return ["--no-keep-firing"]


def _without_delay(vmalert: str) -> list[str]:
    """Return the flag that evaluates rules at once; newer versions wait for 30 s."""
    flag = "-rule.evalDelay"
    done = subprocess.run(
        [vmalert, "-help"], check=False, capture_output=True, text=True, timeout=DRY_RUN_SECONDS
    )
    return [f"{flag}=0s"] if f"{flag} " in done.stdout + done.stderr else []

"""The distributed set-up scrapes as prometheus.yml does, and its parts find each other."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def read(path: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return content


def test_a_pair_scrapes_gateways_and_webhook_like_one_prometheus() -> None:
    one, pair = read("prometheus/prometheus.yml"), read("prometheus/pair.yml")
    jobs, pair_jobs = (
        {job["job_name"]: job for job in config["scrape_configs"]} for config in (one, pair)
    )
    assert jobs.keys() == pair_jobs.keys()
    for name in jobs.keys() - {"prometheus"}:
        assert jobs[name] == pair_jobs[name]
    assert pair["global"].items() <= one["global"].items()
    # Labels that differ would be two series, and every byte would count twice.
    assert "external_labels" not in pair["global"]


def test_two_samples_of_a_pair_count_as_one() -> None:
    interval = read("prometheus/pair.yml")["global"]["scrape_interval"]
    services = read("docker-compose.cluster.yml")["services"]
    for name in ("vmstorage", "vmselect"):
        assert f"-dedup.minScrapeInterval={interval}" in services[name]["command"]
    assert services["prometheus-2"]["command"] == services["prometheus"]["command"]

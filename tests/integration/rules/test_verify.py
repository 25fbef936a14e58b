"""``--verify`` and the real stack: all is well, or each thing that is wrong is found."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

import generate_rules
from local import programs
from local.stack.observer import Observer
from local.stack.ports import Ports, free_ports
from local.stack.processes import Part, Processes
from local.stack.stack import SMOKE_QUOTAS, Stack
from quotas import names
from quotas.prometheus import verify
from quotas.prometheus.client import Ruler

WITHIN_SECONDS = 30
PARTS = ("gateway", "alertmanager", "prometheus")


@dataclass
class Verified:
    """A running stack: what ``--verify`` says of it."""

    stack: Stack
    observer: Observer
    capsys: pytest.CaptureFixture[str]

    def status_and_lines(
        self, quotas: Path = SMOKE_QUOTAS, url: str | None = None
    ) -> tuple[int, list[str]]:
        """Return the exit status of a verification, and the lines that it printed."""
        arguments = ["--quotas", str(quotas), "--verify", url or self.prometheus_url]
        status = generate_rules.main(arguments)
        return status, self.capsys.readouterr().out.splitlines()

    def wrong(self, quotas: Path = SMOKE_QUOTAS, url: str | None = None) -> list[str]:
        """Return what is found wrong."""
        status, lines = self.status_and_lines(quotas, url)
        found = [line.removeprefix("wrong ") for line in lines if line.startswith("wrong ")]
        assert status == (1 if found else 0)
        return found

    @property
    def prometheus_url(self) -> str:
        """Return the address of Prometheus."""
        return self.stack.ports.url("prometheus")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Observer]]:
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(Ports.free(), folder)
    stack.prepare()
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            for part in stack.parts():
                if part.name in PARTS:
                    processes.start(part)
            observer = Observer(stack.ports, processes)
            observer.wait_until_watched()
            observer.send("/bun/bytes/1000", consumer="acme")
            observer.send("/ban/once")
            seen = f"count(count by (route) ({names.GATEWAY_BYTES})) >= 2"
            observer.wait_for("the routes", lambda: observer.query(seen) or None, WITHIN_SECONDS)
            yield stack, observer
        finally:
            processes.stop_all()


@pytest.fixture
def verified(
    running: tuple[Stack, Observer],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Verified:
    monkeypatch.setattr(verify, "SECONDS_BETWEEN_LOOKS", 0.1)
    return Verified(*running, capsys)


@contextmanager
def another_prometheus(
    stack: Stack,
    folder: Path,
    *,
    retention: str = "45d",
    timeout: str = "1s",
    job: str = names.GATEWAY_JOB,
    bare: bool = False,
    dropped: str = "none",
) -> Iterator[str]:
    """Run a Prometheus beside that of the stack, set up in another way, and return its address.

    With ``bare`` it has neither rules nor an Alertmanager, and nothing is waited for; the metric
    ``dropped`` is not kept.
    """
    config: dict[str, Any] = yaml.safe_load((stack.folder / "prometheus.yml").read_text())
    scrape = config["scrape_configs"][0]
    scrape |= {"job_name": job, "scrape_interval": "3s", "scrape_timeout": timeout}
    scrape["metric_relabel_configs"].append(
        {"source_labels": ["__name__"], "regex": dropped, "action": "drop"}
    )
    if bare:
        del config["alerting"], config["rule_files"]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            processes.start(Part("another prometheus", command, (port,), f"{url}/-/ready"))
            if not bare:
                _await_scrape(url)
            yield url
        finally:
            processes.stop_all()


def _await_scrape(url: str) -> None:
    """Wait until a Prometheus has scraped something."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        if Ruler(url).query("up"):
            return
        time.sleep(0.1)
    pytest.fail("nothing was scraped")


def changed(path: Path, before: str, after: str) -> Path:
    """Return a copy of the stack's quotas in which something is otherwise."""
    text = SMOKE_QUOTAS.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path


def test_a_stack_in_which_all_is_well_passes(verified: Verified) -> None:
    status, lines = verified.status_and_lines()
    assert status == 0
    assert [line.split()[0] for line in lines] == ["ok"] * 7
    assert "the loaded rules are these" in "\n".join(lines)


def test_a_misspelt_service_is_told_with_the_nearest_name(
    verified: Verified, tmp_path: Path
) -> None:
    quotas = changed(tmp_path / "quotas.yaml", "bun-service", "bun-servise")
    assert verified.wrong(quotas) == [
        (
            "the group gateway-quotas-month has other rules; write the rules and reload: "
            "--reload URL"
        ),
        (
            "quota bun-egress selects nothing that was seen within 1d; there is no service "
            '"bun-servise", did you mean "bun-service"?'
        ),
    ]


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        ("limit: 5 MB", "limit: 6 MB", "gateway-quotas-month"),
        ("labels: {team: bun}", "labels: {team: ban}", "gateway-quotas-month"),
        ("gap_tolerance: 5m", "gap_tolerance: 6m", "gateway-accounting"),
    ],
)
def test_rules_that_were_changed_but_not_loaded_are_told(
    verified: Verified, tmp_path: Path, before: str, after: str, group: str
) -> None:
    quotas = changed(tmp_path / "quotas.yaml", before, after)
    assert any(f"the group {group} has other rules" in text for text in verified.wrong(quotas))


def test_a_quota_that_was_added_or_removed_but_not_loaded_is_told(
    verified: Verified, tmp_path: Path
) -> None:
    quotas = changed(tmp_path / "quotas.yaml", "    period: day\n", "    period: week\n")
    again = "write the rules and reload: --reload URL"
    found = verified.wrong(quotas)
    assert f"the group gateway-quotas-week is not loaded; {again}" in found
    assert f"the group gateway-quotas-day is loaded, but no longer wanted; {again}" in found


def test_a_scrape_that_may_take_longer_than_the_rules_wait_is_told(
    verified: Verified, tmp_path: Path
) -> None:
    with another_prometheus(verified.stack, tmp_path, timeout="3s") as url:
        assert (
            "a scrape may take 3s, but accounting.scrape_delay is 1s: late samples would be lost; "
            "make it as long"
        ) in verified.wrong(url=url)


def test_a_prometheus_of_which_nothing_was_set_up_is_told_all_that_it_lacks(
    verified: Verified, tmp_path: Path
) -> None:
    with another_prometheus(verified.stack, tmp_path, retention="15d", bare=True) as url:
        found = verified.wrong(url=url)
    assert found[0] == (
        "retention is 15d, but the longest period needs 31d9s; start Prometheus with "
        "--storage.tsdb.retention.time=45d"
    )
    assert "no Alertmanager is connected; see alerting: in its config" in found
    assert len([text for text in found if "is not loaded" in text]) == 6


def test_a_long_retention_is_long_enough_however_it_is_shown(
    verified: Verified, tmp_path: Path
) -> None:
    with another_prometheus(verified.stack, tmp_path, retention="1y", bare=True) as url:
        _, lines = verified.status_and_lines(url=url)
    assert lines[0] == "ok    retention is 1y; the longest period needs 31d9s"


def test_a_job_of_another_name_is_told(verified: Verified, tmp_path: Path) -> None:
    with another_prometheus(verified.stack, tmp_path, job="gateways") as url:
        assert (
            'there is no target of the job "kong"; the scrape job of the gateways must be called so'
        ) in verified.wrong(url=url)


def test_counters_that_were_not_brought_to_the_shape_needed_are_told(
    verified: Verified, tmp_path: Path
) -> None:
    with another_prometheus(verified.stack, tmp_path, dropped=names.GATEWAY_BYTES) as url:
        assert (
            "no kong_bandwidth_bytes within 1d; set bandwidth_metrics: true in Kong's prometheus "
            "plugin, and send a request through it"
        ) in verified.wrong(url=url)


def test_a_gateway_that_cannot_be_scraped_is_told(verified: Verified) -> None:
    status = verified.stack.ports.url("status")
    requests.post(f"{status}/fail", params={"seconds": "10"}, timeout=5).raise_for_status()
    observer = verified.observer
    down = f'up{{job="{names.GATEWAY_JOB}"}} == 0'
    observer.wait_for("a failed scrape", lambda: observer.query(down) or None, WITHIN_SECONDS)
    instance = status.removeprefix("http://")
    assert any(text.startswith(f"gateway {instance} is not scraped: ") for text in verified.wrong())


def test_a_server_that_is_no_prometheus_is_told_for_each_thing_asked(verified: Verified) -> None:
    found = verified.wrong(url=verified.stack.ports.url("status"))
    assert len(found) == 5
    assert all("answered 404" in text for text in found)

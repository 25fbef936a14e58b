"""The mock gateway and its traffic as programs: starting, stopping, messages and exit codes."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support.gateway import synced_metrics

ROOT = Path(__file__).parents[3]
WAIT_SECONDS = 10.0
# Both programs wait at least ten seconds for a silent peer when nobody stops them.
STOP_SECONDS = 5.0
Program = subprocess.Popen[str]


@contextmanager
def started(module: str, *arguments: str) -> Iterator[Program]:
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


@contextmanager
def gateway(*arguments: str, proxy_port: int = 0) -> Iterator[tuple[Program, str, str]]:
    ports = ("--proxy-port", str(proxy_port), "--status-port", "0")
    with started("kong.mock", *ports, *arguments) as program:
        assert program.stdout is not None
        ready = re.fullmatch(
            r"ready: proxy (http://\S+) status (http://\S+) \(Kong \S+\)\n",
            program.stdout.readline(),
        )
        assert ready, "the gateway did not say that it is ready"
        yield program, ready[1], ready[2]


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:  # noqa: S310 - our own
        text: str = answer.read().decode()
    return text


def truth(status: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(get(status + "/truth"))["bandwidth_bytes"]
    return rows


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_gateway_exits_with_0_after_a_signal_while_a_client_is_connected(
    number: signal.Signals,
) -> None:
    with gateway() as (program, proxy, _):
        host, port = proxy.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=WAIT_SECONDS):
            program.send_signal(number)
            assert program.wait(STOP_SECONDS) == 0
        assert program.stderr is not None
        assert program.stderr.read() == ""


@pytest.mark.parametrize(
    ("version", "name"), [("3.9", "kong_bandwidth_bytes{"), ("2.7", "kong_bandwidth{")]
)
def test_the_version_of_kong_can_be_chosen(version: str, name: str) -> None:
    with gateway("--kong", version) as (_, proxy, status):
        get(proxy + "/bun/bytes/10")
        assert name in synced_metrics(status)


def test_workers_memory_and_identity_can_be_chosen() -> None:
    node_id = "849373c5-45c1-4c1d-b595-fdeaea6daed8"
    options = ("--workers", "3", "--dictionary-size", "64k", "--node-id", node_id)
    with gateway(*options) as (program, _, status):
        text = get(status + "/metrics")
    own = f'node_id="{node_id}",shared_dict="prometheus_metrics",kong_subsystem="http"'
    assert f"kong_memory_lua_shared_dict_total_bytes{{{own}}} 65536\n" in text
    assert text.count("kong_memory_workers_lua_vms_bytes{") == 3
    assert f'pid="{program.pid + 1}"' in text


def test_workers_sync_by_themselves() -> None:
    with gateway("--workers", "2") as (_, proxy, status):
        get(proxy + "/bun/bytes/10")
        synced = synced_metrics(status)
        assert "kong_bandwidth_bytes{" in synced
        # Now every worker answers the same.
        counts = {line for line in synced.splitlines() if line.startswith("kong_bandwidth")}
        for _ in range(6):
            assert counts <= set(get(status + "/metrics").splitlines())


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with started("kong.mock", "--proxy-port", str(port), "--status-port", "0") as program:
            output, errors = program.communicate(timeout=WAIT_SECONDS)
    assert (program.returncode, output) == (1, "")
    assert errors.startswith(f"127.0.0.1:{port}: Address already in use; ")
    assert errors.count("\n") == 1


def test_an_invalid_configuration_is_reported_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "kong.yml"
    config.write_text("services: [")
    with started("kong.mock", "--config", str(config)) as program:
        _, errors = program.communicate(timeout=WAIT_SECONDS)
    assert program.returncode == 1
    assert errors.startswith(f"{config}: ")
    assert errors.count("\n") == 1


def test_the_access_log_is_written_with_verbose() -> None:
    with gateway("-v") as (program, proxy, _):
        get(proxy + "/bun/bytes/10")
        program.terminate()
        assert program.stderr is not None
        assert "GET /bun/bytes/10" in program.stderr.read()


def test_traffic_arrives_and_stops_after_the_requested_seconds() -> None:
    options = ("--rate", "100", "--bytes-per-second", "100000", "--seconds", "1")
    with (
        gateway() as (_, proxy, status),
        started("kong.mock.traffic", "--url", proxy, *options) as program,
    ):
        output, errors = program.communicate(timeout=WAIT_SECONDS)
        assert (program.returncode, errors) == (0, "")
        assert re.search(r"sent \d+ requests", output)
        rows = truth(status)
    assert {row["consumer"] for row in rows} == {"acme", "globex", ""}
    assert {row["route"] for row in rows} == {"bin-route", "bun-route", "ban-route"}
    assert sum(row["bytes"] for row in rows) > 50_000


def test_traffic_waits_for_an_unreachable_gateway_and_reports_it_once() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started("kong.mock.traffic", "--url", url, "--rate", "50") as traffic:
        assert traffic.stderr is not None
        assert traffic.stderr.readline().startswith(f"127.0.0.1:{port} is away")
        with gateway(proxy_port=port) as (_, _, status):
            assert traffic.stderr.readline() == "the gateway is back\n"
            ends = time.monotonic() + WAIT_SECONDS
            while not truth(status):
                assert time.monotonic() < ends
                time.sleep(0.01)
            traffic.terminate()
            assert traffic.wait(STOP_SECONDS) == 0
            assert traffic.stderr.read() == ""


def test_traffic_stops_at_a_signal_while_the_gateway_does_not_answer() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        mute.settimeout(WAIT_SECONDS)
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with started("kong.mock.traffic", "--url", url) as program:
            client, _ = mute.accept()
            with client:
                program.terminate()
                assert program.wait(STOP_SECONDS) == 0

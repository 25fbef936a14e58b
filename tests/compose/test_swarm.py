"""The stack under Swarm: limits, changed quotas, updates and a new token."""

import json
import os
from collections.abc import Iterator
from functools import cache

import pytest
import requests

from local.stack import config
from tests.compose.conftest import Traffic
from tests.compose.engine import EngineError, containers, docker, exit_codes
from tests.compose.folder import QUOTAS, Folder, keep_logs
from tests.compose.stack import Stack

STACK = "gateway-telemetry-test"
FILES = ("docker-compose.yml", "docker-compose.mock.yml", "test.yml", "swarm.yml")
REPLICATED = ("api", "webhook")
SINGLE = ("kong", "upstream", "prometheus", "alertmanager", "delivery", "mailpit")
UPDATE_SECONDS = 300
TOKEN = "another-token-of-the-webhook\n"
PROMETHEUS_URL = "http://127.0.0.1:9090"
NEW_QUOTA = """
  - name: bin-today
    route: bin-route
    limit: 100 kB
    period: day
    thresholds: [100]
    notify: [newcomer@example.com]
"""


@pytest.fixture(scope="module")
def swarm(images: str) -> Iterator[str]:
    """Make the engine a swarm for the time of the tests, unless it is one already."""
    is_one = docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "active"
    if not is_one:
        docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    yield images
    if not is_one:
        docker("swarm", "leave", "--force")


@pytest.fixture(scope="module")
def stack(swarm: str, folder: Folder) -> Iterator[Stack]:
    assert folder.tag == swarm
    # Swarm balances published ports with IPVS, which some kernels lack. Therefore these two publish
    # their ports directly, and the tests use the addresses of containers.
    published = {"kong": (9000, folder.proxy_port), "mailpit": (8025, folder.mails_port)}
    unbalanced = {
        name: {
            "ports": [{"target": target, "published": port, "mode": "host"}],
            "deploy": {"endpoint_mode": "dnsrr"},
        }
        for name, (target, port) in published.items()
    }
    config.write_yaml(folder.path / "swarm.yml", {"services": unbalanced})
    stack = Stack(folder, labels=labels, address=address)
    try:
        deploy(folder)
        stack.await_watched()
        yield stack
    finally:
        keep_logs(folder, "".join(logs(name) for name in (*REPLICATED, *SINGLE, "rules")))
        docker("stack", "rm", STACK)
        stack.wait("all containers to be gone", lambda: not _left("ps", "--all", "--quiet"))
        stack.wait("all networks to be gone", lambda: not _left("network", "ls", "--quiet"))
        volumes = _left("volume", "ls", "--quiet")
        stack.wait("the volumes to be free", lambda: docker("volume", "rm", "--force", *volumes))


def labels(name: str) -> list[str]:
    return [f"com.docker.swarm.service.name={STACK}_{name}"]


def address(name: str, port: int) -> str:
    """Return host:port by which this machine reaches the newest container of a service."""
    found = containers(labels(name))
    if not found:
        raise EngineError(f"{name} does not run")
    return f"{_bridge_address(found[0])}:{port}"


@cache
def _bridge_address(container: str) -> str:
    networks = json.loads(docker("network", "inspect", "docker_gwbridge"))
    return str(networks[0]["Containers"][container]["IPv4Address"].partition("/")[0])


def _left(*command: str) -> list[str]:
    return docker(*command, f"--filter=label=com.docker.stack.namespace={STACK}").split()


def deploy(folder: Folder, **changed: str) -> None:
    """Deploy the stack as in docs/operations.md, but with images that only this engine has."""
    files = [f"--compose-file={name}" for name in FILES]
    docker(
        *("stack", "deploy", "--resolve-image=never", *files, STACK),
        folder=folder.path,
        environment=folder.environment | changed,
    )


def logs(name: str) -> str:
    command = ("service", "logs", "--timestamps", f"{STACK}_{name}")
    return f"== {name}\n{docker(*command, with_errors=True)}"


def rules(stack: Stack, *arguments: str) -> str:
    """Run generate_rules.py in the network of Prometheus, as in docs/operations.md."""
    path = stack.folder.path
    return docker(
        *("run", "--rm", f"--user={os.getuid()}:{os.getgid()}"),
        f"--network=container:{stack.container('prometheus')}",
        f"--volume={path}/quotas.yaml:/app/quotas.yaml:ro",
        f"--volume={path}/rules:/app/rules",
        f"--volume={STACK}_quotas:/var/lib/quotas",
        *(f"gateway-telemetry-rules:{stack.folder.tag}", *arguments),
    )


def running(name: str) -> str:
    """Return the running and the wanted number of replicas of a service, such as ``2/2``."""
    form = "{{.Name}} {{.Replicas}}"
    rows = docker("stack", "services", "--format", form, STACK).splitlines()
    return dict(row.split(" ", 1) for row in rows)[f"{STACK}_{name}"]


def test_all_services_run_and_the_check_of_the_rules_passed(stack: Stack) -> None:
    def all_run() -> bool:
        return all(running(name) == "2/2" for name in REPLICATED) and all(
            running(name) == "1/1" for name in SINGLE
        )

    stack.wait("all services to run", all_run)
    assert exit_codes(stack.labels("rules")) == [0]


def test_three_thresholds_send_three_mails_and_all_byte_counts_agree(stack: Stack) -> None:
    stack.reach_all_thresholds()


def test_without_a_token_the_api_answers_401(stack: Stack) -> None:
    url = f"http://{stack.address('api', 8000)}/api/v1/quotas"
    assert requests.get(url, timeout=10).status_code == 401


def test_a_changed_quota_takes_effect_without_a_restart(stack: Stack, folder: Folder) -> None:
    names = ("prometheus", "alertmanager", "delivery")
    before = [stack.container(name) for name in names]
    folder.write_quotas(QUOTAS.read_text(encoding="utf-8") + NEW_QUOTA)
    rules(stack, "--reload", PROMETHEUS_URL)
    stack.send("/bin/bytes/60000", times=2)
    stack.await_mail("[100 %] bin-today")
    assert [stack.container(name) for name in names] == before


def test_an_update_replaces_the_replicas_one_by_one_and_loses_nothing(
    stack: Stack, traffic: Traffic
) -> None:
    for name in REPLICATED:
        before = containers(labels(name))
        consumer = f"{name}-updated"
        stack.send("/ban/bytes/60000", consumer=consumer, times=5)
        command = ("service", "update", "--force", "--quiet", "--detach=false")
        docker(*command, f"{STACK}_{name}", seconds=UPDATE_SECONDS)
        stack.await_mail(consumer)
        assert not set(before) & set(containers(labels(name)))
    with traffic.paused():
        stack.await_equal()
    stack.assert_none_twice()


def test_a_new_token_is_deployed_with_a_new_config_version(
    stack: Stack, folder: Folder, traffic: Traffic
) -> None:
    (folder.path / "secrets" / "webhook_token").write_text(TOKEN, encoding="ascii")
    replaced = ("alertmanager", "kong")
    before = {stack.container(name) for name in replaced}
    # The gateway is replaced too, since its configuration is renamed, and loses its counts.
    with traffic.paused():
        stack.await_equal()
        stack.keep_counts()
        deploy(folder, CONFIG_VERSION="under-test-2")
        stack.wait("new ones", lambda: not before & {stack.container(name) for name in replaced})
        stack.await_watched()
    stack.send("/bun/bytes/60000", consumer="token-rotated", times=5)
    stack.await_mail("token-rotated")
    with traffic.paused():
        stack.await_equal()
    stack.assert_none_twice()
    assert stack.inside("webhook", "cat", "/run/secrets/webhook_token") == TOKEN

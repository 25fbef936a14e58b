"""The stack under docker compose: limits, restarts, changes, networks and secrets."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.compose.conftest import Traffic
from tests.compose.engine import EngineError, docker, inspect
from tests.compose.folder import QUOTAS, Folder
from tests.compose.project import Project
from tests.compose.stack import Stack, environment_of

PYTHON = ("api", "webhook", "delivery", "kong", "upstream")
# The gateway is not among them: it loses its counts, so it has a test of its own.
RESTARTED = ("upstream", "alertmanager", "webhook", "delivery", "api", "prometheus")
LARGEST_BYTES = 150_000_000
STOP_SECONDS = 10
INNER = {"prometheus": 9090, "alertmanager": 9093, "webhook": 8080, "api": 8000, "mailpit": 1025}
PROMETHEUS_URL = "http://prometheus.telemetry:9090"
NEW_QUOTA = """
  - name: bin-today
    route: bin-route
    limit: 100 kB
    period: day
    thresholds: [100]
    notify: [newcomer@example.com]
"""
TOOLS = """
import shutil
print([name for name in ("cc", "gcc", "make", "pipenv") if shutil.which(name)])
"""
CONNECT = """
import socket, sys
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 2).close()
        print(address)
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def project(folder: Folder) -> Project:
    return Project(folder)


@pytest.fixture(scope="module")
def stack(project: Project) -> Iterator[Stack]:
    with project.running() as stack:
        yield stack


def test_three_thresholds_send_three_mails_and_all_byte_counts_agree(stack: Stack) -> None:
    stack.reach_all_thresholds()


def test_a_changed_quota_takes_effect_without_a_restart(stack: Stack, project: Project) -> None:
    started = start_times(stack)
    project.folder.write_quotas(QUOTAS.read_text(encoding="utf-8") + NEW_QUOTA)
    with pytest.raises(EngineError, match="is not what the quotas compile to"):
        project.compose("run", "--rm", "rules")
    user = f"{os.getuid()}:{os.getgid()}"
    project.compose("run", "--rm", "--user", user, "rules", "--reload", PROMETHEUS_URL)
    assert project.compose("run", "--rm", "rules", "--check") == ""
    stack.send("/bin/bytes/60000", times=2)
    stack.await_mail("[100 %] bin-today")
    assert ["newcomer@example.com"] in [mail["to"] for mail in stack.mails()]
    assert start_times(stack) == started


def start_times(stack: Stack) -> Mapping[str, str]:
    names = ("prometheus", "alertmanager", "webhook", "delivery", "api")
    return {name: inspect("{{.State.StartedAt}}", stack.container(name)) for name in names}


@pytest.mark.parametrize("service", RESTARTED)
def test_a_restart_of_a_service_under_traffic_loses_nothing(
    stack: Stack, project: Project, traffic: Traffic, service: str
) -> None:
    """A consumer passes its limit during the restart, which is mailed once."""
    consumer = f"{service}-restarts"
    with ThreadPoolExecutor() as executor:
        stopping = executor.submit(restart, stack, project, service)
        # Requests are sent before, during and after the restart.
        for _ in range(8):
            stack.send("/ban/bytes/50000", consumer=consumer)
            time.sleep(0.5)
        stopping.result()
    stack.await_mail(consumer)
    with traffic.paused():
        stack.await_equal()
    stack.assert_none_twice()


def test_a_restart_of_the_gateway_loses_nothing_that_was_scraped(
    stack: Stack, project: Project, traffic: Traffic
) -> None:
    with traffic.paused():
        stack.await_equal()
        stack.keep_counts()
        restart(stack, project, "kong")
    sent = traffic.sent
    stack.wait("more traffic", lambda: traffic.sent > sent + 20)
    stack.send("/bun/bytes/60000", consumer="kong-restarts", times=5)
    stack.await_mail("kong-restarts")
    with traffic.paused():
        stack.await_equal()


def restart(stack: Stack, project: Project, service: str) -> None:
    """Restart a service, and check that it stops before the engine kills it, if it is ours."""
    container = stack.container(service)
    began = time.monotonic()
    project.compose("stop", service)
    if service in PYTHON:
        assert time.monotonic() - began < STOP_SECONDS
        assert inspect("{{.State.ExitCode}}", container) == "0"
    project.start(stack, service)


def test_mail_waits_while_the_mail_server_is_stopped(stack: Stack, project: Project) -> None:
    project.compose("stop", "mailpit")
    stack.send("/ban/bytes/60000", consumer="mailpit-restarts", times=5)
    entry = {"consumer": "mailpit-restarts"}

    def states() -> list[str]:
        path = "/api/v1/quotas/each-consumer/notifications"
        return [one["state"] for one in stack.api(path, **entry)["notifications"]]

    stack.wait("a mail that was tried", lambda: states() == ["queued"])
    project.compose("start", "mailpit")
    stack.await_mail("mailpit-restarts")
    stack.wait("the outbox to know", lambda: states() == ["sent"])
    stack.assert_none_twice()


def test_our_containers_have_few_rights_and_no_build_tools(stack: Stack) -> None:
    for service in PYTHON:
        container = stack.container(service)
        form = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{json .HostConfig.CapDrop}}"
        assert inspect(form, container) == '10001:10001 true ["ALL"]'
        assert inspect("{{json .HostConfig.SecurityOpt}}", container) == (
            '["no-new-privileges:true"]'
        )
        assert stack.inside(service, "python", "-c", TOOLS).strip() == "[]"


@pytest.mark.parametrize("part", ["api", "webhook"])
def test_an_image_is_small_and_has_a_health_check(stack: Stack, part: str) -> None:
    image = f"gateway-telemetry-{part}:{stack.folder.tag}"
    sizes = inspect("{{.Size}}", image, "python:3.13-slim").split()
    assert int(sizes[0]) - int(sizes[1]) < LARGEST_BYTES
    assert inspect("{{json .Config.Healthcheck.Test}}", image) != "null"


@pytest.mark.usefixtures("stack")
def test_three_ports_are_published_on_this_machine_only(project: Project) -> None:
    published = set()
    for container in project.compose("ps", "--quiet").split():
        ports = json.loads(inspect("{{json .NetworkSettings.Ports}}", container))
        for bindings in ports.values():
            published |= {(one["HostIp"], int(one["HostPort"])) for one in bindings or ()}
    folder = project.folder
    wanted = (folder.proxy_port, folder.api_port, folder.mails_port)
    assert published == {("127.0.0.1", port) for port in wanted}


def test_the_gateway_can_reach_only_its_upstream(stack: Stack) -> None:
    addresses = [f"{service}:{port}" for service, port in INNER.items()]
    for service, port in INNER.items():
        networks = json.loads(
            inspect("{{json .NetworkSettings.Networks}}", stack.container(service))
        )
        addresses += [f"{network['IPAddress']}:{port}" for network in networks.values()]
    assert len(addresses) == 11
    reached = stack.inside("kong", "python", "-c", CONNECT, *addresses, "upstream:8080")
    assert reached.split() == ["upstream:8080"]


@pytest.mark.usefixtures("stack")
def test_no_secret_is_in_an_environment_variable_or_an_image(project: Project) -> None:
    secrets = project.folder.secrets()
    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {64}
    for container in project.compose("ps", "--quiet").split():
        everything = inspect("{{json .}}", container) + " ".join(environment_of(container).values())
        assert not [secret for secret in secrets if secret in everything]
        image = inspect("{{.Image}}", container)
        history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
        assert not [secret for secret in secrets if secret in history]


def test_prometheus_does_not_start_with_rules_of_other_quotas(
    stack: Stack, project: Project
) -> None:
    text = (project.folder.path / "quotas.yaml").read_text(encoding="utf-8")
    project.folder.write_quotas(text.replace("5 MB", "6 MB"))
    project.compose("stop", "prometheus")
    try:
        with pytest.raises(EngineError, match="rules"):
            project.compose("up", "--detach", "--no-build", "prometheus")
        assert "is not what the quotas compile to" in project.compose("logs", "rules")
        with pytest.raises(EngineError, match="does not run"):
            stack.container("prometheus")
    finally:
        project.folder.write_quotas(text)
        project.compose("up", "--detach", "--no-build")

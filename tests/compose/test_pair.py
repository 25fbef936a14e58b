"""The profile ha: two Alertmanagers, two webhooks and PostgreSQL, each stopped for a while."""

import json
from collections.abc import Iterator

import pytest

from local.stack import config
from tests.compose.folder import TEMPLATES, Folder
from tests.compose.project import Project
from tests.compose.stack import Stack

ONE_OF_TWO = ("alertmanager", "alertmanager-2", "webhook", "webhook-2")


@pytest.fixture(scope="module")
def project(folder: Folder) -> Project:
    second = {"profiles": ["ha"], "volumes": [f"./templates:{TEMPLATES}:ro"]}
    config.write_yaml(folder.path / "pair.yml", {"services": {"alertmanager-2": second}})
    return Project(folder, ("local.env", "ha.env"), ("test.yml", "pair.yml"))


@pytest.fixture(scope="module")
def stack(project: Project) -> Iterator[Stack]:
    with project.running() as stack:
        yield stack


def test_two_alertmanagers_form_a_cluster_and_each_alert_is_mailed_once(stack: Stack) -> None:
    command = ("amtool", "--alertmanager.url=http://127.0.0.1:9093", "--output=json")
    cluster = json.loads(stack.inside("alertmanager", *command, "cluster", "show"))
    assert cluster["status"] == "ready"
    assert len(cluster["peers"]) == 2
    stack.reach_all_thresholds()
    stack.assert_none_twice()


@pytest.mark.parametrize("service", ONE_OF_TWO)
def test_mail_arrives_once_while_one_of_two_is_stopped(
    stack: Stack, project: Project, service: str
) -> None:
    project.compose("stop", service)
    consumer = f"without-{service}."
    stack.send("/ban/bytes/60000", consumer=consumer, times=5)
    stack.await_mail(consumer)
    project.start(stack, service)
    # After its start it does not repeat the notifications of the other one.
    stack.send("/ban/bytes/60000", consumer=f"with-{service}.", times=5)
    stack.await_mail(f"with-{service}.")
    stack.assert_none_twice()


def test_mail_waits_while_the_database_is_stopped(stack: Stack, project: Project) -> None:
    project.compose("stop", "postgres")
    stack.send("/ban/bytes/60000", consumer="without-postgres", times=5)

    def refused() -> bool:
        logs = project.compose("logs", "--since=1m", "alertmanager", "alertmanager-2")
        return "unexpected status code 503" in logs

    stack.wait("the webhook to refuse", refused)
    assert not stack.subjects("without-postgres")
    project.start(stack, "postgres")
    stack.await_mail("without-postgres")
    stack.assert_none_twice()

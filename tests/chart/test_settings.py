"""The environment variables of the chart's containers are settings that the programs accept."""

from pathlib import Path

import pytest

import api.settings
import webhook.settings
from tests.chart.rendering import POSTGRESQL, QUOTAS, SQLITE, Chart, Values, find

FILES = {
    "/etc/gateway/quotas.yaml": QUOTAS,
    "/run/secrets/gateway/webhook-token": "t" * 32,
    "/run/secrets/gateway/api-tokens": f"tokens: [{{name: a, sha256: {'a' * 64}, scope: all}}]",
    "/run/secrets/gateway/database-password": "database-secret",
    "/run/secrets/gateway/mail-password": "mail-secret",
}


def environment(chart: Chart, values: Values, part: str, folder: Path) -> dict[str, str]:
    """Return the variables of a container, with paths of the container below a folder."""
    for path, content in FILES.items():
        file = folder / path.removeprefix("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    objects = chart.render(values)
    of_delivery = part == "delivery" and values is POSTGRESQL
    deployment = "-delivery" if of_delivery else "-api" if part == "api" else "-webhook"
    containers = find(objects, "Deployment", deployment)["spec"]["template"]["spec"]["containers"]
    (container,) = (each for each in containers if each["name"] == part)
    return {
        each["name"]: f"{folder}{each['value']}" if each["value"] in FILES else each["value"]
        for each in container["env"]
    }


@pytest.mark.parametrize("part", ["webhook", "delivery"])
def test_webhook_and_delivery_accept_them(chart: Chart, part: str, tmp_path: Path) -> None:
    found = webhook.settings.read_settings(environment(chart, POSTGRESQL, part, tmp_path))
    assert found.token == "t" * 32
    assert found.database_url == (
        "postgresql+psycopg://gateway:database-secret@postgres.databases/gateway"
    )
    assert (found.mail.username, found.mail.password) == ("quotas", "mail-secret")
    assert (found.mail.port, found.mail.use_tls, found.mail.use_ssl) == (587, True, False)
    with_sqlite = webhook.settings.read_settings(environment(chart, SQLITE, part, tmp_path))
    assert with_sqlite.database_url == "sqlite:////var/lib/gateway/outbox.db"
    assert with_sqlite.quotas_file.read_text() == QUOTAS


def test_the_api_accepts_them(chart: Chart, tmp_path: Path) -> None:
    found = api.settings.read_settings(environment(chart, SQLITE, "api", tmp_path))
    assert found.quotas is not None
    assert found.quotas.read().accounting.count_new_targets
    assert found.grants is not None
    assert found.webhook is not None
    assert found.webhook.url == "http://gateway-quotas-webhook:8080"
    open_to_all = environment(chart, {**SQLITE, "api": {"tokens": False}}, "api", tmp_path)
    assert api.settings.read_settings(open_to_all).grants is None

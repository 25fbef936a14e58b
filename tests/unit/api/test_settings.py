from pathlib import Path

import pytest

from api import create_app
from api.settings import SETTINGS, Settings, WebhookSettings, read_settings
from quotas.prometheus.endpoint import Endpoint
from quotas.settings import SettingsError


def test_nothing_has_to_be_set() -> None:
    assert read_settings({}) == Settings(
        prometheus=Endpoint("http://127.0.0.1:9090"),
        prometheus_timeout_seconds=10,
        scrape_interval_seconds=15,
        quotas=None,
        grants=None,
        cors_origins=frozenset(),
        cache_megabytes=64,
    )


def test_an_empty_variable_has_its_default() -> None:
    assert read_settings({"PROMETHEUS_URL": "", "PROMETHEUS_TIMEOUT_SECONDS": ""}) == read_settings(
        {}
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://prometheus", "http://prometheus"),
        ("https://prometheus:9090/", "https://prometheus:9090"),
        ("http://[::1]:9090/base/", "http://[::1]:9090/base"),
        ("https://user:secret@mimir/prometheus", "https://mimir/prometheus"),
    ],
)
def test_the_address_is_taken_without_a_slash_at_its_end(text: str, url: str) -> None:
    assert read_settings({"PROMETHEUS_URL": text}).prometheus.url == url


@pytest.mark.parametrize(
    "text",
    [
        "prometheus:9090",
        "ftp://prometheus",
        "http://",
        "http:///path",
        "http://host:port",
        "http://host:70000",
        "http://host:0",
        "http://host/?query=1",
        "http://host/#here",
        "http://ho st",
        "http://[::1",
        "http://höst",
    ],
)
def test_a_wrong_address_is_reported_with_its_value_and_the_expectation(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"PROMETHEUS_URL": text})
    message = str(raised.value)
    assert message.startswith(f'PROMETHEUS_URL: "{text}" is not the address of a Prometheus; ')
    assert "http://prometheus:9090" in message


@pytest.mark.parametrize("text", ["0", "121", "-1", "1.5", "ten", "²", "1" * 5000])
def test_a_wrong_timeout_is_reported_with_its_value_and_the_expectation(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"PROMETHEUS_TIMEOUT_SECONDS": text})
    assert str(raised.value) == (
        f'PROMETHEUS_TIMEOUT_SECONDS: "{text}" is not a timeout; '
        f"write a whole number of seconds from 1 to 120"
    )


def test_all_mistakes_are_reported_at_once_and_stop_the_start() -> None:
    with pytest.raises(SettingsError) as raised:
        create_app({"PROMETHEUS_URL": "x", "PROMETHEUS_TIMEOUT_SECONDS": "y"})
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == [
        "PROMETHEUS_URL",
        "PROMETHEUS_TIMEOUT_SECONDS",
    ]


def test_a_password_is_neither_in_a_message_nor_in_a_repr() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"PROMETHEUS_URL": "http://user:sec/ret@host:port"})
    assert "ret" not in str(raised.value)
    assert "secret" not in repr(read_settings({"PROMETHEUS_URL": "http://user:secret@host"}))


WEBHOOK = {"WEBHOOK_URL": "http://webhook:8080/", "WEBHOOK_TOKEN": "a-token"}


def test_the_webhook_is_asked_only_if_its_address_is_set(tmp_path: Path) -> None:
    assert read_settings({"WEBHOOK_TOKEN": "a-token"}).webhook is None
    wanted = WebhookSettings("http://webhook:8080", "a-token")
    assert read_settings(WEBHOOK).webhook == wanted
    path = tmp_path / "token"
    path.write_text("a-token\n")
    file = {"WEBHOOK_URL": WEBHOOK["WEBHOOK_URL"], "WEBHOOK_TOKEN_FILE": str(path)}
    assert read_settings(file).webhook == wanted


def test_the_webhooks_token_is_not_in_a_repr() -> None:
    assert "a-token" not in repr(read_settings(WEBHOOK))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (WEBHOOK | {"WEBHOOK_TOKEN": ""}, "WEBHOOK_URL is set and WEBHOOK_TOKEN is not; set "),
        (WEBHOOK | {"WEBHOOK_TOKEN": "a b"}, "WEBHOOK_TOKEN: has characters that a header "),
        (WEBHOOK | {"WEBHOOK_TOKEN_FILE": "/token"}, "WEBHOOK_TOKEN and WEBHOOK_TOKEN_FILE are "),
        ({"WEBHOOK_TOKEN_FILE": "/none"}, 'WEBHOOK_TOKEN_FILE: "/none" cannot be read '),
        (WEBHOOK | {"WEBHOOK_URL": "webhook"}, 'WEBHOOK_URL: "webhook" is not the address of a '),
    ],
)
def test_a_webhook_that_cannot_be_asked_stops_the_start(
    environ: dict[str, str], expected: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ)
    assert str(raised.value).startswith(expected)
    assert len(str(raised.value).splitlines()) == 1
    assert "a b" not in str(raised.value)


def test_each_setting_is_explained_and_its_default_is_allowed() -> None:
    for setting in SETTINGS:
        assert setting.help
        read_settings({setting.name: setting.default or ""})


def test_bytes_are_counted_as_quotas_yaml_says(tmp_path: Path) -> None:
    path = tmp_path / "quotas.yaml"
    path.write_text(
        "version: 1\naccounting: {resolution: 30s, gap_tolerance: 2h}\n"
        "quotas: [{name: all, limit: 1 TB, notify: [a@example.com]}]\n"
    )
    quotas = read_settings({"QUOTAS_FILE": str(path)}).quotas
    assert quotas is not None
    accounting = quotas.read().accounting
    assert (accounting.resolution_seconds, accounting.gap_tolerance_seconds) == (30, 7_200)


@pytest.mark.parametrize("name", ["QUOTAS_FILE", "API_TOKENS_FILE"])
@pytest.mark.parametrize("content", [None, "", "version: 1\nquotas: 7\n"])
def test_a_file_that_is_wrong_stops_the_start_and_is_named(
    tmp_path: Path, name: str, content: str | None
) -> None:
    path = tmp_path / "file.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=f"^{name}: ") as raised:
        read_settings({name: str(path)})
    assert f"{path}:" in str(raised.value)


@pytest.mark.parametrize("name", ["PROMETHEUS_URL", "WEBHOOK_URL"])
@pytest.mark.parametrize("start", ["", "http:/", "ftp://", "http:"])
def test_a_password_is_never_shown(name: str, start: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({name: f"{start}admin:hunter2@host:99999"})
    assert "***@host:99999" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_origins_are_separated_by_blanks() -> None:
    origins = read_settings({"CORS_ORIGINS": "https://a.example.com  http://b:3000"}).cors_origins
    assert origins == {"https://a.example.com", "http://b:3000"}


@pytest.mark.parametrize(
    "text",
    [
        *("*", "a.example.com", "https://a.example.com/", "https://a.example.com/x", "ftp://a"),
        *("https://", "https://*.example.com", "https://A.example.com", "https://a:443"),
        *("http://a:80", "https://user:secret@a", "https://a:", "https://a:0"),
    ],
)
def test_a_wrong_origin_is_reported(text: str) -> None:
    with pytest.raises(SettingsError, match="which is no origin") as raised:
        read_settings({"CORS_ORIGINS": text})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("text", ["0", "65537", "-1", "big"])
def test_a_cache_has_a_size(text: str) -> None:
    with pytest.raises(SettingsError, match="CACHE_MEGABYTES"):
        read_settings({"CACHE_MEGABYTES": text})

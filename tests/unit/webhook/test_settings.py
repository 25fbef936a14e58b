from pathlib import Path

import pytest

from quotas.settings import SettingsError
from webhook.settings import SETTINGS, read_settings


def error_of(environ: dict[str, str], **changes: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ | changes)
    return str(caught.value)


def test_an_unset_variable_has_its_default(environ: dict[str, str]) -> None:
    del environ["QUOTAS_FILE"]
    settings = read_settings(environ)
    assert settings.quotas_file == Path("quotas.yaml")
    assert (settings.mail.server, settings.mail.port) == ("127.0.0.1", 25)
    assert not settings.mail.use_tls
    assert settings.mail.username == ""


def test_an_empty_variable_counts_as_unset(environ: dict[str, str]) -> None:
    assert read_settings(environ | {"MAIL_PORT": ""}).mail.port == 25


def test_all_missing_variables_are_named_at_once() -> None:
    message = error_of({})
    assert "WEBHOOK_TOKEN is not set; set WEBHOOK_TOKEN or WEBHOOK_TOKEN_FILE" in message
    assert "MAIL_DEFAULT_SENDER is not set" in message
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_PORT", "0"),
        ("MAIL_PORT", "65536"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_PORT", "²"),
        ("MAIL_PORT", "9" * 5000),
        ("MAIL_USE_TLS", "maybe"),
        ("MAIL_USE_SSL", "2"),
        ("MAIL_ALLOW_PLAINTEXT", "ja"),
        ("MAIL_SERVER", "smtp example"),
        ("MAIL_DEFAULT_SENDER", "nobody"),
        ("MAIL_DEFAULT_SENDER", "a@"),
        ("MAIL_DEFAULT_SENDER", "a@b\r\nBcc: c@d"),
        ("MAIL_DEFAULT_SENDER", "ü@example.com"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "always"),
        ("LINK_DASHBOARD_URL", "grafana.example.com"),
        ("LINK_PROMETHEUS_URL", "ftp://example.com"),
        ("LINK_ALERTMANAGER_URL", "javascript:alert(1)"),
    ],
)
def test_a_wrong_value_is_reported_with_its_variable_and_what_is_allowed(
    environ: dict[str, str], name: str, value: str
) -> None:
    message = error_of(environ, **{name: value})
    assert message.startswith(f'{name}: "{value}" ')
    assert "; write " in message


@pytest.mark.parametrize(
    "url",
    [
        "outbox.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite:///file:outbox.db?uri=true",
        "postgresql://localhost/x",
        "postgresql+psycopg://localhost",
        "mysql://localhost/x",
    ],
)
def test_an_unusable_database_is_refused_without_showing_its_address(
    environ: dict[str, str], url: str
) -> None:
    message = error_of(environ, DATABASE_URL=url)
    assert message.startswith("DATABASE_URL: is no database that can be used; write sqlite:")
    assert url not in message.removeprefix("DATABASE_URL: ").partition(";")[0]


@pytest.mark.parametrize(
    "url", ["sqlite:///outbox.db", "sqlite:////var/o.db", "postgresql+psycopg://u:p@h:5432/db"]
)
def test_sqlite_in_a_file_and_postgresql_are_accepted(environ: dict[str, str], url: str) -> None:
    settings = read_settings(environ | {"DATABASE_URL": url})
    assert settings.database_url == url
    assert url not in repr(settings)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("postgresql+psycopg://u@h/db", "postgresql+psycopg://u:p%40ss%2Fword@h/db"),
        ("postgresql+psycopg://u:own@h/db", "postgresql+psycopg://u:own@h/db"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
        ("sqlite:////var/o.db", "sqlite:////var/o.db"),
    ],
)
def test_the_database_password_is_added_to_a_user_without_one(
    environ: dict[str, str], tmp_path: Path, url: str, whole: str
) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/word\n")
    more = {"DATABASE_URL": url, "DATABASE_PASSWORD_FILE": str(file)}
    assert read_settings(environ | more).database_url == whole


def test_a_wrong_secret_is_not_shown(environ: dict[str, str]) -> None:
    message = error_of(environ, WEBHOOK_TOKEN="geheim geheim")
    assert message.startswith("WEBHOOK_TOKEN: has characters")
    assert "geheim" not in message


def test_a_secret_is_read_from_a_file_without_its_line_end(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    del environ["WEBHOOK_TOKEN"]
    assert read_settings(environ | {"WEBHOOK_TOKEN_FILE": str(tmp_path / "token")}).token == (
        "from-file"
    )


def test_a_secret_that_is_set_twice_is_refused(environ: dict[str, str]) -> None:
    assert "both set" in error_of(environ, WEBHOOK_TOKEN_FILE="/anything")


def test_an_unreadable_secret_file_is_named(environ: dict[str, str]) -> None:
    del environ["WEBHOOK_TOKEN"]
    message = error_of(environ, WEBHOOK_TOKEN_FILE="/does/not/exist")
    assert 'WEBHOOK_TOKEN_FILE: "/does/not/exist" cannot be read' in message


def test_only_secrets_can_come_from_a_file() -> None:
    assert {setting.name for setting in SETTINGS if setting.secret} == {
        "WEBHOOK_TOKEN",
        "DATABASE_URL",
        "DATABASE_PASSWORD",
        "PROMETHEUS_TOKEN",
        "MAIL_PASSWORD",
    }


def test_plain_text_to_another_machine_needs_permission(environ: dict[str, str]) -> None:
    assert "MAIL_ALLOW_PLAINTEXT=true" in error_of(environ, MAIL_SERVER="smtp.example.com")
    for permitted in ("MAIL_USE_TLS", "MAIL_USE_SSL", "MAIL_ALLOW_PLAINTEXT"):
        read_settings(environ | {"MAIL_SERVER": "smtp.example.com", permitted: "true"})


@pytest.mark.parametrize("server", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_plain_text_to_this_machine_is_allowed(environ: dict[str, str], server: str) -> None:
    assert read_settings(environ | {"MAIL_SERVER": server}).mail.server == server


def test_two_kinds_of_tls_are_refused(environ: dict[str, str]) -> None:
    message = error_of(environ, MAIL_USE_TLS="yes", MAIL_USE_SSL="on")
    assert "both true" in message


def test_a_user_needs_a_password(environ: dict[str, str]) -> None:
    assert "belong together" in error_of(environ, MAIL_USERNAME="me")
    assert "belong together" in error_of(environ, MAIL_PASSWORD="secret")


def test_settings_do_not_show_their_secrets(environ: dict[str, str]) -> None:
    settings = read_settings(environ | {"MAIL_USERNAME": "me", "MAIL_PASSWORD": "geheim"})
    assert "geheim" not in repr(settings) + repr(settings.mail)
    assert environ["WEBHOOK_TOKEN"] not in repr(settings)

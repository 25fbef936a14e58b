"""The settings of the webhook: read once from the environment, checked, frozen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import TypeVar

from quotas.settings import Setting, parse_token, read_setting
from webhook.mail.links import Addresses
from webhook.values import (
    add_password,
    is_loopback,
    parse_address,
    parse_database_url,
    parse_days,
    parse_flag,
    parse_host,
    parse_port,
    parse_sender,
)

_Value = TypeVar("_Value")


class SettingsError(Exception):
    """The environment is wrong; the message has one line for each mistake."""


SETTINGS = (
    Setting("QUOTAS_FILE", "quotas.yaml", "quotas.yaml, for the recipients of each quota"),
    Setting("WEBHOOK_TOKEN", None, "the bearer token that Alertmanager sends", secret=True),
    Setting(
        "DATABASE_URL",
        "sqlite:///outbox.db",
        "the outbox: `sqlite:////path/outbox.db`, or where several webhooks run "
        "`postgresql+psycopg://user:password@host/name`",
        secret=True,
    ),
    Setting(
        "DATABASE_PASSWORD",
        "",
        "the password of the user in `DATABASE_URL`, where that has none; SQLite needs none",
        secret=True,
    ),
    Setting("RETENTION_DAYS", "90", "for how long mails that were sent are kept"),
    Setting("LINK_DASHBOARD_URL", "", "where people reach the dashboard, for links in mails"),
    Setting(
        "LINK_PROMETHEUS_URL",
        "",
        "the same of Prometheus; empty: what its alerts say themselves; `none`: no link",
    ),
    Setting(
        "LINK_ALERTMANAGER_URL",
        "",
        "the same of Alertmanager; empty: what it says itself; `none`: no link",
    ),
    Setting("MAIL_SERVER", "127.0.0.1", "host of the SMTP server"),
    Setting("MAIL_PORT", "25", "its port"),
    Setting("MAIL_USE_TLS", "false", "begin in plain text, then STARTTLS (usual on port 587)"),
    Setting("MAIL_USE_SSL", "false", "TLS from the first byte (usual on port 465)"),
    Setting("MAIL_USERNAME", "", "user for the SMTP server; empty for none"),
    Setting("MAIL_PASSWORD", "", "password of that user", secret=True),
    Setting("MAIL_DEFAULT_SENDER", None, "From, such as `Gateway quotas <quotas@example.com>`"),
    Setting(
        "MAIL_ALLOW_PLAINTEXT",
        "false",
        "permits SMTP without TLS to a host that is not loopback",
    ),
)


@dataclass(frozen=True)
class MailSettings:
    """How to reach the SMTP server, and whom mail is from. The repr leaves the password out."""

    server: str
    port: int
    use_tls: bool
    use_ssl: bool
    username: str
    password: str = field(repr=False)
    sender: Address


@dataclass(frozen=True)
class Settings:
    """All that the webhook is told from outside. The repr leaves the token out."""

    quotas_file: Path
    token: str = field(repr=False)
    database_url: str = field(repr=False)
    retention: timedelta
    addresses: Addresses
    mail: MailSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that these environment variables make.

    Raises:
        SettingsError: naming each variable that is wrong, its value unless it is a secret, and
            what is allowed.

    """
    mistakes: list[str] = []
    values = {setting.name: _read(setting, environ, mistakes) for setting in SETTINGS}

    def parse(name: str, parser: Callable[[str], _Value], fallback: _Value) -> _Value:
        value = values[name]
        if value is None:
            return fallback
        try:
            return parser(value)
        except ValueError as error:
            shown = "" if _is_secret(name) else f'"{value}" '
            mistakes.append(f"{name}: {shown}{error}")
            return fallback

    nobody = Address(username="nobody", domain="localhost")
    mail = MailSettings(
        server=parse("MAIL_SERVER", parse_host, ""),
        port=parse("MAIL_PORT", parse_port, 0),
        use_tls=parse("MAIL_USE_TLS", parse_flag, fallback=False),
        use_ssl=parse("MAIL_USE_SSL", parse_flag, fallback=False),
        username=values["MAIL_USERNAME"] or "",
        password=values["MAIL_PASSWORD"] or "",
        sender=parse("MAIL_DEFAULT_SENDER", parse_sender, nobody),
    )
    token = parse("WEBHOOK_TOKEN", parse_token, "")
    database_url = parse("DATABASE_URL", parse_database_url, "")
    database_url = add_password(database_url, values["DATABASE_PASSWORD"] or "")
    retention_days = parse("RETENTION_DAYS", parse_days, 0)
    addresses = Addresses(
        dashboard=parse("LINK_DASHBOARD_URL", parse_address, ""),
        prometheus=parse("LINK_PROMETHEUS_URL", parse_address, ""),
        alertmanager=parse("LINK_ALERTMANAGER_URL", parse_address, ""),
    )
    plaintext = parse("MAIL_ALLOW_PLAINTEXT", parse_flag, fallback=False)
    mistakes += _disagreements(mail, allow_plaintext=plaintext)
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(
        quotas_file=Path(values["QUOTAS_FILE"] or ""),
        token=token,
        database_url=database_url,
        retention=timedelta(days=retention_days),
        addresses=addresses,
        mail=mail,
    )


def _read(setting: Setting, environ: Mapping[str, str], mistakes: list[str]) -> str | None:
    """Return the value of a variable, or None after noting why there is none."""
    try:
        return read_setting(setting, environ)
    except ValueError as error:
        mistakes.append(str(error))
        return None


def _is_secret(name: str) -> bool:
    return any(setting.secret for setting in SETTINGS if setting.name == name)


def _disagreements(mail: MailSettings, *, allow_plaintext: bool) -> list[str]:
    """Return what is wrong with values that are right one by one."""
    mistakes = []
    if mail.use_tls and mail.use_ssl:
        mistakes.append(
            "MAIL_USE_TLS and MAIL_USE_SSL are both true; MAIL_USE_TLS=true is for port 587, "
            "MAIL_USE_SSL=true for port 465: set one of them"
        )
    if bool(mail.username) != bool(mail.password):
        mistakes.append(
            "MAIL_USERNAME and MAIL_PASSWORD belong together; set both, or neither to send "
            "without logging in"
        )
    encrypted = mail.use_tls or mail.use_ssl
    if mail.server and not (encrypted or allow_plaintext or is_loopback(mail.server)):
        mistakes.append(
            f'MAIL_SERVER: "{mail.server}" is another machine and the mail would cross the '
            f"network in plain text; set MAIL_USE_TLS=true or MAIL_USE_SSL=true, or permit it "
            f"with MAIL_ALLOW_PLAINTEXT=true"
        )
    return mistakes

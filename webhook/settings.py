"""The settings of the webhook: read once from the environment, checked, frozen."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from webhook.links import Addresses, web_url

LARGEST_PORT = 65_535
LARGEST_DAYS = 3_650
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_Value = TypeVar("_Value")


class SettingsError(Exception):
    """The environment is wrong; the message has one line for each mistake."""


@dataclass(frozen=True)
class Setting:
    """An environment variable; ``default`` is None where there must be a value.

    A secret can also come from the file that ``<name>_FILE`` names.
    """

    name: str
    default: str | None
    help: str
    secret: bool = False


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
    Setting("RETENTION_DAYS", "90", "for how long mails that were sent are kept"),
    Setting("LINK_DASHBOARD_URL", "", "where people reach the dashboard, for links in mails"),
    Setting(
        "LINK_PROMETHEUS_URL", "", "the same of Prometheus; empty: what its alerts say themselves"
    ),
    Setting("LINK_ALERTMANAGER_URL", "", "the same of Alertmanager; empty: what it says itself"),
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
        server=parse("MAIL_SERVER", _parse_host, ""),
        port=parse("MAIL_PORT", _parse_port, 0),
        use_tls=parse("MAIL_USE_TLS", _parse_flag, fallback=False),
        use_ssl=parse("MAIL_USE_SSL", _parse_flag, fallback=False),
        username=values["MAIL_USERNAME"] or "",
        password=values["MAIL_PASSWORD"] or "",
        sender=parse("MAIL_DEFAULT_SENDER", _parse_sender, nobody),
    )
    token = parse("WEBHOOK_TOKEN", _parse_token, "")
    database_url = parse("DATABASE_URL", parse_database_url, "")
    retention_days = parse("RETENTION_DAYS", _parse_days, 0)
    addresses = Addresses(
        dashboard=parse("LINK_DASHBOARD_URL", _parse_address, ""),
        prometheus=parse("LINK_PROMETHEUS_URL", _parse_address, ""),
        alertmanager=parse("LINK_ALERTMANAGER_URL", _parse_address, ""),
    )
    plaintext = parse("MAIL_ALLOW_PLAINTEXT", _parse_flag, fallback=False)
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
    value = environ.get(setting.name, "")
    file_name = environ.get(f"{setting.name}_FILE", "") if setting.secret else ""
    if value and file_name:
        mistakes.append(
            f"{setting.name} and {setting.name}_FILE are both set; keep one, unset the other"
        )
        return None
    if file_name:
        try:
            value = Path(file_name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            mistakes.append(
                f'{setting.name}_FILE: "{file_name}" cannot be read ({error}); '
                f"name a readable text file"
            )
            return None
    if not value and setting.default is None:
        either = f" or {setting.name}_FILE" if setting.secret else ""
        mistakes.append(f"{setting.name} is not set; set {setting.name}{either}: {setting.help}")
        return None
    return value or setting.default


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
    if mail.server and not (encrypted or allow_plaintext or _is_loopback(mail.server)):
        mistakes.append(
            f'MAIL_SERVER: "{mail.server}" is another machine and the mail would cross the '
            f"network in plain text; set MAIL_USE_TLS=true or MAIL_USE_SSL=true, or permit it "
            f"with MAIL_ALLOW_PLAINTEXT=true"
        )
    return mistakes


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parse_flag(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"is neither yes nor no; write one of {', '.join(_TRUE + _FALSE)}")


def _parse_port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LARGEST_PORT:
        return int(text)
    raise ValueError(f"is not a port; write a number from 1 to {LARGEST_PORT}")


def _parse_host(text: str) -> str:
    if all("!" <= character <= "~" for character in text) and "/" not in text:
        return text
    raise ValueError('is not a host; write a name or an address, such as "smtp.example.com"')


def parse_database_url(text: str) -> str:
    """Return the address of a database that the store can use.

    Raises:
        ValueError: it is none.

    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = make_url("none://")
    # Each connection to one in memory would be another one, and a restart would lose it.
    in_file = url.database not in (None, "", ":memory:") and "mode" not in url.query
    if url.drivername in ("sqlite", "sqlite+pysqlite") and in_file:
        return text
    if url.drivername == "postgresql+psycopg" and url.database:
        return text
    raise ValueError(
        "is no database that can be used; write sqlite:////path/of/outbox.db or "
        "postgresql+psycopg://user:password@host/name"
    )


def _parse_days(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LARGEST_DAYS:
        return int(text)
    raise ValueError(f"is no number of days; write one from 1 to {LARGEST_DAYS}")


def _parse_address(text: str) -> str:
    if not text or web_url(text):
        return text
    raise ValueError('is no address of a web page; write such as "https://grafana.example.com/"')


def _parse_token(text: str) -> str:
    if all("!" <= character <= "~" for character in text):
        return text
    raise ValueError(
        "has characters that a header cannot carry; use letters, digits and punctuation of "
        "ASCII without spaces, for example from: openssl rand -hex 32"
    )


def _parse_sender(text: str) -> Address:
    name, address = parseaddr(text)
    if text.isprintable():
        try:
            sender = Address(display_name=name, addr_spec=address)
        except (ValueError, IndexError):  # what the parser raises differs with the mistake
            sender = Address()
        if sender.username and sender.domain and sender.addr_spec.isascii():
            return sender
    raise ValueError(
        'is not a sender; write "quotas@example.com" or "Gateway quotas <quotas@example.com>"'
    )

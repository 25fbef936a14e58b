"""The settings of the webhook, read once from environment variables and checked."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path

from quotas.prometheus.endpoint import (
    ENDPOINT_SETTINGS,
    Endpoint,
    parse_prometheus_url,
    read_endpoint,
)
from quotas.settings import Setting, SettingsReader, parse_flag, parse_token, whole_number
from webhook.database_url import add_password, parse_database_url
from webhook.text import web_url

LARGEST_PORT = 65_535
LONGEST_RETENTION_DAYS = 3_650
# Used in place of a wrong sender until all mistakes are reported.
_NOBODY = Address(username="nobody", domain="localhost")

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
    Setting(
        "PROMETHEUS_URL",
        "",
        "a Prometheus, or what answers its HTTP API, for figures and charts in mails; empty: none",
        has_password=True,
    ),
    *ENDPOINT_SETTINGS,
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
    """How to reach the SMTP server, and the sender of all mail. The repr hides the password."""

    server: str
    port: int
    use_tls: bool
    use_ssl: bool
    username: str
    password: str = field(repr=False)
    sender: Address


@dataclass(frozen=True)
class Addresses:
    """The web addresses that mails link to.

    An empty ``dashboard`` means no link. An empty ``prometheus`` or ``alertmanager`` means the
    address that the alert or the payload carries. ``none`` means no link.
    """

    dashboard: str = ""
    prometheus: str = ""
    alertmanager: str = ""


@dataclass(frozen=True)
class Settings:
    """All settings of the webhook. The repr hides what may hold a token or a password.

    Without ``prometheus``, mails have no figures but those of their alerts.
    """

    quotas_file: Path
    token: str = field(repr=False)
    database_url: str = field(repr=False)
    retention: timedelta
    prometheus: Endpoint | None
    addresses: Addresses
    mail: MailSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings from environment variables.

    Raises:
        SettingsError: a variable is wrong. The message names every wrong variable, its value
            unless that is secret, and what is allowed.

    """
    reader = SettingsReader(SETTINGS, environ)
    mail = MailSettings(
        server=reader.parse("MAIL_SERVER", _parse_host, ""),
        port=reader.parse("MAIL_PORT", whole_number("a port", LARGEST_PORT), 0),
        use_tls=reader.parse("MAIL_USE_TLS", parse_flag, fallback=False),
        use_ssl=reader.parse("MAIL_USE_SSL", parse_flag, fallback=False),
        username=reader.text("MAIL_USERNAME"),
        password=reader.text("MAIL_PASSWORD"),
        sender=reader.parse("MAIL_DEFAULT_SENDER", _parse_sender, _NOBODY),
    )
    prometheus_url = reader.parse("PROMETHEUS_URL", _parse_prometheus_url, "")
    endpoint = read_endpoint(reader, prometheus_url)
    database_url = reader.parse("DATABASE_URL", parse_database_url, "")
    retention = whole_number("a retention", LONGEST_RETENTION_DAYS, "days")
    settings = Settings(
        quotas_file=Path(reader.text("QUOTAS_FILE")),
        token=reader.parse("WEBHOOK_TOKEN", parse_token, ""),
        database_url=add_password(database_url, reader.text("DATABASE_PASSWORD")),
        retention=timedelta(days=reader.parse("RETENTION_DAYS", retention, 0)),
        prometheus=endpoint if endpoint.url else None,
        addresses=Addresses(
            dashboard=reader.parse("LINK_DASHBOARD_URL", _parse_link, ""),
            prometheus=reader.parse("LINK_PROMETHEUS_URL", _parse_link, ""),
            alertmanager=reader.parse("LINK_ALERTMANAGER_URL", _parse_link, ""),
        ),
        mail=mail,
    )
    plaintext = reader.parse("MAIL_ALLOW_PLAINTEXT", parse_flag, fallback=False)
    reader.mistakes += _find_conflicts(mail, allow_plaintext=plaintext)
    reader.check()
    return settings


def _find_conflicts(mail: MailSettings, *, allow_plaintext: bool) -> list[str]:
    """Return the mistakes in combinations of values that are each valid alone."""
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
    """Return whether ``host`` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parse_host(text: str) -> str:
    """Return ``text`` if it can be a host name or an IP address."""
    if all("!" <= character <= "~" for character in text) and "/" not in text:
        return text
    raise ValueError('is not a host; write a name or an address, such as "smtp.example.com"')


def _parse_prometheus_url(text: str) -> str:
    return parse_prometheus_url(text) if text else ""


def _parse_link(text: str) -> str:
    """Return ``text`` if it is the address of a web page, empty, or ``none``."""
    if text in ("", "none") or web_url(text):
        return text
    raise ValueError(
        'is no address of a web page; write such as "https://grafana.example.com/", or "none"'
    )


def _parse_sender(text: str) -> Address:
    """Return the sender that ``text`` names."""
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

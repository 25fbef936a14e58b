"""The settings of the API, read once from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.access import Grant, TokensError, load_grants
from quotas.file.loading import QuotasError, load_quotas
from quotas.model import QuotaFile
from quotas.prometheus.endpoint import (
    ENDPOINT_SETTINGS,
    Endpoint,
    parse_prometheus_url,
    read_endpoint,
)
from quotas.settings import (
    Setting,
    SettingsReader,
    hide_password,
    parse_token,
    parse_url,
    whole_number,
)
from quotas.watched_file import WatchedFile

LONGEST_TIMEOUT_SECONDS = 120
LONGEST_INTERVAL_SECONDS = 300
LARGEST_CACHE_MEGABYTES = 65_536


SETTINGS = (
    Setting(
        "PROMETHEUS_URL",
        "http://127.0.0.1:9090",
        "a Prometheus, or whatever answers its HTTP API (Thanos, Mimir, VictoriaMetrics)",
        has_password=True,
    ),
    *ENDPOINT_SETTINGS,
    Setting(
        "PROMETHEUS_TIMEOUT_SECONDS",
        "10",
        "how long the queries of one request may take, together",
    ),
    Setting(
        "SCRAPE_INTERVAL_SECONDS",
        "15",
        "`scrape_interval` of the gateways in prometheus.yml; with a longer one, a restart "
        "between two scrapes is not recognised",
    ),
    Setting(
        "QUOTAS_FILE",
        "",
        "quotas.yaml, read again after a change: for its `accounting`, so that the API counts as "
        "the rules do, for thresholds and units of limits, and for quotas that have no data yet; "
        "without it, the defaults of `accounting`",
    ),
    Setting(
        "API_TOKENS_FILE",
        "",
        "bearer tokens, as hashes, and what each of them sees; without it, the API is open",
    ),
    Setting(
        "CORS_ORIGINS",
        "",
        "origins whose pages may call the API from a browser, separated by blanks, such as "
        "`https://portal.example.com`",
        has_password=True,
    ),
    Setting(
        "CACHE_MEGABYTES",
        "64",
        "memory for answers and past windows that need not be asked of Prometheus again",
    ),
    Setting(
        "WEBHOOK_URL",
        "",
        "the webhook, which is asked who was notified of a quota; without it, that is not shown",
        has_password=True,
    ),
    Setting("WEBHOOK_TOKEN", "", "its token, where `WEBHOOK_URL` is set", secret=True),
    Setting("LINK_PROMETHEUS_URL", "", "where people reach Prometheus, for links on the dashboard"),
    Setting("LINK_ALERTMANAGER_URL", "", "the same of Alertmanager"),
    Setting(
        "LINK_QUOTAS_URL",
        "",
        "a page that shows quotas.yaml, such as that of a repository; links add `#L` and a line",
    ),
)
# RFC 6454, section 6.2: browsers send origins in exactly this form, and they are compared as text.
_ORIGIN = re.compile(
    r"(http(?!.*:80\Z)|https(?!.*:443\Z))://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?"
)


@dataclass(frozen=True)
class WebhookSettings:
    """Where the webhook is, and its token."""

    # It may hold a password, and reprs end up in logs.
    url: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Links:
    """Where people reach other pages; empty for what is not linked to."""

    prometheus: str = ""
    alertmanager: str = ""
    quotas: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings of the API."""

    prometheus: Endpoint
    prometheus_timeout_seconds: int
    scrape_interval_seconds: int
    # None: how bytes are counted and which quotas there are is not known.
    quotas: WatchedFile[QuotaFile] | None
    # None: no tokens are required.
    grants: tuple[Grant, ...] | None
    cors_origins: frozenset[str]
    cache_megabytes: int
    # None: notifications are not shown.
    webhook: WebhookSettings | None = None
    links: Links = Links()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings from environment variables.

    Raises:
        SettingsError: it names each variable that is wrong, its value unless that is a secret, and
            what is allowed.

    """
    reader = SettingsReader(SETTINGS, environ)
    webhook_url = reader.parse("WEBHOOK_URL", _parse_webhook_url, "")
    webhook_token = reader.parse("WEBHOOK_TOKEN", parse_token, "")
    token_is_wrong = any(mistake.startswith("WEBHOOK_TOKEN") for mistake in reader.mistakes)
    if webhook_url and not webhook_token and not token_is_wrong:
        reader.mistakes.append(
            "WEBHOOK_URL is set and WEBHOOK_TOKEN is not; set WEBHOOK_TOKEN or "
            "WEBHOOK_TOKEN_FILE to the token of the webhook, or unset WEBHOOK_URL"
        )
    settings = Settings(
        prometheus=read_endpoint(reader, reader.parse("PROMETHEUS_URL", parse_prometheus_url, "")),
        prometheus_timeout_seconds=reader.parse(
            "PROMETHEUS_TIMEOUT_SECONDS",
            whole_number("a timeout", LONGEST_TIMEOUT_SECONDS, "seconds"),
            0,
        ),
        scrape_interval_seconds=reader.parse(
            "SCRAPE_INTERVAL_SECONDS",
            whole_number("an interval", LONGEST_INTERVAL_SECONDS, "seconds"),
            0,
        ),
        quotas=reader.parse("QUOTAS_FILE", _read_quotas, None),
        grants=reader.parse("API_TOKENS_FILE", _read_grants, None),
        cors_origins=reader.parse("CORS_ORIGINS", _parse_origins, frozenset()),
        cache_megabytes=reader.parse(
            "CACHE_MEGABYTES", whole_number("a size", LARGEST_CACHE_MEGABYTES, "megabytes"), 0
        ),
        webhook=WebhookSettings(webhook_url, webhook_token) if webhook_url else None,
        links=Links(
            prometheus=reader.parse("LINK_PROMETHEUS_URL", _parse_link, ""),
            alertmanager=reader.parse("LINK_ALERTMANAGER_URL", _parse_link, ""),
            quotas=reader.parse("LINK_QUOTAS_URL", _parse_link, ""),
        ),
    )
    reader.check()
    return settings


def _parse_webhook_url(text: str) -> str:
    return parse_url(text, "webhook", "http://webhook:8080") if text else ""


def _parse_link(text: str) -> str:
    if text in ("", "none"):
        return ""
    return parse_url(text, "page", "https://prometheus.example.com")


def _read_quotas(text: str) -> WatchedFile[QuotaFile] | None:
    if not text:
        return None
    try:
        return WatchedFile(Path(text), load_quotas, QuotasError)
    except QuotasError as error:
        raise ValueError(f"is no quotas.yaml that can be used:\n{error}") from error


def _read_grants(text: str) -> tuple[Grant, ...] | None:
    if not text:
        return None
    try:
        return load_grants(Path(text))
    except TokensError as error:
        raise ValueError(f"is no file of tokens that can be used:\n{error}") from error


def _parse_origins(text: str) -> frozenset[str]:
    origins = text.split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f'has "{hide_password(origin)}", which is no origin; write it as browsers do, '
                "scheme, host in lower case, and the port unless it is the usual one, without a "
                'slash at the end, such as "https://portal.example.com"'
            )
    return frozenset(origins)

"""The settings of the API: read once from the environment, checked, frozen."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from api.access import Grant, TokensError, load_grants
from quotas.file.loading import QuotasError, load_quotas
from quotas.model import Accounting
from quotas.settings import Setting, parse_token, read_setting

LONGEST_TIMEOUT_SECONDS = 120
LONGEST_INTERVAL_SECONDS = 300
LARGEST_CACHE_MEGABYTES = 65_536
_Value = TypeVar("_Value")


class SettingsError(Exception):
    """The environment is wrong; the message has one line for each mistake."""


SETTINGS = (
    Setting(
        "PROMETHEUS_URL",
        "http://127.0.0.1:9090",
        "a Prometheus, or whatever answers its HTTP API (Thanos, Mimir, VictoriaMetrics)",
    ),
    Setting(
        "PROMETHEUS_TIMEOUT_SECONDS",
        "10",
        "how long one query may take; a request makes a few at most, and the timeout of gunicorn "
        "must be longer than three",
    ),
    Setting(
        "SCRAPE_INTERVAL_SECONDS",
        "15",
        "`scrape_interval` of the gateways in prometheus.yml; a restart between two scrapes is "
        "told apart if this is not longer",
    ),
    Setting(
        "QUOTAS_FILE",
        "",
        "quotas.yaml, for its `accounting`: so that the API counts as the rules do; without it, "
        "the defaults of `accounting`",
    ),
    Setting(
        "API_TOKENS_FILE",
        "",
        "who may ask for what, as hashes of bearer tokens; without it, whoever reaches the API "
        "may ask for all",
    ),
    Setting(
        "CORS_ORIGINS",
        "",
        "origins whose pages may call the API from a browser, separated by blanks, such as "
        "`https://portal.example.com`",
    ),
    Setting(
        "CACHE_MEGABYTES",
        "64",
        "memory for answers and past windows that need not be asked of Prometheus again",
    ),
    Setting(
        "WEBHOOK_URL",
        "",
        "the webhook, which is asked who was told of a quota; without it, that is not shown",
    ),
    Setting("WEBHOOK_TOKEN", "", "its token, where `WEBHOOK_URL` is set", secret=True),
)
# RFC 6454, section 6.2: what a browser sends is compared with it, letter by letter.
_ORIGIN = re.compile(
    r"(http(?!.*:80\Z)|https(?!.*:443\Z))://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?"
)
_SECRETS = frozenset(setting.name for setting in SETTINGS if setting.secret)


@dataclass(frozen=True)
class WebhookSettings:
    """Where the webhook is, and its token."""

    # It may hold a password, and a repr ends in logs.
    url: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All that the API is told from outside."""

    # It may hold a password, and a repr ends in logs.
    prometheus_url: str = field(repr=False)
    prometheus_timeout_seconds: int
    scrape_interval_seconds: int
    accounting: Accounting
    # None: nobody is asked for a token.
    grants: tuple[Grant, ...] | None
    cors_origins: frozenset[str]
    cache_megabytes: int
    # None: who was told is not shown.
    webhook: WebhookSettings | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that these environment variables make.

    Raises:
        SettingsError: naming each variable that is wrong, its value unless it is a secret, and
            what is allowed.

    """
    mistakes: list[str] = []
    values = {setting.name: _read(setting, environ, mistakes) for setting in SETTINGS}

    def parse(name: str, parser: Callable[[str], _Value], fallback: _Value) -> _Value:
        try:
            return parser(values[name])
        except ValueError as error:
            shown = "" if name in _SECRETS else f'"{_without_password(values[name])}" '
            mistakes.append(f"{name}: {shown}{error}")
            return fallback

    webhook_url = parse("WEBHOOK_URL", _parse_webhook_url, "")
    webhook_token = parse("WEBHOOK_TOKEN", parse_token, "")
    told = any(mistake.startswith("WEBHOOK_TOKEN") for mistake in mistakes)
    if webhook_url and not webhook_token and not told:
        mistakes.append(
            "WEBHOOK_URL is set and WEBHOOK_TOKEN is not; set WEBHOOK_TOKEN or "
            "WEBHOOK_TOKEN_FILE to the token of the webhook, or unset WEBHOOK_URL"
        )
    settings = Settings(
        prometheus_url=parse("PROMETHEUS_URL", _parse_prometheus_url, ""),
        prometheus_timeout_seconds=parse(
            "PROMETHEUS_TIMEOUT_SECONDS",
            _number("a timeout", "seconds", LONGEST_TIMEOUT_SECONDS),
            0,
        ),
        scrape_interval_seconds=parse(
            "SCRAPE_INTERVAL_SECONDS",
            _number("an interval", "seconds", LONGEST_INTERVAL_SECONDS),
            0,
        ),
        accounting=parse("QUOTAS_FILE", _read_accounting, Accounting()),
        grants=parse("API_TOKENS_FILE", _read_grants, None),
        cors_origins=parse("CORS_ORIGINS", _parse_origins, frozenset()),
        cache_megabytes=parse(
            "CACHE_MEGABYTES", _number("a size", "megabytes", LARGEST_CACHE_MEGABYTES), 0
        ),
        webhook=WebhookSettings(webhook_url, webhook_token) if webhook_url else None,
    )
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def _read(setting: Setting, environ: Mapping[str, str], mistakes: list[str]) -> str:
    """Return the value of a variable; its default after noting why there is none."""
    try:
        return read_setting(setting, environ)
    except ValueError as error:
        mistakes.append(str(error))
        return setting.default or ""


def _without_password(value: str) -> str:
    """Return the value without what stands before an @, whether or not it is an address."""
    return re.sub("^(.*//)?.*@", r"\1***@", value)


def _parse_prometheus_url(text: str) -> str:
    return _parse_url(text, "Prometheus", "http://prometheus:9090")


def _parse_webhook_url(text: str) -> str:
    return _parse_url(text, "webhook", "http://webhook:8080") if text else ""


def _parse_url(text: str, what: str, example: str) -> str:
    """Return the address without a slash at its end, so that a path can be added."""
    if all("!" <= character <= "~" for character in text) and not {"?", "#"} & set(text):
        try:
            parts = urlsplit(text)
            # Reading the port checks it.
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return text.rstrip("/")
        except ValueError:
            pass
    raise ValueError(
        f"is not the address of a {what}; write http:// or https://, a host, and if need be "
        f'a port and a path, such as "{example}"'
    )


def _number(what: str, unit: str, most: int) -> Callable[[str], int]:
    """Return what takes a whole number up to the greatest."""

    def parse(text: str) -> int:
        if re.fullmatch("[0-9]{1,6}", text) and 1 <= int(text) <= most:
            return int(text)
        raise ValueError(f"is not {what}; write a whole number of {unit} from 1 to {most}")

    return parse


def _read_accounting(text: str) -> Accounting:
    if not text:
        return Accounting()
    try:
        return load_quotas(Path(text)).accounting
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
                f'has "{_without_password(origin)}", which is no origin; write it as browsers do, '
                "scheme, host in lower case, and the port unless it is the usual one, without a "
                'slash at the end, such as "https://portal.example.com"'
            )
    return frozenset(origins)

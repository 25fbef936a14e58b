"""The settings of the API: read once from the environment, checked, frozen."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

LONGEST_TIMEOUT_SECONDS = 120
LONGEST_INTERVAL_SECONDS = 300
_Value = TypeVar("_Value")


class SettingsError(Exception):
    """The environment is wrong; the message has one line for each mistake."""


@dataclass(frozen=True)
class Setting:
    """An environment variable; what is not set, or empty, has its default."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "PROMETHEUS_URL",
        "http://127.0.0.1:9090",
        "a Prometheus, or whatever answers its HTTP API (Thanos, Mimir, VictoriaMetrics)",
    ),
    Setting(
        "PROMETHEUS_TIMEOUT_SECONDS",
        "10",
        "how long one query may take; a request makes two at most, and the timeout of gunicorn "
        "must be longer than both",
    ),
    Setting(
        "SCRAPE_INTERVAL_SECONDS",
        "15",
        "`scrape_interval` of the gateways in prometheus.yml; a restart between two scrapes is "
        "told apart if this is not longer",
    ),
)


@dataclass(frozen=True)
class Settings:
    """All that the API is told from outside."""

    # It may hold a password, and a repr ends in logs.
    prometheus_url: str = field(repr=False)
    prometheus_timeout_seconds: int
    scrape_interval_seconds: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that these environment variables make.

    Raises:
        SettingsError: naming each variable that is wrong, its value, and what is allowed.

    """
    values = {setting.name: environ.get(setting.name) or setting.default for setting in SETTINGS}
    mistakes: list[str] = []

    def parse(name: str, parser: Callable[[str], _Value], fallback: _Value) -> _Value:
        try:
            return parser(values[name])
        except ValueError as error:
            mistakes.append(f'{name}: "{_without_password(values[name])}" {error}')
            return fallback

    settings = Settings(
        prometheus_url=parse("PROMETHEUS_URL", _parse_url, ""),
        prometheus_timeout_seconds=parse(
            "PROMETHEUS_TIMEOUT_SECONDS", _seconds("a timeout", LONGEST_TIMEOUT_SECONDS), 0
        ),
        scrape_interval_seconds=parse(
            "SCRAPE_INTERVAL_SECONDS", _seconds("an interval", LONGEST_INTERVAL_SECONDS), 0
        ),
    )
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def _without_password(value: str) -> str:
    return re.sub("//.*@", "//***@", value)


def _parse_url(text: str) -> str:
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
        "is not the address of a Prometheus; write http:// or https://, a host, and if need be "
        'a port and a path, such as "http://prometheus:9090"'
    )


def _seconds(what: str, longest: int) -> Callable[[str], int]:
    """Return what takes a whole number of seconds up to the longest."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= longest:
            return int(text)
        raise ValueError(f"is not {what}; write a whole number of seconds from 1 to {longest}")

    return parse

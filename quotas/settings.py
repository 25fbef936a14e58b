"""Settings from environment variables: the reader and the parsers that both applications use.

Each application declares a table of ``Setting`` and reads it into a frozen dataclass of its own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_Value = TypeVar("_Value")


class SettingsError(Exception):
    """Environment variables are wrong. The message has one line for each mistake."""


@dataclass(frozen=True)
class Setting:
    """An environment variable. An empty value counts as not set.

    Attributes:
        name: the variable.
        default: its default value; None if the variable is required.
        help: what it is for, as the README shows it.
        secret: the value may also come from the file that ``<name>_FILE`` names, and never
            appears in a message.
        has_password: the value is an address that may hold a password. Messages hide the part
            before the ``@``.

    """

    name: str
    default: str | None
    help: str
    secret: bool = False
    has_password: bool = False


class SettingsReader:
    """Reads and parses environment variables, and collects every mistake for one report."""

    def __init__(self, settings: Sequence[Setting], environ: Mapping[str, str]) -> None:
        self.mistakes: list[str] = []
        self._settings = {setting.name: setting for setting in settings}
        self._texts = {setting.name: self._read(setting, environ) for setting in settings}

    def text(self, name: str) -> str:
        """Return the value of a variable or its default; empty if it cannot be read."""
        return self._texts[name] or ""

    def parse(self, name: str, parser: Callable[[str], _Value], fallback: _Value) -> _Value:
        """Return the parsed value of a variable. After a mistake, return ``fallback``."""
        text = self._texts[name]
        if text is None:
            return fallback
        try:
            return parser(text)
        except ValueError as error:
            self.mistakes.append(f"{name}: {self._show(name, text)}{error}")
            return fallback

    def check(self) -> None:
        """Raise SettingsError if there is any mistake."""
        if self.mistakes:
            raise SettingsError("\n".join(self.mistakes))

    def _read(self, setting: Setting, environ: Mapping[str, str]) -> str | None:
        try:
            return read_setting(setting, environ)
        except ValueError as error:
            self.mistakes.append(str(error))
            return None

    def _show(self, name: str, text: str) -> str:
        setting = self._settings[name]
        if setting.secret:
            return ""
        return f'"{hide_password(text) if setting.has_password else text}" '


def read_setting(setting: Setting, environ: Mapping[str, str]) -> str:
    """Return the value of a variable, or its default.

    Raises:
        ValueError: the variable is required and not set, is set together with its ``_FILE``, or
            its file cannot be read. The message names the variable and says what to do.

    """
    value = environ.get(setting.name, "")
    file_name = environ.get(f"{setting.name}_FILE", "") if setting.secret else ""
    if value and file_name:
        raise ValueError(
            f"{setting.name} and {setting.name}_FILE are both set; keep one, unset the other"
        )
    if file_name:
        value = _read_file(setting, file_name)
    if not value and setting.default is None:
        either = f" or {setting.name}_FILE" if setting.secret else ""
        raise ValueError(f"{setting.name} is not set; set {setting.name}{either}: {setting.help}")
    return value or setting.default or ""


def _read_file(setting: Setting, file_name: str) -> str:
    try:
        return Path(file_name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise ValueError(
            f'{setting.name}_FILE: "{file_name}" cannot be read ({error}); '
            f"name a readable text file"
        ) from error


def hide_password(address: str) -> str:
    """Return an address with ``***`` in place of the user and password before an ``@``."""
    return re.sub("^(.*//)?.*@", r"\1***@", address)


def parse_token(text: str) -> str:
    """Return the token if an HTTP header can carry it.

    Raises:
        ValueError: a header cannot carry it. The message does not contain the token.

    """
    if all("!" <= character <= "~" for character in text):
        return text
    raise ValueError(
        "has characters that a header cannot carry; use letters, digits and punctuation of "
        "ASCII without spaces, for example from: openssl rand -hex 32"
    )


def parse_flag(text: str) -> bool:
    """Return True for ``1 true yes on`` and False for ``0 false no off``, ignoring case.

    Raises:
        ValueError: the text is none of them.

    """
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"is neither yes nor no; write one of {', '.join(_TRUE + _FALSE)}")


def whole_number(what: str, most: int, unit: str = "") -> Callable[[str], int]:
    """Return a parser of whole numbers from 1 to ``most``.

    Args:
        what: what the number is, for the error message, such as "a port".
        most: the largest number allowed.
        unit: the unit, for the error message.

    """

    def parse(text: str) -> int:
        if re.fullmatch("[0-9]{1,6}", text) and 1 <= int(text) <= most:
            return int(text)
        of_unit = f" of {unit}" if unit else ""
        raise ValueError(f"is not {what}; write a whole number{of_unit} from 1 to {most}")

    return parse


def parse_url(text: str, what: str, example: str) -> str:
    """Return an http(s) address without its final slash, so that a path can be appended.

    Args:
        text: the address.
        what: what the address is of, for the error message, such as "Prometheus".
        example: an address to show in the error message.

    Raises:
        ValueError: it is not an http(s) address, or has a query or a fragment.

    """
    if all("!" <= character <= "~" for character in text) and not {"?", "#"} & set(text):
        try:
            parts = urlsplit(text)
            # ``port`` raises ValueError if it is not a number from 0 to 65535.
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return text.rstrip("/")
        except ValueError:
            pass
    raise ValueError(
        f"is not the address of a {what}; write http:// or https://, a host, and if need be "
        f'a port and a path, such as "{example}"'
    )

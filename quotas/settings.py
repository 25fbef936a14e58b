"""Environment variables, and secrets that may be in files instead: how the applications are set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """An environment variable; ``default`` is None where there must be a value.

    What is set to nothing is not set. A secret can also come from the file that ``<name>_FILE``
    names.
    """

    name: str
    default: str | None
    help: str
    secret: bool = False


def read_setting(setting: Setting, environ: Mapping[str, str]) -> str:
    """Return the value of a variable.

    Raises:
        ValueError: it has none, or two, or one that cannot be read; the message names it and says
            what to do.

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


def parse_token(text: str) -> str:
    """Return a token that a header can carry.

    Raises:
        ValueError: a header cannot carry it; the message does not hold it.

    """
    if all("!" <= character <= "~" for character in text):
        return text
    raise ValueError(
        "has characters that a header cannot carry; use letters, digits and punctuation of "
        "ASCII without spaces, for example from: openssl rand -hex 32"
    )

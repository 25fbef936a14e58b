"""Durations as Prometheus writes them."""

import re

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?:(?P<w>[0-9]{1,6})w)?(?:(?P<d>[0-9]{1,6})d)?(?:(?P<h>[0-9]{1,6})h)?"
    r"(?:(?P<m>[0-9]{1,6})m)?(?:(?P<s>[0-9]{1,9})s)?",
    re.ASCII,
)

# What Prometheus itself may show.
_SHOWN = re.compile(
    r"(?:(?P<y>[0-9]{1,3})y)?(?P<rest>[0-9wdhms]*?)(?:(?P<ms>[0-9]{1,9})ms)?", re.ASCII
)
_YEAR_SECONDS = 365 * 86_400


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as ``90s``, ``5m`` or ``1h30m``.

    Raises:
        ValueError: the text is no duration, or it is zero.

    """
    match = _DURATION.fullmatch(text)
    seconds = 0
    if match is not None:
        seconds = sum(_UNITS[unit] * int(count) for unit, count in match.groupdict("0").items())
    if seconds == 0:
        raise ValueError(f'"{text}" is not a duration; write for example "90s", "5m" or "1h30m"')
    return seconds


def read_duration(text: str) -> float:
    """Return the seconds of a duration as Prometheus shows it, with years and milliseconds: ``1y``.

    Raises:
        ValueError: the text is none.

    """
    match = _SHOWN.fullmatch(text)
    if match is None or not text:
        raise ValueError(f'"{text}" is not a duration')
    rest = parse_duration(match["rest"]) if match["rest"] else 0
    return int(match["y"] or 0) * _YEAR_SECONDS + rest + int(match["ms"] or 0) / 1000


def format_duration(seconds: float) -> str:
    """Return the shortest duration Prometheus reads as these seconds: 5400 is ``1h30m``.

    Weeks are written as days, which is how people compare periods; what is finer than a second
    is rounded to milliseconds.
    """
    parts = []
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    for unit, size in _UNITS.items():
        if unit == "w":
            continue
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    if milliseconds:
        parts.append(f"{milliseconds}ms")
    return "".join(parts) or "0s"

"""Sizes in bytes and durations in seconds: parsed from text, and formatted as text."""

import difflib
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

DECIMAL_UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "PB": 10**15,
}
BINARY_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}
UNITS = DECIMAL_UNITS | BINARY_UNITS

# Prometheus keeps numbers as 64-bit floats: whole bytes are exact up to here.
LARGEST_SIZE_BYTES = 2**53

_SIZE = re.compile(r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?) ?(?P<unit>[A-Za-z]{1,5})", re.ASCII)
# Text that looks like a size. It is refused, and the error says which sizes it could mean.
_LOOSE = re.compile(
    r"(?P<whole>[0-9]{1,20})(?P<fraction>[.,][0-9]{1,20})?(?P<power>[eE][+-]?[0-9]{1,2})? {0,9}"
    r"(?P<unit>[A-Za-z]{0,12})",
    re.ASCII,
)
# A lower-case b means bits.
_BITS = re.compile(r"(?P<prefix>[KkMmGgTtPp]i?)(?:b|[Bb]its?)")
_BITS_IN_A_BYTE = 8
_MOST_DIGITS = 3
_SIGNIFICANT_DIGITS = 4
# Enough digits for the bytes of any size. With fewer, decimal refuses to round.
_WIDE = Context(prec=60)


def parse_size(text: str) -> int:
    """Return a size such as ``500 GB``, ``1.5TB`` or ``10 GiB`` in bytes.

    Raises:
        ValueError: the text is not a size, is ambiguous, is not a whole number of bytes, is zero,
            or exceeds 2**53 bytes. The message says which of these, and what to write instead.

    """
    match = _SIZE.fullmatch(text)
    if match is None or match["unit"] not in UNITS:
        raise ValueError(_explain(text))
    size = Fraction(match["number"]) * UNITS[match["unit"]]
    if size.denominator != 1:
        raise ValueError(f'"{text}" is not a whole number of bytes; write for example "1.5 kB"')
    if size == 0:
        raise ValueError(f'"{text}" is nothing; a limit is at least 1 B')
    if size > LARGEST_SIZE_BYTES:
        raise ValueError(
            f'"{text}" is more than {LARGEST_SIZE_BYTES} bytes, above which Prometheus '
            f"no longer counts single bytes; write a smaller size"
        )
    return int(size)


def unit_of(text: str) -> str:
    """Return the unit of a size that ``parse_size`` accepts: ``GiB`` of ``10 GiB``.

    >>> unit_of("1.5TB")
    'TB'
    """
    match = _SIZE.fullmatch(text)
    return match["unit"] if match else ""


def _explain(text: str) -> str:
    """Return why a text is not a size: the two sizes it could mean, or the most similar unit."""
    loose = _LOOSE.fullmatch(text.strip())
    if loose is not None:
        readings = _readings(loose)
        if readings:
            return f'"{text}" could be {readings[0]} or {readings[1]}; write which'
        by_lower_case = {unit.lower(): unit for unit in UNITS}
        near = difflib.get_close_matches(loose["unit"].lower(), list(by_lower_case), n=1)
        if near and not loose["power"]:
            number = loose["whole"] + (loose["fraction"] or "")
            return f'"{text}" is not a size; did you mean "{number} {by_lower_case[near[0]]}"?'
    return (
        f'"{text}" is not a size; write for example "500 GB", with one of the units '
        f"{', '.join(UNITS)}"
    )


def _readings(loose: re.Match[str]) -> tuple[str, str] | None:
    """Return the two sizes that the text could mean, or None if it is not ambiguous."""
    whole, fraction, unit = loose["whole"], loose["fraction"] or "", loose["unit"]
    if fraction.startswith(","):
        unit = unit if unit in UNITS else "GB"
        return f'"{whole}.{fraction[1:]} {unit}"', f'"{whole}{fraction[1:]} {unit}"'
    number = whole + fraction
    if loose["power"]:
        number = f"{Decimal(number + loose['power']):f}"
    if not unit:
        return f'"{number} B"', f'"{number} GB"'
    if loose["power"] and unit in UNITS:
        return f'"{number} {unit}"', f'"{whole} {unit}"'
    return _unit_readings(number, unit)


def _unit_readings(number: str, unit: str) -> tuple[str, str] | None:
    """Return the two readings of an ambiguous unit such as ``G``, ``KB``, ``Gb`` or ``Gibit``."""
    units = {known.lower(): known for known in UNITS}
    letter = unit[0].lower()
    if unit == "KB" or (len(unit) == 1 and f"{letter}ib" in units):
        decimal, binary = units[f"{letter}b"], units[f"{letter}ib"]
        return f'"{number} {decimal}" (decimal)', f'"{number} {binary}" (binary)'
    bits = _BITS.fullmatch(unit)
    if bits is not None:
        byte_unit = units[f"{bits['prefix'].lower()}b"]
        size = Decimal(number) / _BITS_IN_A_BYTE
        return f'"{number} {byte_unit}"', f'"{size:f} {byte_unit}" (that many bits)'
    return None


def format_size(
    size_bytes: float, *, binary: bool = False, largest: str = "", rounding: str = ROUND_HALF_EVEN
) -> str:
    """Return a size for people, with at most four digits: 9133 bytes are ``9.133 kB``.

    PB is the largest unit: above 9999 PB, a size has as many digits as it needs.

    Args:
        size_bytes: the size in bytes.
        binary: use KiB, MiB, … instead of kB, MB, ….
        largest: the largest unit to use instead of PB or PiB: ``3628 MB``.
        rounding: a rounding mode of the ``decimal`` module.

    """
    units = {"B": 1} | BINARY_UNITS if binary else DECIMAL_UNITS
    base = 1024 if binary else 1000
    # str() keeps the digits with which a float is written.
    size = Decimal(str(size_bytes))
    numbers = {unit: _round(size / unit_bytes, rounding) for unit, unit_bytes in units.items()}
    # Round before choosing the unit: 999,960 bytes are 1 MB, not 1000 kB.
    unit = next(
        (unit for unit in units if abs(numbers[unit]) < base or unit == largest), list(units)[-1]
    )
    text = f"{numbers[unit]:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}"


def _round(number: Decimal, rounding: str) -> Decimal:
    """Return a number with four significant digits, of which at most three are decimals."""
    decimals = max(0, _SIGNIFICANT_DIGITS - 1 - max(0, number.adjusted()))
    return number.quantize(Decimal(10) ** -decimals, rounding, _WIDE)


def format_exact(size_bytes: int) -> str:
    """Return the shortest text that ``parse_size`` reads as exactly this many bytes.

    Examples: ``500 GB``, ``10 GiB``, ``1001 B``.
    """
    texts = []
    for unit, unit_bytes in UNITS.items():
        for digits in range(_MOST_DIGITS + 1):
            number, remainder = divmod(size_bytes * 10**digits, unit_bytes)
            if remainder == 0:
                texts.append(f"{Decimal(number).scaleb(-digits)} {unit}")
                break
    return min(texts, key=len)


_DURATION_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?:(?P<w>[0-9]{1,6})w)?(?:(?P<d>[0-9]{1,6})d)?(?:(?P<h>[0-9]{1,6})h)?"
    r"(?:(?P<m>[0-9]{1,6})m)?(?:(?P<s>[0-9]{1,9})s)?",
    re.ASCII,
)

# Prometheus itself also prints years and milliseconds.
_SHOWN_DURATION = re.compile(
    r"(?:(?P<y>[0-9]{1,3})y)?(?P<rest>[0-9wdhms]*?)(?:(?P<ms>[0-9]{1,9})ms)?", re.ASCII
)
_YEAR_SECONDS = 365 * 86_400


def parse_duration(text: str) -> int:
    """Return a duration such as ``90s``, ``5m`` or ``1h30m`` in seconds.

    Raises:
        ValueError: the text is not a duration, or the duration is zero.

    """
    match = _DURATION.fullmatch(text)
    seconds = 0
    if match is not None:
        seconds = sum(
            _DURATION_UNITS[unit] * int(count) for unit, count in match.groupdict("0").items()
        )
    if seconds == 0:
        raise ValueError(f'"{text}" is not a duration; write for example "90s", "5m" or "1h30m"')
    return seconds


def read_duration(text: str) -> float:
    """Return a duration that Prometheus printed, such as ``1y`` or ``1s500ms``, in seconds.

    Raises:
        ValueError: the text is not a duration.

    """
    match = _SHOWN_DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f'"{text}" is not a duration')
    rest = parse_duration(match["rest"]) if match["rest"] else 0
    return int(match["y"] or 0) * _YEAR_SECONDS + rest + int(match["ms"] or 0) / 1000


def format_duration(seconds: float) -> str:
    """Return the shortest text that Prometheus reads as this duration: 5400 is ``1h30m``.

    Fractions of a second are rounded to milliseconds. Weeks are written as days, because people
    compare periods in days.
    """
    parts = []
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    for unit, size in _DURATION_UNITS.items():
        if unit == "w":
            continue
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    if milliseconds:
        parts.append(f"{milliseconds}ms")
    return "".join(parts) or "0s"

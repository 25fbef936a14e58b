"""Sizes in bytes: read as people write them, written as people read them."""

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


def parse_size(text: str) -> int:
    """Return the bytes that a size such as ``500 GB``, ``1.5TB`` or ``10 GiB`` stands for.

    Raises:
        ValueError: the text is no size, not a whole number of bytes, zero, or beyond 2**53 bytes;
            the message says which and what to write.

    """
    match = _SIZE.fullmatch(text)
    if match is None or match["unit"] not in UNITS:
        raise ValueError(
            f'"{text}" is not a size; write for example "500 GB", with one of the units '
            f"{', '.join(UNITS)}"
        )
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


def format_size(size_bytes: float, *, binary: bool = False, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return a size for people, with four digits at most: ``9133`` is ``9.133 kB``.

    ``rounding`` is one of decimal's modes.
    """
    units = {"B": 1} | BINARY_UNITS if binary else DECIMAL_UNITS
    # What rounds up to the next unit is written in that: 999,960 is 1 MB.
    rounded = Context(prec=4, rounding=rounding).create_decimal(Decimal(size_bytes))
    unit = max((u for u in units if units[u] <= abs(rounded)), key=units.__getitem__, default="B")
    number = Decimal(size_bytes) / units[unit]
    digits = max(0, 3 - max(0, number.adjusted()))
    text = f"{number.quantize(Decimal(10) ** -digits, rounding):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}"

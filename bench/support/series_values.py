"""Generate the values of series, to measure the disk space that they need."""

import random
from collections.abc import Callable, Iterator

QUIET_SCRAPES = 240
QUARTER_MINUTES = 15
# Quarters of an hour are closed in about so many of their minutes, hence at this mean interval.
CLOSING_MINUTES = 5
CLOSED_SECONDS = QUARTER_MINUTES * 60 // CLOSING_MINUTES
# Returns the endless values of one series.
Values = Callable[[random.Random], Iterator[float]]


def counter(chance: random.Random) -> Iterator[int]:
    """Yield the bytes of a counter with steady traffic."""
    value = chance.randrange(10**9, 10**11)
    while True:
        value += chance.randrange(10**5, 10**7)
        yield value


def quiet_counter(chance: random.Random) -> Iterator[int]:
    """Yield the bytes of a counter with about one request per hour."""
    value = chance.randrange(10**6, 10**8)
    while True:
        if not chance.randrange(QUIET_SCRAPES):
            value += chance.randrange(200, 10**5)
        yield value


def constant(chance: random.Random) -> Iterator[int]:
    """Yield the same number again and again."""
    value = chance.randrange(10**6, 10**8)
    while True:
        yield value


def delta(chance: random.Random) -> Iterator[int]:
    """Yield the bytes of steps with steady traffic."""
    while True:
        yield chance.randrange(4 * 10**5, 4 * 10**7)


def quiet_delta(chance: random.Random) -> Iterator[int]:
    """Yield the bytes of steps with about one request per hour."""
    while True:
        yield 0 if chance.randrange(QUIET_SCRAPES // 4) else chance.randrange(200, 10**5)


def ratio(chance: random.Random) -> Iterator[float]:
    """Yield used ÷ limit of steady traffic."""
    for value in counter(chance):
        yield value / 5e11


def open_quarter(chance: random.Random) -> Iterator[int]:
    """Yield the bytes since the last quarter of an hour."""
    while True:
        value = 0
        for _ in range(QUARTER_MINUTES):
            value += chance.randrange(4 * 10**5, 4 * 10**7)
            yield value


def closed(chance: random.Random) -> Iterator[int]:
    """Yield the bytes until the last quarter of an hour, several times."""
    for value in counter(chance):
        for _ in range(CLOSING_MINUTES):
            yield value


def forecast(chance: random.Random) -> Iterator[float]:
    """Yield the forecast of steady traffic."""
    for value in counter(chance):
        yield value * 1.7 / 3

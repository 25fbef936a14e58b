"""Write scraped values in the notation of ``promtool test rules``."""

from collections.abc import Sequence
from itertools import groupby

from bench.weather.gateways import GRID_SECONDS, SCRAPE_SECONDS, Scrape


def series_values(scrapes: Sequence[Scrape], values: Sequence[int | None]) -> str:
    """Return the values of one series on a grid of GRID_SECONDS.

    As in Prometheus, a series is marked as stale by the first successful or failed scrape without
    it, and when its target is removed, but not while Prometheus is down.

    Args:
        scrapes: all scrapes of the target.
        values: what each scrape found; None if it did not find the series.

    """
    cells: list[str] = []
    present = False
    for number, (scrape, value) in enumerate(zip(scrapes, values, strict=True)):
        gone = not scrape.tried and number and scrapes[number - 1].tried and scrape.run is None
        if scrape.tried and value is not None:
            cells.append(str(value))
            present = True
        elif present and (scrape.tried or (gone and _is_removed(scrapes, number))):
            cells.append("stale")
            present = False
        else:
            cells.append("_")
        cells += ["_"] * (SCRAPE_SECONDS // GRID_SECONDS - 1)
    shift = ["_"] * (scrapes[0].time // GRID_SECONDS)
    return " ".join(_repeated(cell, len(list(same))) for cell, same in groupby([*shift, *cells]))


def _is_removed(scrapes: Sequence[Scrape], number: int) -> bool:
    """Return whether no scrape is tried from this one on."""
    return not any(scrape.tried for scrape in scrapes[number:])


def _repeated(cell: str, times: int) -> str:
    if cell == "_" and times > 1:
        return f"_x{times}"
    return " ".join([cell] * times)

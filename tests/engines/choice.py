"""Which engines are tested: those whose programs are there, or those that ENGINES names."""

import os
from collections.abc import Iterator

from local.programs import ProgramMissingError, find
from tests.engines.setups.all import SETUPS, Setup


def chosen_engines() -> list[str]:
    """Return the names of the engines to test.

    Raises:
        ValueError: ENGINES names an engine that is not known.

    """
    named = os.environ.get("ENGINES", "").split()
    unknown = [name for name in named if name not in SETUPS]
    if unknown:
        raise ValueError(f"ENGINES has {' '.join(unknown)}; known are {' '.join(SETUPS)}")
    return named or [name for name, setup in SETUPS.items() if not _reason(setup)]


def engines_not_run() -> Iterator[str]:
    """Yield a line for each engine that is not tested, with the reason."""
    chosen = chosen_engines()
    for name, setup in SETUPS.items():
        if name not in chosen:
            yield f"NOT RUN: {name}: {_reason(setup) or 'ENGINES does not name it'}"


def _reason(setup: Setup) -> str:
    for number, program in enumerate(setup.programs):
        if number == 0 and not (setup.downloaded or os.environ.get(program.variable)):
            return f"{program.variable} does not name its program"
        try:
            find(program)
        except ProgramMissingError as error:
            return str(error)
    return ""

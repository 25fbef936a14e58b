"""Find a program: by the variable that names it, then on the PATH, then in ``.tools/bin``."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.programs.alertmanager import make_startable

TOOLS = Path(__file__).resolve().parents[2] / ".tools"


_INSTALL = (
    "Install Prometheus (2.42 or newer) and Alertmanager (0.25 or newer) from "
    "https://prometheus.io/download/"
)
_INSTALL_VICTORIA_METRICS = "Install VictoriaMetrics, in Debian the package victoria-metrics"


@dataclass(frozen=True)
class Program:
    """A program: the variable that can name it, its file names on the PATH, how to install it."""

    variable: str
    names: tuple[str, ...]
    install: str = _INSTALL


PROMETHEUS = Program("PROMETHEUS_BIN", ("prometheus",))
PROMTOOL = Program("PROMTOOL_BIN", ("promtool",))
ALERTMANAGER = Program("ALERTMANAGER_BIN", ("prometheus-alertmanager", "alertmanager"))
AMTOOL = Program("AMTOOL_BIN", ("amtool",))
# The stack needs these. The engines below are only for tests/engines.
ALL = (PROMETHEUS, PROMTOOL, ALERTMANAGER, AMTOOL)
VICTORIA_METRICS = Program("VICTORIA_METRICS_BIN", ("victoria-metrics",), _INSTALL_VICTORIA_METRICS)
VMALERT = Program("VMALERT_BIN", ("vmalert",), _INSTALL_VICTORIA_METRICS)
THANOS = Program("THANOS_BIN", ("thanos",), "Install Thanos from https://thanos.io/")
MIMIR = Program("MIMIR_BIN", ("mimir",), "Install Mimir from https://grafana.com/oss/mimir/")
CORTEX = Program("CORTEX_BIN", ("cortex",), "Install Cortex from https://cortexmetrics.io/")


class ProgramMissingError(Exception):
    """A program is not on this machine; the message says what to install and how."""


def find(program: Program) -> Path:
    """Return the path of a program that can be started.

    Raises:
        ProgramMissingError: it is in none of the places, or its variable names no executable file.

    """
    path = _look_up(program)
    return make_startable(path, TOOLS) if program == ALERTMANAGER else path


def missing() -> list[ProgramMissingError]:
    """Return one error for each program that cannot be found."""
    errors = []
    for program in ALL:
        try:
            find(program)
        except ProgramMissingError as error:
            errors.append(error)
    return errors


def _look_up(program: Program) -> Path:
    named = os.environ.get(program.variable)
    if named:
        path = shutil.which(named)
        if path is None:
            raise ProgramMissingError(
                f"{program.variable}={named} is not an executable file; "
                f"correct it, or unset it to look on the PATH"
            )
        return Path(path)
    search = os.pathsep.join([os.environ.get("PATH", ""), str(TOOLS / "bin")])
    for name in program.names:
        path = shutil.which(name, path=search)
        if path:
            return Path(path)
    raise ProgramMissingError(
        f"{program.names[0]} is not on the PATH. {program.install}, "
        f"or name the program with {program.variable}=/path/to/{program.names[-1]}"
    )

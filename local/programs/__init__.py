"""Finds Prometheus, promtool, Alertmanager, amtool and PostgreSQL, or downloads them with apt.

``programs.find(programs.PROMTOOL)`` returns a path. This package imports nothing of the project.
"""

from local.programs.finding import (
    ALERTMANAGER,
    AMTOOL,
    PROMETHEUS,
    PROMTOOL,
    Program,
    ProgramMissingError,
    find,
)

__all__ = [
    "ALERTMANAGER",
    "AMTOOL",
    "PROMETHEUS",
    "PROMTOOL",
    "Program",
    "ProgramMissingError",
    "find",
]

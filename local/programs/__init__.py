"""Finds the programs that the stack and the tests run, or downloads them with apt.

``programs.find(programs.PROMTOOL)`` returns a path. This package imports nothing of the project.
"""

from local.programs.finding import (
    ALERTMANAGER,
    AMTOOL,
    CORTEX,
    MIMIR,
    PROMETHEUS,
    PROMTOOL,
    THANOS,
    VICTORIA_METRICS,
    VMALERT,
    Program,
    ProgramMissingError,
    find,
)

__all__ = [
    "ALERTMANAGER",
    "AMTOOL",
    "CORTEX",
    "MIMIR",
    "PROMETHEUS",
    "PROMTOOL",
    "THANOS",
    "VICTORIA_METRICS",
    "VMALERT",
    "Program",
    "ProgramMissingError",
    "find",
]

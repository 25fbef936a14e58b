"""Check the files that production uses with promtool and amtool."""

import subprocess
import sys
from collections.abc import Sequence

from local import programs
from local.stack.config import ALERTMANAGER_FILE, PROMETHEUS_FILE, ROOT

TIMEOUT_SECONDS = 60


def run_check() -> int:
    """Check prometheus.yml, rules/ and alertmanager.yml; return 0, or print errors and return 1."""
    promtool, amtool = programs.find(programs.PROMTOOL), programs.find(programs.AMTOOL)
    rules = sorted(str(path) for path in (ROOT / "rules").glob("*.yml"))
    accepted = [
        _accepts([str(promtool), "check", "config", str(PROMETHEUS_FILE)]),
        _accepts([str(promtool), "check", "rules", *rules]),
        _accepts([str(amtool), "check-config", str(ALERTMANAGER_FILE)]),
    ]
    if not all(accepted):
        return 1
    print("promtool and amtool accept prometheus.yml, the rules and alertmanager.yml")
    return 0


def _accepts(command: Sequence[str]) -> bool:
    done = subprocess.run(  # noqa: S603 - fixed programs, no shell
        command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    return done.returncode == 0

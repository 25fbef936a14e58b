"""Run the unit tests at turns of time: python -m tests.at_turns [pytest arguments].

libfaketime starts the clock of the whole process shortly before the end of a minute, hour, day,
month or year, before a leap day ends, and before clocks are set forward and back. The clock then
runs on, so that the turn comes while the tests run.
"""

import os
import subprocess
import sys
from pathlib import Path

LIBRARY = "faketime/libfaketimeMT.so.1"
FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib")
# All are later than the fixed times in the tests, at which their mails and alerts are due.
MOMENTS = (
    ("UTC", "2026-12-31 23:59:40"),
    ("UTC", "2026-11-30 23:59:30"),
    ("UTC", "2026-11-26 16:59:30"),
    ("UTC", "2028-02-29 23:59:30"),
    ("Europe/Berlin", "2027-03-28 01:59:30"),
    ("Europe/Berlin", "2027-10-31 02:59:30"),
    ("America/New_York", "2027-03-14 00:00:00"),
)
# libfaketime breaks waits with a timeout in threads, and processes that are waited for. These files
# are about such waits, not about the time of day.
LEFT_OUT = (
    "tests/unit/api/clients/test_cache.py",
    "tests/unit/api/clients/test_webhook.py",
    "tests/unit/generate_rules/test_command.py",
    "tests/unit/local/stack/test_processes.py",
    "tests/unit/quotas/prometheus/test_reload.py",
    "tests/unit/quotas/prometheus/test_verify.py",
    "tests/unit/webhook/test_init.py",
)
TIMEOUT_SECONDS = 900


def main() -> int:
    """Run the tests at each moment and return the number of moments at which they failed."""
    found = [path for folder in FOLDERS if (path := Path(folder) / LIBRARY).exists()]
    if not found:
        print(f"there is no {LIBRARY} in {', '.join(FOLDERS)}; apt-get install faketime")
        return 1
    failed = 0
    for zone, moment in MOMENTS:
        print(f"{moment} {zone}", flush=True)
        environ = {
            **os.environ,
            "LD_PRELOAD": str(found[0]),
            "FAKETIME": f"@{moment}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": zone,
        }
        ignored = [f"--ignore={path}" for path in LEFT_OUT]
        command = [sys.executable, "-m", "pytest", "tests/unit", "-q", *ignored, *sys.argv[1:]]
        done = subprocess.run(command, check=False, env=environ, timeout=TIMEOUT_SECONDS)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())

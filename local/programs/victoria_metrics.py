"""Find VictoriaMetrics and vmalert, or download them: python -m local.programs.victoria_metrics.

Only tests/engines needs them.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.programs.apt import is_available, private_apt, run_quietly, unpack_all
from local.programs.finding import TOOLS, VICTORIA_METRICS, VMALERT, ProgramMissingError, find

PACKAGE = "victoria-metrics"


def download() -> None:
    """Download Debian's package and put its two programs into ``.tools/bin``.

    Raises:
        ProgramMissingError: apt or dpkg failed; the message holds its output.
        subprocess.TimeoutExpired: one of them took too long.

    """
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        work = Path(folder)
        apt = private_apt(work)
        run_quietly([*apt, "update"], work)
        run_quietly([*apt, "download", PACKAGE], work)
        unpacked = unpack_all(work)
        target = TOOLS / "bin"
        target.mkdir(exist_ok=True)
        for program in (VICTORIA_METRICS, VMALERT):
            name = program.names[0]
            shutil.move(unpacked / "usr" / "bin" / name, target / name)


def main() -> int:
    """Run the command line; return 0, or 1 if the programs are missing and cannot be downloaded."""
    TOOLS.mkdir(exist_ok=True)
    try:
        try:
            found = [find(VICTORIA_METRICS), find(VMALERT)]
        except ProgramMissingError:
            if not is_available():
                raise
            print(f"fetching {PACKAGE} into {TOOLS}", flush=True)
            download()
            found = [find(VICTORIA_METRICS), find(VMALERT)]
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    for path in found:
        print(f"{path.name:16} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

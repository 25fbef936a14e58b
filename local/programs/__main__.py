"""Print where Prometheus, promtool, Alertmanager and amtool are: python -m local.programs.

With ``--fetch``, programs that are missing are downloaded first, where apt is available.
"""

import argparse
import subprocess
import sys

from local.programs.apt import PACKAGES, download, is_available
from local.programs.finding import ALL, TOOLS, ProgramMissingError, find, missing


def main() -> int:
    """Run the command line; return 0, or 1 if a program is missing."""
    parser = argparse.ArgumentParser(prog="python -m local.programs", description=__doc__)
    parser.add_argument("--fetch", action="store_true", help="download missing programs with apt")
    arguments = parser.parse_args()
    TOOLS.mkdir(exist_ok=True)
    try:
        if arguments.fetch and is_available() and missing():
            print(f"fetching {', '.join(PACKAGES)} into {TOOLS}", flush=True)
            download()
        for program in ALL:
            print(f"{program.names[-1]:12} {find(program)}")
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Run the whole stack on this machine, or check its files: python -m local demo|smoke|check."""

import argparse
import signal
import sys

from local.check import run_check
from local.demo.run import run_demo
from local.programs import ProgramMissingError
from local.smoke import run_smoke


def main() -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("demo", "run the stack with traffic and a mailbox until Ctrl-C"),
        ("smoke", "run the stack once, reach each threshold, check mails and series"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--kong",
            choices=("3.9", "2.7"),
            default="3.9",
            help="the version of Kong whose /metrics the gateway has (%(default)s)",
        )
        if name == "demo":
            command.add_argument(
                "--free-ports",
                action="store_true",
                help="use any free ports instead of the usual ones",
            )
    commands.add_parser("check", help="check the configuration files with promtool and amtool")
    options = parser.parse_args()
    # Stop the parts as after Ctrl-C. SIGHUP arrives when the terminal is closed.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        if options.command == "check":
            return run_check()
        if options.command == "demo":
            return run_demo(options.kong, free_ports=options.free_ports)
        return run_smoke(options.kong)
    except ProgramMissingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

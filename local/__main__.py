"""Run the stack on this machine: python -m local demo, or smoke, or check."""

import argparse
import signal
import sys

from local.check import run_check
from local.demo.run import run_demo
from local.programs import ProgramMissingError
from local.smoke import run_smoke


def main() -> int:
    """Run a command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("demo", "everything with traffic and a mailbox, until Ctrl-C"),
        ("smoke", "the same without a screen: cross the limits, check mails and series"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--kong", choices=("3.9", "2.7"), default="3.9", help="what the gateway imitates"
        )
        if name == "demo":
            command.add_argument(
                "--free-ports", action="store_true", help="not the usual ports but any free ones"
            )
    commands.add_parser("check", help="promtool and amtool check the configuration files")
    options = parser.parse_args()
    # These end the parts as Ctrl-C does; SIGHUP comes when a terminal is closed.
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

#!/usr/bin/env python3
"""Compile quotas.yaml to Prometheus rules.

Exit status: 0 done; 1 the quotas are wrong, or --check found rules that differ;
2 wrong arguments.
"""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

try:
    from quotas.load import QuotasError, load_quotas
    from quotas.rulefile import changed_files, write_files
    from quotas.rules import compile_rules
except ModuleNotFoundError as missing:
    # Called by its name, it is run by the system's Python, which lacks our packages.
    python = HERE / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        sys.exit(f"{missing}; `make rules` sets up what is needed and runs this")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same program, no shell


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        files = compile_rules(load_quotas(options.quotas))
        if options.check:
            return _check(options.out, files)
        for path in write_files(options.out, files):
            print(f"{'wrote' if path.exists() else 'removed'} {path}")
    except QuotasError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _check(folder: Path, files: dict[str, str]) -> int:
    differing = changed_files(folder, files)
    for path in differing:
        print(f"{path}: is not what the quotas compile to; run generate_rules.py", file=sys.stderr)
    return 1 if differing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quotas", type=Path, default=HERE / "quotas.yaml", metavar="FILE", help="what to compile"
    )
    parser.add_argument(
        "--out", type=Path, default=HERE / "rules", metavar="DIR", help="where the rules go"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the rules would change"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

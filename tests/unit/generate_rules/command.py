"""Running generate_rules.py on files of a test."""

from pathlib import Path

import generate_rules

ROOT = Path(generate_rules.__file__).parent
URL = "http://prometheus:9090"

MONTHLY = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: monthly, service: bun-service, limit: 1 GB}
"""
MONTHLY_AND_DAILY = MONTHLY + "  - {name: daily, period: day, limit: 1 MB}\n"


def run(quotas: Path, out: Path, *more: str) -> int:
    """Run the command line with these files and further arguments, and return its status."""
    return generate_rules.main(["--quotas", str(quotas), "--out", str(out), *more])


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}

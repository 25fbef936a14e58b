"""Remove the package index from Pipfile.lock, so that each user installs from their own.

``make lock`` runs it: python -m local.lockfile Pipfile.lock.
"""

import json
import sys
from pathlib import Path
from typing import Any


def strip_index(lock: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the content of a lock file without its sources and without ``index`` entries."""
    meta = {**lock["_meta"], "sources": []}
    packages = {
        section: {
            name: {key: value for key, value in entry.items() if key != "index"}
            for name, entry in entries.items()
        }
        for section, entries in lock.items()
        if section != "_meta"
    }
    return {"_meta": meta, **packages}


def main() -> None:
    """Rewrite the lock file that the command line names."""
    path = Path(sys.argv[1])
    lock = strip_index(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

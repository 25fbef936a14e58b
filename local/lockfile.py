"""Strip the package index from Pipfile.lock, so that whoever installs uses their own."""

import json
import sys
from pathlib import Path
from typing import Any


def strip_index(lock: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the lock with an empty list of sources and no ``index`` on any package."""
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
    """Rewrite the lock file named on the command line in place."""
    path = Path(sys.argv[1])
    lock = strip_index(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

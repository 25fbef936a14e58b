"""Write the dashboard: python -m deploy.grafana."""

import json
import sys
from pathlib import Path

from deploy.grafana.dashboard import make_dashboard
from deploy.grafana.quota_panels import UID

FILE = Path(__file__).resolve().parent / f"{UID}.json"


def render() -> str:
    """Return the text of the dashboard's file."""
    return json.dumps(make_dashboard(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file and return 0."""
    FILE.write_text(render(), encoding="utf-8")
    print(f"wrote {FILE.name}; import it into Grafana (docs/grafana.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

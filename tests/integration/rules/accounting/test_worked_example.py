"""The worked example of docs/rules.md, computed by Prometheus."""

import re
from pathlib import Path

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.accounting.steps import step_query
from tests.integration.support.promtool import Case, Samples, counter, run_rules, series, up

PAGE = Path(__file__).parents[4] / "docs" / "rules.md"
# Scrapes come every 15 seconds. The first one of a row is the twelfth, ten seconds before the step.
STEP_END = "3m55s"
_ABSENT = "\N{EN DASH}"
NOT_SEEN, HIDDEN = "_x11", "_x3 1000 stale _x6"


def rows() -> dict[str, list[str]]:
    """Return the cells of each row of the table, by the row's name, without commas."""
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("| 12:02:50 |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip().replace(",", "") for cell in row.split("|")[1:-1]] for row in table]
    return {row[0]: row[1:] for row in cells}


def test_each_row_is_what_prometheus_computes(tmp_path: Path) -> None:
    found = rows()
    assert len(found) == 5
    for name, (*values, delta, increase) in found.items():
        before = HIDDEN if name == "hidden in the whole step before" else NOT_SEEN
        scrapes = " ".join([before, *values]).replace(_ABSENT, "_")
        # Prometheus marks the first scrape that lacks a counter.
        shown = re.sub(r"(\d+) _(?!x)", r"\1 stale", scrapes)
        requests = "100+1x13 0+1x1" if "restarts" in name else "100+1x15"
        target = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
        grown = f"increase({names.GATEWAY_BYTES}[1m])"
        case = Case(
            {
                up(): "1x15",
                counter(): shown,
                series("kong_nginx_requests_total", **target, node_id="n"): requests,
            },
            [
                Samples(f"sum({step_query(Accounting())})", STEP_END, [({}, float(delta))]),
                Samples(f"round(sum({grown}))", STEP_END, [({}, float(increase))]),
            ],
            name=name,
        )
        run_rules(tmp_path, {}, [case], evaluate_every="5s")

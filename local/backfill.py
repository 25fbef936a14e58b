"""Fill the current periods from history: what was moved before the rules were loaded.

The rules are a function of the gateways' counters alone, so that Prometheus can evaluate them
over its past. promtool does, in blocks of the database that are then moved into Prometheus's
own; docs/backfill.md says how. Three passes, since quotas read deltas, and ratios read quotas:
the first asks the Prometheus that has the counters, the others one of our own that holds what
the first found.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local import programs
from local.processes import Part, Processes, StackError, free_ports
from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling, period_at
from quotas.file.loading import QuotasError, load_quotas
from quotas.model import Accounting, QuotaFile
from quotas.prometheus.client import Ruler, RulerError
from quotas.rule_files.rendering import render
from quotas.rule_files.rule import Group, Rule, RuleFile
from quotas.rules.compiler import compile_rules

PROMTOOL_TIMEOUT_SECONDS = 3_600
HOUR_SECONDS = 3_600
# What is younger Prometheus still keeps in memory. When it starts, it drops what it has there from
# before the end of its newest block: a block that reaches so far would cost real samples.
HEAD_SECONDS = 3 * HOUR_SECONDS
# What Prometheus makes of a folder of blocks besides.
_NOT_BLOCKS = ("wal", "wbl", "chunks_head", "lock", "queries.active")

_PASSES = (
    ("deltas", {names.DELTA, names.PERIOD_ELAPSED, names.PERIOD_LEFT}),
    ("what quotas have used", {names.USED, names.LIMIT}),
    ("ratios and forecasts", {names.RATIO, names.FORECAST}),
)


class BackfillError(Exception):
    """There is nothing that can be filled; the message says why, and what to do."""


@dataclass(frozen=True)
class Stretch:
    """When rules are evaluated, in Unix seconds, so that each step is counted that is not yet."""

    first: int
    last: int


def backfill(
    url: str,
    quotas: QuotaFile,
    folder: Path,
    *,
    now: datetime,
    start: datetime | None = None,
    deltas_only: bool = False,
) -> dict[str, Stretch]:
    """Fill a folder with blocks, and return the stretch of each calendar that has one.

    Args:
        url: the Prometheus that has the counters, and has loaded the rules.
        quotas: what to compile.
        folder: where the blocks go; it must be empty or not be there yet.
        now: the current time.
        start: from when on; by default from when the current period of each calendar began.
        deltas_only: leave out what quotas have used so far, their ratios and forecasts.

    Raises:
        BackfillError: nothing is recorded yet, or what is missing is too young.
        RulerError: the Prometheus does not answer as it must.
        StackError: promtool or our own Prometheus failed.

    """
    if folder.exists() and any(folder.iterdir()):
        raise BackfillError(f"{folder} is not empty; name another folder with --out")
    rules = compile_rules(quotas, now, live=False)
    ruler = Ruler(url)
    stretches = {
        calendar.name: stretch
        for calendar, since in _calendars(quotas, now)
        if (stretch := _stretch(ruler, quotas.accounting, calendar, start or since, now))
    }
    if not stretches:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    _say(f"deltas, from {url}")
    _evaluate(url, rules, _PASSES[0], stretches, folder)
    for recorded in [] if deltas_only else _PASSES[1:]:
        _say(f"{recorded[0]}, from these")
        with _prometheus_over(folder) as own:
            _evaluate(own, rules, recorded, _with_windows(quotas, stretches), folder)
    return stretches


def _calendars(quotas: QuotaFile, now: datetime) -> Iterator[tuple[Calendar, datetime]]:
    """Yield the calendars in which bytes are counted, each with when to begin."""
    used = {quota.calendar for quota in quotas.quotas} | {MONTH}
    windows = [calendar.seconds for calendar in used if isinstance(calendar, Rolling)]
    for calendar in sorted(used, key=lambda known: known.name):
        if isinstance(calendar, Calendar):
            begin = period_at(calendar, now).start
            if calendar == MONTH:
                # Windows read the deltas of months.
                begin = min([begin, *(now - timedelta(seconds=window) for window in windows)])
            yield calendar, begin


def _with_windows(quotas: QuotaFile, stretches: dict[str, Stretch]) -> dict[str, Stretch]:
    windows = {q.calendar.name for q in quotas.quotas if isinstance(q.calendar, Rolling)}
    month = stretches.get(MONTH.name)
    return stretches | (dict.fromkeys(windows, month) if month else {})


def _stretch(
    ruler: Ruler, accounting: Accounting, calendar: Calendar, since: datetime, now: datetime
) -> Stretch | None:
    """Return when to evaluate, or None where all is recorded since then.

    An evaluation counts the newest step that has ended ``scrape_delay`` before it. What is
    recorded already must not be counted again.
    """
    step, delay = accounting.resolution_seconds, accounting.scrape_delay_seconds
    begin = int(since.timestamp()) // step * step
    series = f'{names.DELTA}{{{names.CALENDAR}="{calendar.name}"}}'
    recorded = _first_recorded(ruler, series, begin + step + delay, now.timestamp(), step)
    if recorded is None:
        raise BackfillError(
            f"nothing is recorded for the calendar {calendar.name} yet; load the rules into "
            f"{ruler.url} first, so that it is known where they begin"
        )
    end = _step_end(recorded, accounting)
    if begin + step >= end:
        return None
    if end + delay > now.timestamp() - HEAD_SECONDS:
        ready = datetime.fromtimestamp(end + delay + HEAD_SECONDS + 1, UTC)
        raise BackfillError(
            f"the calendar {calendar.name} is recorded since {_time(recorded)}, and what is "
            f"younger than 3 h Prometheus still writes itself; try again after {ready:%H:%M} UTC"
        )
    return Stretch(begin + step + delay, end + delay)


def _step_end(evaluated: float, accounting: Accounting) -> int:
    """Return the end of the step that an evaluation has counted, as accounting.py looks back."""
    step = accounting.resolution_seconds
    milliseconds = round(evaluated * 1_000) - 1_000 * accounting.scrape_delay_seconds - 1
    return milliseconds // (1_000 * step) * step


def _first_recorded(ruler: Ruler, series: str, start: float, end: float, step: int) -> float | None:
    """Return the time of the first sample of any of these series, or None.

    First the hour is found, then the sample: to look at each step of a month is too much.
    """
    data = ruler.ask(
        "/api/v1/query_range",
        query=f"count(count_over_time({series}[1h]))",
        start=str(start + HOUR_SECONDS),
        end=str(end + HOUR_SECONDS),
        step=str(HOUR_SECONDS),
    )
    hours = [float(at) for found in data["result"] for at, _ in found["values"]]
    if not hours:
        return None
    query = f"min(min_over_time((timestamp({series}) > {start})[1h:{step}s]))"
    found = ruler.ask("/api/v1/query", query=query, time=str(min(hours)))["result"]
    return float(found[0]["value"][1]) if found else None


def _evaluate(
    url: str,
    rules: Sequence[RuleFile],
    recorded: tuple[str, set[str]],
    stretches: dict[str, Stretch],
    folder: Path,
) -> None:
    """Have promtool evaluate the recording rules of some metrics, each over its stretch."""
    what, wanted = recorded
    for stretch in sorted(set(stretches.values()), key=lambda known: known.first):
        mine = {name for name, other in stretches.items() if other == stretch}
        groups = [
            Group(group.name, group.interval_seconds, kept)
            for file in rules
            for group in file.groups
            if (kept := [rule for rule in group.rules if _is_wanted(rule, wanted, mine)])
        ]
        if not groups:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "rules.yml"
            path.write_text(render(RuleFile("rules", groups)), encoding="utf-8")
            _run_promtool(url, stretch, folder, path, what)


def _is_wanted(rule: Rule, metrics: set[str], calendars: set[str]) -> bool:
    # Limits, ratios and forecasts are of all calendars at once.
    calendar = rule.labels.get(names.CALENDAR)
    return not rule.alert and rule.name in metrics and (calendar is None or calendar in calendars)


def _run_promtool(url: str, stretch: Stretch, folder: Path, rules: Path, what: str) -> None:
    command: list[str | Path] = [
        *(programs.find(programs.PROMTOOL), "tsdb", "create-blocks-from", "rules", "--quiet"),
        *(f"--url={url}", f"--output-dir={folder}"),
        *(f"--start={stretch.first}", f"--end={stretch.last}", rules),
    ]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        command, check=False, capture_output=True, text=True, timeout=PROMTOOL_TIMEOUT_SECONDS
    )
    # It says what fails and goes on.
    if done.returncode or "error" in done.stderr:
        raise StackError(f"promtool could not evaluate {what}:\n{done.stdout}{done.stderr}")


@contextmanager
def _prometheus_over(folder: Path) -> Iterator[str]:
    """Run a Prometheus of our own over a folder of blocks, and yield its address."""
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        "--config.file=/dev/null",
        f"--storage.tsdb.path={folder}",
        "--storage.tsdb.retention.time=90y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with tempfile.TemporaryFile("w+") as log:
        processes = Processes(log)
        try:
            processes.start(Part("prometheus", command, (port,), f"{url}/-/ready"))
            yield url
        finally:
            processes.stop_all()
    for name in _NOT_BLOCKS:
        shutil.rmtree(folder / name, ignore_errors=True)
        if (folder / name).is_file():
            (folder / name).unlink()


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _say(text: str) -> None:
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.backfill", description=__doc__)
    parser.add_argument("--url", default="http://localhost:9090", help="%(default)s")
    parser.add_argument("--quotas", type=Path, default=Path("quotas.yaml"), help="%(default)s")
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="from when on, such as 2026-11-01T00:00:00+00:00 (the start of each current period)",
    )
    parser.add_argument(
        "--deltas-only",
        action="store_true",
        help="leave out the past of what quotas have used, which only charts and forecasts show",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("backfill"), help="where the blocks go (%(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.start is not None and options.start.tzinfo is None:
        parser.error("--start needs an offset, such as +00:00")
    try:
        filled = backfill(
            options.url,
            load_quotas(options.quotas),
            options.out,
            now=datetime.now(UTC),
            start=options.start,
            deltas_only=options.deltas_only,
        )
    except (BackfillError, QuotasError, RulerError, StackError, programs.ProgramMissingError) as e:
        print(e, file=sys.stderr)
        return 1
    for name, stretch in filled.items():
        _say(f"filled {name} from {_time(stretch.first)} to {_time(stretch.last)}")
    if filled:
        _say(f"now move what is in {options.out}/ into the folder of Prometheus's database")
    else:
        _say("nothing to fill: all is recorded since the start")
    return 0


if __name__ == "__main__":
    sys.exit(main())

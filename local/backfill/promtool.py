"""Evaluate rules over the past with promtool, and run Prometheus over the resulting blocks."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import programs
from local.backfill.ranges import TimeRange
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes, StackError
from quotas import names
from quotas.rule_files.rendering import render
from quotas.rule_files.rule import Group, Rule, RuleFile

PROMTOOL_TIMEOUT_SECONDS = 3_600
# What Prometheus writes into a folder of blocks besides blocks.
_NOT_BLOCKS = ("wal", "wbl", "chunks_head", "lock", "queries.active")


@dataclass(frozen=True)
class RulesPass:
    """The metrics whose rules are evaluated in one pass; the title is for people."""

    title: str
    metrics: frozenset[str]


def evaluate(
    url: str,
    rules: Sequence[RuleFile],
    rules_pass: RulesPass,
    ranges: Mapping[str, TimeRange],
    folder: Path,
) -> None:
    """Write the blocks of one pass, reading a Prometheus at ``url``.

    Args:
        url: the Prometheus that has what the rules read.
        rules: all rules of the quotas.
        rules_pass: which of them to evaluate.
        ranges: when to evaluate those of each calendar.
        folder: where the blocks go.

    Raises:
        StackError: promtool failed; the message holds its output.

    """
    for times in sorted(set(ranges.values()), key=lambda known: known.first):
        calendars = {calendar for calendar, other in ranges.items() if other == times}
        groups = [
            Group(group.name, group.interval_seconds, kept)
            for file in rules
            for group in file.groups
            if (
                kept := [
                    rule for rule in group.rules if _is_wanted(rule, rules_pass.metrics, calendars)
                ]
            )
        ]
        if not groups:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "rules.yml"
            path.write_text(render(RuleFile("rules", groups)), encoding="utf-8")
            _create_blocks(url, times, folder, path, rules_pass.title)


@contextmanager
def prometheus_over(folder: Path) -> Iterator[str]:
    """Run a Prometheus over a folder of blocks inside the ``with`` block and give its URL.

    Raises:
        StackError: it does not start.

    """
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


def _is_wanted(rule: Rule, metrics: frozenset[str], calendars: set[str]) -> bool:
    # The rules of limits, ratios and forecasts name no calendar: each covers all of them.
    calendar = rule.labels.get(names.CALENDAR)
    return not rule.alert and rule.name in metrics and (calendar is None or calendar in calendars)


def _create_blocks(url: str, times: TimeRange, folder: Path, rules: Path, title: str) -> None:
    command: list[str | Path] = [
        *(programs.find(programs.PROMTOOL), "tsdb", "create-blocks-from", "rules", "--quiet"),
        *(f"--url={url}", f"--output-dir={folder}"),
        *(f"--start={times.first}", f"--end={times.last}", rules),
    ]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        command, check=False, capture_output=True, text=True, timeout=PROMTOOL_TIMEOUT_SECONDS
    )
    # promtool prints the error of a rule and continues with the next one, with exit status 0.
    if done.returncode or "error" in done.stderr:
        raise StackError(f"promtool could not evaluate {title}:\n{done.stdout}{done.stderr}")

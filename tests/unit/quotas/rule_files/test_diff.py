"""What ``--diff`` prints: the changes of quotas, then those of rule files."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quotas.accounting_options import Accounting
from quotas.calendars import DAY, Calendar, Rolling
from quotas.model import Match, Quota, QuotaFile, Threshold
from quotas.rule_files.diff import NO_CHANGES, describe_changes
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BUN = Quota("bun", 500 * 10**9, {"service": Match(("bun-service",))})


def rendered(*quotas: Quota, kubernetes: bool = False) -> dict[str, str]:
    files = compile_rules(QuotaFile(Accounting(), (), quotas), NOW)
    return render_files(files, kubernetes=kubernetes)


def quota_changes(folder: Path, before: Quota, *after: Quota) -> list[str]:
    """Return the lines about quotas."""
    write_files(folder, rendered(before))
    about_quotas, _, _ = describe_changes(folder, rendered(*after)).partition("\n\nrules\n")
    title, *lines = about_quotas.splitlines()
    assert title == "quotas"
    return lines


def test_without_changes_the_text_says_so(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    assert describe_changes(tmp_path, rendered(BUN)) == NO_CHANGES


def test_an_added_quota_is_described(tmp_path: Path) -> None:
    added = Quota("ban", 10 * 2**30, calendar=DAY, direction="egress")
    assert quota_changes(tmp_path, BUN, BUN, added) == [
        "  + ban: limit 10 GiB; period day; direction egress; told at 80, 90, 100 %"
    ]


def test_a_removed_quota_is_described(tmp_path: Path) -> None:
    assert quota_changes(tmp_path, BUN, Quota("a", 1)) == [
        "  + a: limit 1 B; period month; told at 80, 90, 100 %",
        "  - bun: limit 500 GB; period month; service bun-service; told at 80, 90, 100 %",
    ]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (
            Quota("bun", 10**12, {"service": Match(("bun-service",))}),
            "limit 500 GB → 1 TB",
        ),
        (
            Quota("bun", 500 * 10**9, {"service": Match(regex="bun-.*")}),
            "service bun-service → matching bun-.*",
        ),
        (
            Quota(
                "bun", 500 * 10**9, {"service": Match(("bun-service",))}, calendar=Calendar("week")
            ),
            "period month → week",
        ),
        (
            Quota("bun", 500 * 10**9, {"service": Match(("bun-service",))}, forecast=True),
            "forecast none → told too",
        ),
        (
            Quota("bun", 500 * 10**9, {"route": Match(("r",))}),
            "service bun-service → none; route none → r",
        ),
        (
            Quota(
                "bun",
                500 * 10**9,
                {"service": Match(("bun-service",))},
                thresholds=(Threshold(57, "info"),),
            ),
            "told at 80, 90, 100 % → 57 %",
        ),
        (
            Quota(
                "bun",
                500 * 10**9,
                {"service": Match(("bun-service",))},
                for_each=("consumer",),
                excluded={"consumer": ("a", "b")},
            ),
            "for each none → consumer; except consumer none → a, b",
        ),
    ],
    ids=["limit", "selector", "period", "forecast", "other selector", "thresholds", "for each"],
)
def test_a_changed_quota_is_described_by_its_changes(
    tmp_path: Path, after: Quota, change: str
) -> None:
    (line,) = quota_changes(tmp_path, BUN, after)
    assert line.startswith(f"  ~ bun: {change}")


def test_if_only_rules_change_the_quotas_are_reported_as_the_same(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    settings = Accounting(gap_tolerance_seconds=1_800)
    files = render_files(compile_rules(QuotaFile(settings, (), (BUN,)), NOW))
    text = describe_changes(tmp_path, files, full=True)
    assert text.startswith("quotas\n  the same\n\nrules\n--- ")


def test_the_rules_follow_as_a_patch_with_the_path_of_each_file(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    raised = Quota("bun", 10**12, {"service": Match(("bun-service",))})
    text = describe_changes(tmp_path, rendered(raised), full=True)
    path = tmp_path / "gateway-quotas.yml"
    assert f"--- {path}\n+++ {path}\n@@ " in text
    assert '\n-        expr: "vector(500000000000)"\n' in text
    assert '\n+        expr: "vector(1000000000000)"\n' in text
    assert "gateway-pipeline" not in text


def test_new_and_removed_files_are_shown_completely(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    window = replace(BUN, calendar=Rolling(3_600))
    text = describe_changes(tmp_path, rendered(window), full=True)
    assert "+  - name: gateway-quotas-rolling-1h\n" in text
    assert "  ~ bun: period month → rolling:1h\n" in text
    write_files(tmp_path, rendered(window))
    text = describe_changes(tmp_path, rendered(BUN), full=True)
    assert "-  - name: gateway-quotas-rolling-1h\n" in text


def test_a_file_that_was_not_generated_is_not_shown_as_removed_rules(tmp_path: Path) -> None:
    (tmp_path / "gateway-pipeline.yml").write_text("groups: []\n# quota x: limit 1 B\n")
    text = describe_changes(tmp_path, rendered(BUN), full=True)
    assert "- x" not in text
    assert "-groups" not in text


def test_changes_of_kubernetes_objects_are_described_as_well(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN, kubernetes=True))
    raised = Quota("bun", 10**12, {"service": Match(("bun-service",))})
    text = describe_changes(tmp_path, rendered(raised, kubernetes=True), full=True)
    assert text.startswith("quotas\n  ~ bun: limit 500 GB → 1 TB\n\nrules\n")


def test_the_text_is_coloured_only_on_request(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    files = rendered(Quota("bun", 1), Quota("ban", 1))
    coloured = describe_changes(tmp_path, files, full=True, colour=True)
    assert "\033[32m  + ban" in coloured
    assert "\033[33m  ~ bun" in coloured
    assert "\033" not in describe_changes(tmp_path, files, full=True)


def test_a_summary_of_many_changes_fits_on_a_screen_and_counts_the_rest(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(*(replace(BUN, name=f"q{number:03}") for number in range(40))))
    windows = (Rolling(3_600 * hours) for hours in range(1, 41))
    changed = [
        replace(BUN, name=f"q{number:03}", calendar=window) for number, window in enumerate(windows)
    ]
    text = describe_changes(tmp_path, rendered(*changed))
    lines = text.splitlines()
    assert len(lines) <= 24
    assert lines[1] == "  ~ q000: period month → rolling:1h"
    assert lines[14:17] == ["  … and 27 more", "", "rules"]
    assert lines[17].startswith("  gateway-quotas-rolling-10h.yml: +")
    assert lines[21].startswith("  … and ")
    assert lines[-1] == "--diff=full shows every line"
    assert len(describe_changes(tmp_path, rendered(*changed), full=True).splitlines()) > 1_000


def test_a_summary_counts_the_lines_of_each_file(tmp_path: Path) -> None:
    write_files(tmp_path, rendered(BUN))
    text = describe_changes(tmp_path, rendered(replace(BUN, limit_bytes=10**12)))
    full = describe_changes(
        tmp_path, rendered(replace(BUN, limit_bytes=10**12)), full=True
    ).splitlines()
    added = [line for line in full if line.startswith("+") and not line.startswith("+++")]
    removed = [line for line in full if line.startswith("-") and not line.startswith("---")]
    assert f"  gateway-quotas.yml: +{len(added)} -{len(removed)} lines\n" in text

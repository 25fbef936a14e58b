"""Where the rules go: --stdout, --format and --copy-to."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.generate_rules.command import MONTHLY, MONTHLY_AND_DAILY, contents, run


def test_stdout_prints_the_rules_of_all_files_as_one_and_writes_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "--stdout") == 0
    printed = capsys.readouterr()
    assert not out.exists()
    assert printed.err == ""
    run(quotas, out, "-q")
    groups = [
        group
        for name in ("quotas", "pipeline")
        for group in yaml.safe_load((out / f"gateway-{name}.yml").read_text())["groups"]
    ]
    assert yaml.safe_load(printed.out) == {"groups": groups}


def test_rules_can_be_written_without_keep_firing_for(quotas: Path, out: Path) -> None:
    assert run(quotas, out) == 0
    assert b"keep_firing_for" in contents(out)["gateway-pipeline.yml"]
    assert run(quotas, out, "--no-keep-firing") == 0
    assert b"keep_firing_for" not in contents(out)["gateway-pipeline.yml"]
    assert run(quotas, out, "--no-keep-firing", "--check") == 0
    assert run(quotas, out, "--check") == 1


def test_kubernetes_objects_contain_the_groups_of_the_rule_files(
    quotas: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(
        MONTHLY_AND_DAILY
        + "  - {name: b, period: {calendar: day, timezone: America/New_York}, limit: 1 B}\n"
    )
    run(quotas, out)
    objects = tmp_path / "objects"
    assert run(quotas, objects, "--format", "kubernetes") == 0
    capsys.readouterr()
    assert sorted(contents(objects)) == sorted(contents(out))
    for path in objects.iterdir():
        resource: dict[str, Any] = yaml.safe_load(path.read_text())
        assert resource["apiVersion"] == "monitoring.coreos.com/v1"
        assert resource["kind"] == "PrometheusRule"
        assert resource["metadata"]["name"] == path.stem
        assert resource["spec"] == yaml.safe_load((out / path.name).read_text())
    assert run(quotas, objects, "--format", "kubernetes", "--check") == 0
    assert run(quotas, objects, "--check") == 1


def test_the_quotas_are_copied_only_if_the_rules_are_current(
    quotas: Path, out: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.yaml"
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 1
    assert not copy.exists()
    assert run(quotas, out, "--copy-to", str(copy)) == 0
    assert copy.read_text() == MONTHLY
    assert copy.stat().st_mode & 0o777 == 0o644
    quotas.write_text(MONTHLY_AND_DAILY)
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 1
    assert copy.read_text() == MONTHLY
    for looks in ("--diff", "--stdout"):
        assert run(quotas, out, looks, "--copy-to", str(copy)) == 0
    assert copy.read_text() == MONTHLY
    run(quotas, out)
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 0
    assert copy.read_text() == MONTHLY_AND_DAILY


def test_wrong_quotas_are_not_copied(quotas: Path, out: Path, tmp_path: Path) -> None:
    quotas.write_text(MONTHLY.replace("1 GB", "1 GBs"))
    assert run(quotas, out, "--copy-to", str(tmp_path / "copy.yaml")) == 1
    assert not (tmp_path / "copy.yaml").exists()


def test_a_copy_that_cannot_be_written_is_reported(
    quotas: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "missing" / "copy.yaml"
    assert run(quotas, out, "--copy-to", str(copy)) == 1
    assert capsys.readouterr().err == f"{copy}: No such file or directory\n"


def test_removed_kubernetes_objects_are_named_with_the_command_that_deletes_them(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(MONTHLY.replace("limit:", "period: {rolling: 1h}, limit:"))
    assert run(quotas, out, "--format", "kubernetes") == 0
    assert "kubectl" not in capsys.readouterr().out
    quotas.write_text(MONTHLY)
    assert run(quotas, out, "--format", "kubernetes") == 0
    *changes, command = capsys.readouterr().out.splitlines()
    assert f"removed {out / 'gateway-quotas-rolling-1h.yml'}" in changes
    assert command == (
        "to delete the objects of removed files: kubectl delete prometheusrules "
        "--selector='app.kubernetes.io/managed-by=generate-rules,"
        "app.kubernetes.io/component notin (gateway-pipeline,gateway-quotas)'"
    )
    run(quotas, out, "--format", "kubernetes")
    assert "kubectl" not in capsys.readouterr().out


def test_groups_that_are_too_large_for_kubernetes_are_split_into_objects_of_their_own(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = [f"  - {{name: q{number}, service: s{number}, limit: 1 GB}}" for number in range(450)]
    quotas.write_text(MONTHLY + "\n".join(more))
    assert run(quotas, out, "--format", "kubernetes") == 0
    assert sorted(contents(out)) == [
        "gateway-pipeline.yml",
        "gateway-quotas-part-1.yml",
        "gateway-quotas-part-2.yml",
        "gateway-recount.yml",
    ]
    documents = [yaml.safe_load(path.read_text()) for path in out.iterdir()]
    assert max(len(json.dumps(document)) for document in documents) < 256 * 1024
    assert run(quotas, out, "--format", "kubernetes", "--check") == 0
    capsys.readouterr()
    assert run(quotas, out, "--format", "kubernetes", "--diff") == 0
    assert "would not change" in capsys.readouterr().out

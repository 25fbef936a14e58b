"""The options that need a server: --reload, --push and --verify."""

from pathlib import Path

import pytest
import responses
import yaml

from tests.unit.generate_rules.command import URL, contents, run


@responses.activate
def test_a_failed_reload_is_reported_after_the_rules_are_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.post(f"{URL}/-/reload", status=500, body="no")
    assert run(quotas, out, "--reload", URL) == 1
    assert capsys.readouterr().err == f"{URL}/-/reload answered 500: no\n"
    assert "gateway-quotas.yml" in contents(out)


@responses.activate
def test_a_verification_writes_nothing_and_ends_with_1_if_a_check_fails(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/api/v1/status/runtimeinfo", json={"data": {"storageRetention": "45d"}})
    assert run(quotas, out, "--verify", URL) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok    retention is 45d")
    assert lines[1].startswith("wrong gateways: ")
    assert not out.exists()


@responses.activate
def test_a_quiet_verification_prints_only_failed_checks(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/api/v1/status/runtimeinfo", json={"data": {"storageRetention": "45d"}})
    assert run(quotas, out, "-q", "--verify", URL) == 1
    printed = capsys.readouterr().out
    assert "wrong gateways: " in printed
    assert "retention" not in printed


@pytest.mark.parametrize("option", ["--verify", "--reload"])
def test_the_password_of_a_wrong_address_is_not_printed(
    quotas: Path, out: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(quotas, out, option, "ftp://me:hush@host")
    printed = capsys.readouterr().err
    assert '"ftp://***@host" is not the address of a Prometheus' in printed
    assert "hush" not in printed


@responses.activate
def test_a_check_and_a_verification_can_be_combined(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "--check", "--verify", URL) == 1
    printed = capsys.readouterr()
    assert "wrong retention: " in printed.out
    assert "is not what the quotas compile to" in printed.err


@responses.activate
def test_notes_of_a_verification_are_printed_unless_it_is_quiet(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/api/v1/status/buildinfo", status=404)
    responses.get(f"{URL}/api/v1/query", json={"data": {"result": []}})
    run(quotas, out, "--verify", URL)
    assert capsys.readouterr().out.startswith("note  this is Mimir; if that is wrong, set --engine")
    run(quotas, out, "-q", "--verify", URL)
    assert "note" not in capsys.readouterr().out


@responses.activate
def test_rules_and_alerts_are_looked_for_at_their_own_addresses(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ruler, alertmanager = "http://ruler:8080", "http://alertmanager:9093"
    responses.get(f"{ruler}/api/v1/rules", json={"data": {"groups": []}})
    responses.get(f"{alertmanager}/api/v2/alerts", json=[{}])
    servers = ("--rules-url", ruler, "--alertmanager-url", alertmanager)
    assert run(quotas, out, "--verify", URL, *servers, "--engine", "mimir") == 1
    printed = capsys.readouterr().out
    assert "wrong rules that are not loaded: " in printed
    assert f"ok    alerts arrive at {alertmanager}\n" in printed


@responses.activate
def test_a_push_writes_groups_of_mimirs_size_and_pushes_them(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"{URL}/prometheus/config/v1/rules"
    responses.get(path, body="{}")
    responses.post(f"{path}/gateway-quotas", status=202)
    assert run(quotas, out, "--push", URL) == 0
    assert "of the namespace gateway-quotas; the ruler loads them" in capsys.readouterr().out
    pushed = [
        yaml.safe_load(call.request.body or b"")
        for call in responses.calls
        if call.request.method == "POST"
    ]
    written = [
        group
        for name in ("gateway-quotas.yml", "gateway-pipeline.yml")
        for group in yaml.safe_load((out / name).read_text())["groups"]
    ]
    assert pushed == written
    assert max(len(group["rules"]) for group in pushed) <= 20


@responses.activate
def test_a_push_that_fails_ends_with_1(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/prometheus/config/v1/rules", status=401, body="no org id")
    assert run(quotas, out, "--push", URL) == 1
    assert capsys.readouterr().err.endswith("/rules answered 401: no org id\n")

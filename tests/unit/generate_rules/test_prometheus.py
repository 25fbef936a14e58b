"""The options that need a Prometheus: --reload and --verify."""

from pathlib import Path

import pytest
import responses

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

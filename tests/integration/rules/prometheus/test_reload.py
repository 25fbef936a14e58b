"""``--reload`` with a real Prometheus: it loads the rules, or the message says why it does not."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
import yaml

import generate_rules
from quotas.file.loading import load_quotas
from quotas.prometheus import reload as reload_module
from tests.integration.support.prometheus import free_port, with_rules

ROOT = Path(__file__).resolve().parents[4]
FULL = ROOT / "tests" / "unit" / "quotas" / "rules" / "golden" / "full.yaml"
# Values for which Prometheus shows a rule in its own notation: characters with a meaning in
# PromQL, and characters that are newer than the tables of its Go version.
ODD_VALUES = (
    'with "quotes"',
    "a \\ b",
    "{{ $labels.x }} }{",
    "# no comment",
    "a,b",
    "Zürich",
    "\U0001f680",
    "\U0001fae0",
    "\U000e0041",
    "soft\u00adhyphen",
    "zero\u200bwidth",
    "\u05e2\u05d1",
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of a Prometheus that can be reloaded, and the folder of its rules."""
    folder = tmp_path_factory.mktemp("prometheus")
    with with_rules(folder, folder / "rules" / "*.yml", "--web.enable-lifecycle") as url:
        yield url, folder / "rules"


def loaded_groups(url: str) -> set[str]:
    answer = requests.get(f"{url}/api/v1/rules", timeout=10).json()
    return {group["name"] for group in answer["data"]["groups"]}


def run_reload(quotas: Path, rules: Path, url: str) -> int:
    return generate_rules.main(
        ["--quotas", str(quotas), "--out", str(rules), "--reload", url, "-q"]
    )


def write_quotas(path: Path, *quotas: Mapping[str, object]) -> Path:
    """Write a quotas.yaml with these quotas, and return its path."""
    content = {
        "version": 1,
        "defaults": {"notify": ["ops@example.com"]},
        "quotas": [
            {"name": f"q{number}", "limit": "1 GB", **quota} for number, quota in enumerate(quotas)
        ],
    }
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_rules_of_every_kind_are_loaded_with_a_message(
    prometheus: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, rules = prometheus
    status = generate_rules.main(["--quotas", str(FULL), "--out", str(rules), "--reload", url])
    printed = capsys.readouterr()
    assert status == 0
    assert all(line.endswith("(a warning)") for line in printed.err.splitlines()), printed.err
    assert printed.out.splitlines()[-1].startswith(f"{url} has loaded these ")
    assert {path.stem for path in rules.iterdir()} <= loaded_groups(url)


def test_loaded_rules_are_recognised_in_the_notation_of_prometheus(
    prometheus: tuple[str, Path], tmp_path: Path
) -> None:
    url, rules = prometheus
    periods: list[object] = [{"rolling": span} for span in ("7d", "14d", "28d", "36h", "90m")]
    periods += [{"calendar": "week", "anchor_weekday": "sunday", "timezone": "America/New_York"}]
    quotas = write_quotas(
        tmp_path / "quotas.yaml",
        *({"service": value, "route": [value, "x"]} for value in ODD_VALUES),
        *({"period": period, "limit": f"{number}.5 PB"} for number, period in enumerate(periods)),
        {"service": {"matches": 'a{1,3}|["{}]\\d'}, "consumer": "z", "route": "a", "limit": "1 B"},
        {"for_each": ["route", "consumer"], "except": {"consumer": list(ODD_VALUES)}},
        {"thresholds": [0.01, 33.33, 99.9], "labels": {"team": "\U0001fae0"}},
    )
    assert run_reload(quotas, rules, url) == 0


def test_quotas_in_several_groups_are_loaded(prometheus: tuple[str, Path], tmp_path: Path) -> None:
    url, rules = prometheus
    quotas = write_quotas(
        tmp_path / "quotas.yaml",
        *({"route": f"r{n}", "period": {"rolling": "7d"}} for n in range(300)),
    )
    assert run_reload(quotas, rules, url) == 0
    assert {
        "gateway-quotas-rolling-7d-part-1",
        "gateway-quotas-rolling-7d-part-2",
    } <= loaded_groups(url)


def test_changed_quotas_are_loaded_and_removed_quotas_disappear(
    prometheus: tuple[str, Path], tmp_path: Path
) -> None:
    url, rules = prometheus
    quotas = tmp_path / "quotas.yaml"
    changes: list[dict[str, object]] = [{"limit": "2 GB"}, {"labels": {"team": "bun"}}]
    for keys in ({}, *changes):
        assert (
            run_reload(write_quotas(quotas, {"period": {"rolling": "1h"}, **keys}), rules, url) == 0
        )
    assert run_reload(write_quotas(quotas, {"period": "week"}), rules, url) == 0
    assert "gateway-quotas-rolling-1h" not in loaded_groups(url)
    assert len(load_quotas(quotas).quotas) == 1


def test_a_configuration_that_prometheus_rejects_is_reported_with_the_reason(
    prometheus: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, rules = prometheus
    rules.mkdir(exist_ok=True)
    foreign = rules / "foreign.yml"
    foreign.write_text("groups: [{name: a, rules: [{record: a, expr: 'sum('}]}]\n")
    try:
        assert run_reload(write_quotas(tmp_path / "quotas.yaml", {}), rules, url) == 1
    finally:
        foreign.unlink()
    assert f"{url}/-/reload answered 500: failed to reload config" in capsys.readouterr().err


def test_a_reload_without_the_lifecycle_flag_is_reported_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules"
    with with_rules(tmp_path, rules / "*.yml") as url:
        assert run_reload(write_quotas(tmp_path / "quotas.yaml", {}), rules, url) == 1
    assert capsys.readouterr().err == (
        f"{url} answered 403 to a reload: start it with --web.enable-lifecycle, or send the "
        "process SIGHUP\n"
    )
    assert (rules / "gateway-quotas.yml").exists()


def test_rules_in_a_folder_that_prometheus_does_not_read_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reload_module, "RELOAD_TIMEOUT_SECONDS", 1)
    with with_rules(tmp_path, tmp_path / "elsewhere" / "*.yml", "--web.enable-lifecycle") as url:
        assert run_reload(write_quotas(tmp_path / "quotas.yaml", {}), tmp_path / "rules", url) == 1
    assert capsys.readouterr().err == (
        f"{url} has reloaded, but its rules are not these: the group gateway-quotas is not "
        "loaded; does rule_files in its prometheus.yml name the folder of --out?\n"
    )


def test_the_address_of_a_prometheus_may_have_a_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules"
    quotas = write_quotas(tmp_path / "quotas.yaml", {})
    more = ("--web.enable-lifecycle", "--web.external-url=http://host/prom", "--web.route-prefix=/")
    with with_rules(tmp_path, rules / "*.yml", *more) as url:
        assert run_reload(quotas, rules, f"{url}/") == 0
        assert run_reload(quotas, rules, f"{url}/prom") == 1
    assert f"{url}/prom/-/reload answered 40" in capsys.readouterr().err


def test_an_unreachable_prometheus_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    assert run_reload(write_quotas(tmp_path / "quotas.yaml", {}), tmp_path / "rules", url) == 1
    assert capsys.readouterr().err == f"{url}/-/reload: it cannot be reached (Connection refused)\n"

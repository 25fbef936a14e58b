"""The structure of the source tree: which part imports which, and how large its parts are."""

from pathlib import Path

import pytest

from tests.unit.source_checks import (
    check_chains,
    check_folders,
    check_forbidden,
    check_layers,
    check_lengths,
    import_graph,
    imports_of,
    read_modules,
    within,
)

ROOT = Path(__file__).resolve().parents[2]
MOST_MODULES_IN_FOLDER = 12
MOST_LINES_IN_MODULE = 250
MOST_MODULES_IN_CHAIN = 6

# The other top-level packages that each one may import. The tests may import all of them.
MAY_IMPORT: dict[str, set[str]] = {
    "quotas": set(),
    "problem_json": set(),
    "serving": set(),
    "kong": set(),
    "api": {"quotas", "problem_json"},
    "webhook": {"quotas", "problem_json"},
    "local": {"quotas"},
    "bench": {"api", "kong", "local", "quotas", "problem_json", "webhook"},
    "deploy": {"quotas"},
    "generate_rules": {"quotas"},
}
# The layers within a package, from top to bottom. Imports never point upwards.
LAYERS: dict[str, list[set[str]]] = {
    "quotas": [
        {"command"},
        {"prometheus"},
        {"rules", "file"},
        {"rule_files", "http"},
        {"model", "links"},
        {
            "calendars",
            "names",
            "promql",
            "settings",
            "accounting_options",
            "csv_cells",
            "watched_file",
        },
        {"units"},
    ],
    "api": [
        {"views"},
        {"http"},
        {"bandwidth", "usage", "pipeline"},
        {"clients"},
        {"settings", "access", "labels", "byte_numbers", "windows", "gunicorn_settings"},
    ],
    "webhook": [
        {"views", "cli"},
        {"intake", "delivery", "preview"},
        {"reports"},
        {"recipients", "mail"},
        {"alerts"},
        {"store", "usage"},
        {"settings", "dashboard_pages"},
        {"text", "database_url", "gunicorn_settings"},
    ],
}
# Parts of a package that do not import each other, although their layers would allow it.
SEPARATE = [
    ("quotas.file", "quotas.rules"),
    ("quotas.file", "quotas.rule_files"),
    ("quotas.file", "quotas.prometheus"),
]
# The domain, which works without a web application.
WITHOUT_FLASK = [
    "quotas",
    "kong",
    "deploy",
    "generate_rules",
    "api.bandwidth",
    "api.usage",
    "api.clients",
    "webhook.alerts",
    "webhook.mail",
    "webhook.store",
    "webhook.usage",
    "webhook.reports",
    "webhook.recipients",
    "webhook.intake",
    "webhook.preview",
]
FLASK = ["flask", "flask_mail", "werkzeug"]

# Alembic runs migrations as files. Their number and names follow from its history.
MODULES = read_modules(ROOT, excluded=["migrations"])
GRAPH = import_graph(MODULES)
PACKAGES = sorted({name.partition(".")[0] for name in GRAPH})


def report(problems: list[str]) -> str:
    return "\n".join(["", *problems])


def test_every_package_is_in_the_table() -> None:
    assert set(PACKAGES) == {*MAY_IMPORT, "tests"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_packages_that_it_may_import(package: str) -> None:
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    problems = check_forbidden(MODULES, [package], forbidden)
    assert not problems, report(problems)


@pytest.mark.parametrize("package", LAYERS)
def test_imports_within_a_package_point_downwards(package: str) -> None:
    problems = check_layers(within(GRAPH, package), package, LAYERS[package])
    assert not problems, report(problems)


@pytest.mark.parametrize(("one", "other"), SEPARATE)
def test_separate_parts_do_not_import_each_other(one: str, other: str) -> None:
    problems = check_forbidden(MODULES, [one], [other]) + check_forbidden(MODULES, [other], [one])
    assert not problems, report(problems)


@pytest.mark.parametrize("part", WITHOUT_FLASK)
def test_the_domain_does_not_import_flask(part: str) -> None:
    problems = check_forbidden(MODULES, [part], FLASK)
    assert not problems, report(problems)


@pytest.mark.parametrize("package", PACKAGES)
def test_chains_of_imports_are_short_and_have_no_cycle(package: str) -> None:
    problems = check_chains(within(GRAPH, package), MOST_MODULES_IN_CHAIN)
    assert not problems, report(problems)


def test_no_folder_has_too_many_modules() -> None:
    problems = check_folders([module.path for module in MODULES], MOST_MODULES_IN_FOLDER)
    assert not problems, report(problems)


def test_no_module_is_too_long() -> None:
    problems = check_lengths(MODULES, MOST_LINES_IN_MODULE)
    assert not problems, report(problems)


def test_modules_of_all_parts_are_found() -> None:
    names = {module.name for module in MODULES}
    assert {"generate_rules", "quotas", "webhook.intake", "tests.unit.test_imports"} <= names
    assert not any(".venv" in module.path.parts for module in MODULES)
    command = next(module for module in MODULES if module.name == "generate_rules")
    assert "quotas.file.loading.load_quotas" in imports_of(command)

from pathlib import Path, PurePath

import pytest

from tests.unit.source_checks import (
    Module,
    check_chains,
    check_folders,
    check_forbidden,
    check_layers,
    check_lengths,
    find_cycle,
    import_graph,
    imports_of,
    longest_chain,
    read_modules,
    within,
)


def module(path: str, source: str = "") -> Module:
    return Module(PurePath(path), source)


def test_a_module_has_the_name_by_which_it_is_imported() -> None:
    assert module("a/b/c.py").name == "a.b.c"
    assert module("a/b/__init__.py").name == "a.b"
    assert module("a.py").name == "a"


def test_modules_are_read_below_a_folder_without_hidden_and_excluded_folders(
    tmp_path: Path,
) -> None:
    for path in ("a/b.py", "a/migrations/c.py", ".venv/d.py", "a/e.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    assert read_modules(tmp_path, ["migrations"]) == [module("a/b.py", "x = 1\n")]


def test_imports_are_found_anywhere_in_a_module() -> None:
    source = "import a.b as c\nfrom d.e import f\ndef g():\n    import h, i\n"
    assert imports_of(module("x.py", source)) == {"a.b", "d.e.f", "h", "i"}


def test_relative_imports_are_resolved() -> None:
    source = "from . import a\nfrom .b import c\nfrom .. import d\n"
    assert imports_of(module("x/y/z.py", source)) == {"x.y.a", "x.y.b.c", "x.d"}
    assert imports_of(module("x/y/__init__.py", source)) == {"x.y.a", "x.y.b.c", "x.d"}


def test_the_graph_has_the_imports_between_modules_and_no_others() -> None:
    graph = import_graph(
        [
            module("a/__init__.py", "import json\nfrom a import b\n"),
            module("a/b.py", "from c.d import name\nimport c\n"),
            module("c/__init__.py"),
            module("c/d.py", "from c.d import itself\nfrom c import name\n"),
        ]
    )
    assert graph == {"a": {"a.b"}, "a.b": {"c.d", "c"}, "c": set(), "c.d": {"c"}}
    assert within(graph, "a") == {"a": {"a.b"}, "a.b": set()}
    assert within(graph, "c") == {"c": set(), "c.d": {"c"}}


def test_a_cycle_is_reported_with_its_modules() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"b"}, "e": {"a"}}
    assert find_cycle(graph) == ["b", "d", "b"]
    assert check_chains(graph, most=6) == ["cycle: b -> d -> b"]


def test_modules_that_share_an_import_are_not_a_cycle() -> None:
    assert find_cycle({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def chain_of(length: int) -> dict[str, set[str]]:
    return {f"m{n}": {f"m{n + 1}"} if n < length else set() for n in range(1, length + 1)}


def test_a_chain_that_is_too_long_is_reported_with_its_modules() -> None:
    assert check_chains(chain_of(7), most=6) == [
        "chain of 7: m1 -> m2 -> m3 -> m4 -> m5 -> m6 -> m7"
    ]
    assert check_chains(chain_of(6), most=6) == []


def test_the_longest_of_several_chains_is_found() -> None:
    assert longest_chain({"a": {"b", "c"}, "b": set(), "c": {"d"}, "d": {"b"}}) == list("acdb")
    assert longest_chain({}) == []


LAYERS = [{"views"}, {"mail", "store"}, {"text"}]


@pytest.mark.parametrize(
    "graph",
    [
        {"p": {"p.views.a", "p.text"}, "p.views.a": {"p.mail"}, "p.mail": set(), "p.text": set()},
        {"p.mail": {"p.store"}, "p.store": {"p.text"}, "p.text": set()},
        {"p.views": {"p.views.a"}, "p.views.a": set()},
    ],
    ids=["downwards", "within a layer", "within a part"],
)
def test_imports_that_do_not_point_upwards_are_allowed(graph: dict[str, set[str]]) -> None:
    assert check_layers(graph, "p", LAYERS) == []


def test_imports_that_point_upwards_are_reported() -> None:
    graph = {"p": set(), "p.text": {"p.mail.a", "p"}, "p.mail.a": {"p.views"}, "p.views": set()}
    assert check_layers(graph, "p", LAYERS) == [
        "p.mail.a imports p.views, which is in a higher layer",
        "p.text imports p, which is in a higher layer",
        "p.text imports p.mail.a, which is in a higher layer",
    ]


def test_a_part_that_is_in_no_layer_is_reported() -> None:
    graph = {"p.other.a": {"p.text"}, "p.other.b": set(), "p.text": {"p.other.a"}}
    assert check_layers(graph, "p", LAYERS) == ["p.other is in no layer"]


def test_forbidden_imports_are_reported() -> None:
    modules = [
        module("a/b.py", "import flask_mail\nfrom flask.views import View\nimport flaskless\n"),
        module("a/bc.py", "import flask\n"),
        module("d.py", "import a.b\n"),
    ]
    assert check_forbidden(modules, ["a.b"], ["flask"]) == ["a.b imports flask.views.View"]
    assert check_forbidden(modules, ["a"], ["flask", "flask_mail"]) == [
        "a.b imports flask.views.View",
        "a.b imports flask_mail",
        "a.bc imports flask",
    ]
    assert check_forbidden(modules, ["d"], ["a"]) == ["d imports a.b"]


def test_a_folder_with_too_many_modules_is_reported() -> None:
    paths = [PurePath("big") / f"{number}.py" for number in range(13)]
    paths += [PurePath("small") / f"{number}.py" for number in range(12)]
    assert check_folders(paths, most=12) == ["big has 13 modules"]


def test_a_module_that_is_too_long_is_reported() -> None:
    modules = [module("a/long.py", "x = 1\n" * 251), module("a/short.py", "x = 1\n" * 250)]
    assert check_lengths(modules, most=250) == ["a/long.py has 251 lines"]

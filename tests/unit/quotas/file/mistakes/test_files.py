"""Mistakes that concern the whole file, and reports of several mistakes."""

from pathlib import Path

import pytest

from quotas.file.document import DocumentError
from quotas.file.loading import QuotasError, load_quotas, parse_quotas
from tests.unit.quotas.file.mistakes.expectations import NOTIFY, ONE_QUOTA, mistakes_in


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty; a first quota is in the README"),
        ("# nothing\n", "1:1: the file is empty; a first quota is in the README"),
        ("just words", "1:1: is not a mapping; write key: value"),
        ("- a\n- b", "1:1: is not a mapping; write key: value"),
        ("version: 1\n", "1:1: quotas: is missing"),
        (ONE_QUOTA, "1:1: version: is missing"),
        (f"version: 2\n{ONE_QUOTA}", "1:10: version: found the number 2, expected 1"),
        (f"version: '1'\n{ONE_QUOTA}", '1:10: version: found "1", expected 1'),
        ("version: 1\nquotas:\n", "2:8: quotas: has no value; write a list of quotas"),
        ("version: 1\nquotas: []\n", "2:9: quotas: has 0 entries, expected 1 to 100000"),
        ("version: 1\nquotas: 5\n", "2:9: quotas: is not a list of quotas"),
        ("version: 1\nquotas: {a: 1}\n", "2:9: quotas: is not a list of quotas"),
        ("version: 1\nquotas: [null]\n", "2:10: quotas: has no value"),
        (f"version: 1\naccounting:\n{ONE_QUOTA}", "2:12: accounting: has no value"),
        (f"version: 1\ndefaults:\n{ONE_QUOTA}", "2:10: defaults: has no value"),
        (
            f"version: 1\n_schema: 1\n{ONE_QUOTA}",
            (
                "2:1: _schema: is not a key that is known here; expected one of version, "
                "accounting, defaults, runbook_url, labels, severities, quotas"
            ),
        ),
        (
            f"version: 1\nrunbook_url: docs/operations.md\n{ONE_QUOTA}",
            (
                '2:14: runbook_url: "docs/operations.md" is not the address of a web page; write '
                'for example "https://wiki.example.com/operations", other signs as in %20'
            ),
        ),
        (
            f"version: 1\nrunbook_url: 'https://x/y#z'\n{ONE_QUOTA}",
            (
                '2:14: runbook_url: "https://x/y#z" has an anchor, and each alert adds its own; '
                "write what is before the #"
            ),
        ),
        (f"version: 1\nrunbook_url:\n{ONE_QUOTA}", "2:13: runbook_url: has no value"),
        (f"version: !!int ''\n{ONE_QUOTA}", '1:10: version: found "", expected 1'),
        (f"version: 1\n{ONE_QUOTA}---\n{ONE_QUOTA}", "3:1: is a second document; a file holds one"),
        ("version: 1\nquotas: [a]\n", "2:10: quotas: is not a mapping; write key: value"),
        (
            f"version: 1\nquota: []\n{ONE_QUOTA}",
            '2:1: quota: is not a key that is known here; did you mean "quotas"?',
        ),
        (
            f"version: 1\naccounting: 1m\n{ONE_QUOTA}",
            "2:13: accounting: is not a mapping; write key: value",
        ),
        (f"version: 1\nversion: 1\n{ONE_QUOTA}", "2:1: version: is there twice; keep one"),
        (f"version: 1\n{ONE_QUOTA}{ONE_QUOTA}", "3:1: quotas: is there twice; keep one"),
        (
            "version: 1\nquotas: [{name: a, limit: 1 B}]\n",
            "2:10: quotas: nobody is notified; add notify: [...], here or under defaults",
        ),
        (
            (
                f"version: 1\ndefaults: {{{NOTIFY}}}\nquotas:\n"
                "  - {name: a, limit: 1 B}\n  - {name: b, limit: 1 B}\n  - {name: a, limit: 1 B}\n"
            ),
            '6:12: name: "a" is also the name of the quota at line 4',
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_the_file_is_reported_with_its_position(text: str, message: str) -> None:
    assert mistakes_in(text) == [message]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "quotas.yaml"
    path.write_text(
        "version: 2\n"
        "quotas:\n"
        "  - name: a\n"
        "    limit: 500\n"
        "    colour: red\n"
        "    thresholds: [0, 80, x]\n"
        "  - name: a\n"
        "    servise: b\n"
    )
    with pytest.raises(QuotasError) as caught:
        load_quotas(path)
    places = [line.split(": ")[:2] for line in str(caught.value).splitlines()]
    assert places == [
        [f"{path}:1:10", "version"],
        [f"{path}:3:5", "quotas"],
        [f"{path}:4:12", "limit"],
        [f"{path}:5:5", "colour"],
        [f"{path}:6:18", "thresholds"],
        [f"{path}:6:25", "thresholds"],
        [f"{path}:7:5", "limit"],
        [f"{path}:7:5", "quotas"],
        [f"{path}:7:11", "name"],
        [f"{path}:8:5", "servise"],
    ]


def test_two_quotas_that_differ_only_in_their_names_cause_a_warning() -> None:
    text = (
        f"version: 1\ndefaults: {{{NOTIFY}}}\nquotas:\n"
        "  - {name: a, service: s, limit: 1 kB}\n"
        "  - {name: b, service: s, limit: 1000 B, direction: both}\n"
        "  - {name: c, service: s, limit: 1 kB, direction: egress}\n"
        "  - {name: d, service: s, limit: 1 kB, labels: {team: x}}\n"
        "  - {name: e, service: {matches: s}, limit: 1 kB}\n"
        "  - {name: f, service: s, limit: 1 kB, period: day}\n"
    )
    assert [str(warning) for warning in parse_quotas(text.encode()).warnings] == [
        '5:5: quotas: "b" is the same as "a" at line 4 but for the name; keep one'
    ]


def test_a_name_that_looks_like_a_regular_expression_causes_a_warning() -> None:
    text = (
        f"version: 1\ndefaults: {{{NOTIFY}}}\nquotas:\n"
        '  - {name: a, service: "bun-.*", limit: 1 kB}\n'
        '  - {name: b, consumer: [acme, "a|b"], limit: 1 kB}\n'
        '  - {name: c, for_each: route, except: {route: "^x"}, limit: 1 kB}\n'
        "  - {name: d, consumer: [jane+test@example.com, a.b_c~d-e, ü], limit: 1 kB}\n"
        '  - {name: e, service: {matches: "bun-.*"}, limit: 1 kB}\n'
    )
    assert [str(warning) for warning in parse_quotas(text.encode()).warnings] == [
        (
            '4:24: service: "bun-.*" is a name here, not a regular expression; write '
            '{matches: "bun-.*"}'
        ),
        ('5:25: consumer: "a|b" is a name here, not a regular expression; write {matches: "a|b"}'),
        '6:48: except.route: "^x" is a name here, not a regular expression',
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\n# \xff\n", "2:3: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"#" * (10 * 2**20 + 1), "1:1: the file is larger than 10485760 bytes"),
        (
            b"version: 1\nquotas:\n\t- name: a\n",
            (
                "3:1: is not YAML: found character that cannot start any token; there is a tab in "
                "this line, indent with spaces"
            ),
        ),
        (
            b"version: 1\na: &a [" + b"x, " * 1_000 + b"x]\nquotas: [" + b"*a, " * 100 + b"*a]\n",
            "2:2411: aliases expand to more than 100000 values; write them out",
        ),
    ],
    ids=["not UTF-8", "too large", "a tab", "aliases"],
)
def test_a_file_that_is_not_a_yaml_document_is_reported_with_the_position(
    content: bytes, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_quotas(content)
    assert str(caught.value) == message


def test_a_missing_file_is_reported_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(QuotasError) as caught:
        load_quotas(path)
    assert str(caught.value) == f"{path}:1:1: cannot be read: No such file or directory"


def test_a_folder_in_place_of_the_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(QuotasError, match="cannot be read: Is a directory"):
        load_quotas(tmp_path)

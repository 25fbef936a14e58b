"""Every kind of mistake in quotas.yaml: its line, column, key and message."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quotas.calendars import DAY, MONTH
from quotas.document import DocumentError
from quotas.load import QuotasError, load_quotas, parse_quotas
from quotas.model import DEFAULT_THRESHOLDS, Accounting, Quota, QuotaFile, Threshold

OPS = "notify: [ops@example.com]"


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_quotas(text.encode())
    return [str(mistake) for mistake in sorted(caught.value.mistakes)]


def quota(line: str) -> str:
    """Return a file whose one quota, from line 3, column 5, has also this line, the fifth."""
    return f"version: 1\nquotas:\n  - name: a\n    {OPS}\n    {line}\n    limit: 1 GB\n"


def test_a_quota_has_what_its_keys_say() -> None:
    text = f"""\
version: 1
accounting: {{resolution: 2m, gap_tolerance: 30m, scrape_delay: 20s, new_targets: count}}
defaults: {{{OPS}, period: day, thresholds: [50]}}
quotas:
  - name: bun-egress
    service: bun-service
    route: bun-route
    consumer: acme
    workspace: default
    direction: egress
    limit: 1.5 kB
    period: month
    thresholds: [100, 95, 80]
    notify: [bun@example.com, a.b+c@example.org]
    labels: {{team: bun, area: "7"}}
    forecast: true
"""
    assert parse_quotas(text.encode()) == QuotaFile(
        Accounting(120, 1_800, 20, count_new_targets=True),
        ("ops@example.com",),
        (
            Quota(
                name="bun-egress",
                limit_bytes=1_500,
                selector={
                    "service": "bun-service",
                    "route": "bun-route",
                    "consumer": "acme",
                    "workspace": "default",
                },
                direction="egress",
                calendar=MONTH,
                thresholds=(
                    Threshold(80, "info"),
                    Threshold(95, "warning"),
                    Threshold(100, "critical"),
                ),
                notify=("bun@example.com", "a.b+c@example.org"),
                labels={"team": "bun", "area": "7"},
                forecast=True,
                line=5,
            ),
        ),
    )


def test_a_quota_that_says_little_has_the_defaults_of_the_file() -> None:
    defaults = f"{{{OPS}, period: day, thresholds: [50]}}"
    text = f"version: 1\ndefaults: {defaults}\nquotas: [{{name: a, limit: 1 B}}]"
    (only,) = parse_quotas(text.encode()).quotas
    assert (only.notify, only.calendar) == (("ops@example.com",), DAY)
    assert only.thresholds == (Threshold(50, "info"),)
    assert (only.selector, only.direction, only.labels, only.forecast) == ({}, "both", {}, False)


def test_a_file_that_says_little_counts_minutes_and_months() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {OPS}}}]".encode())
    assert file.accounting == Accounting()
    assert (file.quotas[0].calendar, file.quotas[0].thresholds) == (MONTH, DEFAULT_THRESHOLDS)


def test_a_quota_is_found_by_its_name() -> None:
    file = parse_quotas(f"version: 1\nquotas: [{{name: a, limit: 1 B, {OPS}}}]".encode())
    assert file.find("a") == file.quotas[0]
    assert file.find("b") is None


ONE = f"quotas: [{{name: a, limit: 1 B, {OPS}}}]\n"
QUOTA_KEYS = (
    "period, thresholds, notify, name, service, route, consumer, workspace, direction, limit, "
    "labels, forecast"
)
NO_TEXT = "expected text; put it in quotes if it is meant"
UNITS = "B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB"
NO_NAME = (
    "is not a name; write 1 to 63 of a-z, 0-9, dot, underscore and hyphen, the first a letter or "
    'digit, for example "bun-egress"'
)
NO_PERCENT = "expected a whole number of percent such as 80"
NO_DURATION = 'is not a duration; write for example "90s", "5m" or "1h30m"'
NO_ADDRESS = 'is not a mail address; write for example "ops@example.com"'
NO_LABEL = (
    "is not a label name; write a-z, A-Z, 0-9 and underscores, the first no digit, and not two "
    "underscores in front"
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("labels: [a]", "5:13: labels: is not a mapping; write for example {team: bun}"),
        ("servise: a", '5:5: servise: is not a key that is known here; did you mean "service"?'),
        (
            "colour: red",
            f"5:5: colour: is not a key that is known here; expected one of {QUOTA_KEYS}",
        ),
        ("service: 7", f"5:14: service: found the number 7, {NO_TEXT}"),
        ("service:", "5:13: service: has no value"),
        ("service: [a]", f"5:14: service: found a list, {NO_TEXT}"),
        ("service: {a: b}", f"5:14: service: found a mapping, {NO_TEXT}"),
        (
            "service: ''",
            "5:14: service: found 0 characters, expected 1 to 1024 characters of text",
        ),
        (
            f"route: {'x' * 1025}",
            "5:12: route: found 1025 characters, expected 1 to 1024 characters of text",
        ),
        (
            'consumer: "a\\tb"',
            "5:15: consumer: found control characters in 'a\\tb', expected text without them",
        ),
        (
            "direction: out",
            '5:16: direction: found "out", expected one of egress, ingress, both',
        ),
        (
            "direction: egres",
            (
                '5:16: direction: found "egres", expected one of egress, ingress, both; '
                'did you mean "egress"?'
            ),
        ),
        ("period: week", '5:13: period: found "week", expected one of hour, day, month'),
        (
            "period: {calendar: month}",
            "5:13: period: found a mapping, expected one of hour, day, month",
        ),
        ("thresholds: 80", "5:17: thresholds: is not a list; write [first, second]"),
        ("thresholds:", "5:16: thresholds: has no value; write [first, second]"),
        ("thresholds: [80, 80]", "5:17: thresholds: has an entry twice; write each once"),
        ("thresholds: [80, x]", f'5:22: thresholds: found "x", {NO_PERCENT}'),
        ("thresholds: [80.5]", f"5:18: thresholds: found the number 80.5, {NO_PERCENT}"),
        ("thresholds: [80, null]", "5:22: thresholds: has no value"),
        ("thresholds: [0]", "5:18: thresholds: found 0, expected 1 to 1000 percent"),
        ("thresholds: [1001]", "5:18: thresholds: found 1001, expected 1 to 1000 percent"),
        ("forecast: maybe", '5:15: forecast: found "maybe", expected true or false'),
        ("forecast: 1", "5:15: forecast: found the number 1, expected true or false"),
        ("service: on", f"5:14: service: found true, as YAML reads yes and on, {NO_TEXT}"),
        (
            "_schema: 1",
            f"5:5: _schema: is not a key that is known here; expected one of {QUOTA_KEYS}",
        ),
        ("labels:", "5:12: labels: has no value"),
        ("labels: {1a: x}", f'5:14: labels.1a: "1a" {NO_LABEL}'),
        ("labels: {a: x, __a: x}", f'5:20: labels.__a: "__a" {NO_LABEL}'),
        (
            "labels: {severity: x}",
            '5:14: labels.severity: the label "severity" is set by the rules; choose another name',
        ),
        ("labels: {a: x, b: 7}", f"5:23: labels.b: found the number 7, {NO_TEXT}"),
        ("labels: {key: x, value: 7}", f"5:29: labels.value: found the number 7, {NO_TEXT}"),
        ("labels: {a: }", "5:17: labels.a: has no value"),
        ("labels: {team: a, team: b}", "5:23: labels.team: is there twice; keep one"),
        (
            f"labels: {{{', '.join(f'l{i}: x' for i in range(21))}}}",
            "5:13: labels: has 21 entries, expected 0 to 20",
        ),
        ("limit: 2 GB", "6:5: limit: is there twice; keep one"),
        ("? [a]\n    : 1", "5:7: quotas: a key is a word, not a list or mapping"),
        ("forecast: *no", "5:15: is not YAML: found undefined alias"),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_a_quota_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(quota(line)) == [message]


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ("limit: 1 GB", "3:5: name: is missing from this quota"),
        ("name: a", "3:5: limit: is missing from this quota"),
        (
            "{name: a, limit: 500}",
            '3:22: limit: found the number 500 without a unit; write for example "500 GB"',
        ),
        (
            "{name: a, limit: 500 GBs}",
            (
                '3:22: limit: "500 GBs" is not a size; write for example "500 GB", '
                f"with one of the units {UNITS}"
            ),
        ),
        ("{name: a, limit: 0 B}", '3:22: limit: "0 B" is nothing; a limit is at least 1 B'),
        (
            "{name: a, limit: 0.3 B}",
            ('3:22: limit: "0.3 B" is not a whole number of bytes; write for example "1.5 kB"'),
        ),
        (
            "{name: a, limit: 10 PB}",
            (
                '3:22: limit: "10 PB" is more than 9007199254740992 bytes, above which Prometheus '
                "no longer counts single bytes; write a smaller size"
            ),
        ),
        ("{name: Bun, limit: 1 B}", f'3:12: name: "Bun" {NO_NAME}'),
        ("{name: -a, limit: 1 B}", f'3:12: name: "-a" {NO_NAME}'),
        ("{name: a b, limit: 1 B}", f'3:12: name: "a b" {NO_NAME}'),
        ("{name: 1, limit: 1 B}", f"3:12: name: found the number 1, {NO_TEXT}"),
        ("{name: a, limit: 1 B, notify: [x]}", f'3:36: notify: "x" {NO_ADDRESS}'),
        ("{name: a, limit: 1 B, notify: [a@b@c]}", f'3:36: notify: "a@b@c" {NO_ADDRESS}'),
    ],
    ids=lambda value: value[:40],
)
def test_a_quota_without_what_it_needs_is_told_with_its_place(quota: str, message: str) -> None:
    text = f"version: 1\nquotas:\n  - {quota}\ndefaults: {{{OPS}}}\n"
    assert mistakes(text) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("resolution: 10m", '3:15: accounting.resolution: found "10m", expected 1s to 5m'),
        (
            "resolution: 60",
            (
                "3:15: accounting.resolution: found the number 60 without a unit; "
                'write for example "90s"'
            ),
        ),
        ("gap_tolerance: 99w", '3:18: accounting.gap_tolerance: found "99w", expected 5m to 1d'),
        ("gap_tolerance: 4m", '3:18: accounting.gap_tolerance: found "4m", expected 5m to 1d'),
        ("scrape_delay: 6m", '3:17: accounting.scrape_delay: found "6m", expected 1s to 5m'),
        (
            "_schema: 1",
            (
                "3:3: accounting._schema: is not a key that is known here; expected one of "
                "resolution, gap_tolerance, scrape_delay, new_targets"
            ),
        ),
        ("resolution: 1 minute", f'3:15: accounting.resolution: "1 minute" {NO_DURATION}'),
        ("resolution: 0s", f'3:15: accounting.resolution: "0s" {NO_DURATION}'),
        ("resolution:", "3:14: accounting.resolution: has no value"),
        ("gap_tolerance: soon", f'3:18: accounting.gap_tolerance: "soon" {NO_DURATION}'),
        ("scrape_delay: -1s", f'3:17: accounting.scrape_delay: "-1s" {NO_DURATION}'),
        (
            "new_targets: counts",
            (
                '3:16: accounting.new_targets: found "counts", expected one of baseline, count; '
                'did you mean "count"?'
            ),
        ),
        (
            "gap: 1h",
            (
                "3:3: accounting.gap: is not a key that is known here; expected one of resolution, "
                "gap_tolerance, scrape_delay, new_targets"
            ),
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_accounting_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(f"version: 1\naccounting:\n  {line}\n{ONE}") == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("notify: a@b.c", "3:11: defaults.notify: is not a list; write [first, second]"),
        ("notify: [x]", f'3:12: defaults.notify: "x" {NO_ADDRESS}'),
        ("period: year", '3:11: defaults.period: found "year", expected one of hour, day, month'),
        ("thresholds: [x]", f'3:16: defaults.thresholds: found "x", {NO_PERCENT}'),
        (
            "limit: 1 GB",
            (
                "3:3: defaults.limit: is not a key that is known here; expected one of period, "
                "thresholds, notify"
            ),
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_defaults_is_told_with_its_place(line: str, message: str) -> None:
    assert mistakes(f"version: 1\ndefaults:\n  {line}\n{ONE}") == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty; a first quota is in the README"),
        ("# nothing\n", "1:1: the file is empty; a first quota is in the README"),
        ("just words", "1:1: is not a mapping; write key: value"),
        ("- a\n- b", "1:1: is not a mapping; write key: value"),
        ("version: 1\n", "1:1: quotas: is missing"),
        (ONE, "1:1: version: is missing"),
        (f"version: 2\n{ONE}", "1:10: version: found the number 2, expected 1"),
        (f"version: '1'\n{ONE}", '1:10: version: found "1", expected 1'),
        ("version: 1\nquotas:\n", "2:8: quotas: has no value; write a list of quotas"),
        ("version: 1\nquotas: []\n", "2:9: quotas: has 0 entries, expected 1 to 100000"),
        ("version: 1\nquotas: {a: 1}\n", "2:9: quotas: is not a list of quotas"),
        ("version: 1\nquotas: [null]\n", "2:10: quotas: has no value"),
        (f"version: 1\naccounting:\n{ONE}", "2:12: accounting: has no value"),
        (f"version: 1\ndefaults:\n{ONE}", "2:10: defaults: has no value"),
        (
            f"version: 1\n_schema: 1\n{ONE}",
            (
                "2:1: _schema: is not a key that is known here; expected one of version, "
                "accounting, defaults, quotas"
            ),
        ),
        (f"version: !!int ''\n{ONE}", '1:10: version: found "", expected 1'),
        (f"version: 1\n{ONE}---\n{ONE}", "3:1: is a second document; a file holds one"),
        ("version: 1\nquotas: [a]\n", "2:10: quotas: is not a mapping; write key: value"),
        (
            f"version: 1\nquota: []\n{ONE}",
            '2:1: quota: is not a key that is known here; did you mean "quotas"?',
        ),
        (
            f"version: 1\naccounting: 1m\n{ONE}",
            "2:13: accounting: is not a mapping; write key: value",
        ),
        (f"version: 1\nversion: 1\n{ONE}", "2:1: version: is there twice; keep one"),
        (f"version: 1\n{ONE}{ONE}", "3:1: quotas: is there twice; keep one"),
        (
            "version: 1\nquotas: [{name: a, limit: 1 B}]\n",
            "2:10: quotas: nobody is notified; add notify: [...], here or under defaults",
        ),
        (
            (
                f"version: 1\ndefaults: {{{OPS}}}\nquotas:\n"
                "  - {name: a, limit: 1 B}\n  - {name: b, limit: 1 B}\n  - {name: a, limit: 1 B}\n"
            ),
            '6:12: name: "a" is also the name of the quota at line 4',
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_the_file_is_told_with_its_place(text: str, message: str) -> None:
    assert mistakes(text) == [message]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
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


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(QuotasError) as caught:
        load_quotas(path)
    assert str(caught.value) == f"{path}:1:1: cannot be read: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(QuotasError, match="cannot be read: Is a directory"):
        load_quotas(tmp_path)


PIECES = st.sampled_from(
    [
        "version: 1\n",
        "quotas:\n",
        "  - name: a\n",
        "    limit: 1 GB\n",
        "notify: [a@b.c]\n",
        "- ",
        "? ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!!str ",
        "!!int ",
        "!!float ",
        "|\n",
        '"',
        "'",
        "#",
        "\t",
        "%",
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "1",
        ".5",
        "\n",
        "  ",
        "\u2028",
        "\ufeff",
    ]
)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=40).map("".join).map(str.encode))
@example(b"&a [*a]")
@example(b"&a {b: *a}")
@example(b"? {a: b}\n: c")
@example(b"version: !!int ''")
@settings(max_examples=300)
def test_arbitrary_bytes_are_quotas_or_a_document_error(content: bytes) -> None:
    try:
        assert isinstance(parse_quotas(content), QuotaFile)
    except DocumentError as error:
        assert error.mistakes  # noqa: PT017 - either of both is right

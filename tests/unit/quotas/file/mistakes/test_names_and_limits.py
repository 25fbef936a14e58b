"""Names, limits and recipients that are missing or wrong: position, key and message."""

import pytest

from tests.unit.quotas.file.mistakes.expectations import (
    EXPECTED_TEXT,
    NOT_A_NAME,
    NOT_AN_ADDRESS,
    NOTIFY,
    UNITS,
    mistakes_in,
)


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
            '3:22: limit: "500 GBs" is not a size; did you mean "500 GB"?',
        ),
        (
            "{name: a, limit: 500 GiBs}",
            '3:22: limit: "500 GiBs" is not a size; did you mean "500 GiB"?',
        ),
        (
            "{name: a, limit: much}",
            (
                '3:22: limit: "much" is not a size; write for example "500 GB", with one of the '
                f"units {UNITS}"
            ),
        ),
        (
            "{name: a, limit: 500 G}",
            '3:22: limit: "500 G" could be "500 GB" (decimal) or "500 GiB" (binary); write which',
        ),
        (
            "{name: a, limit: 500 KB}",
            '3:22: limit: "500 KB" could be "500 kB" (decimal) or "500 KiB" (binary); write which',
        ),
        (
            "{name: a, limit: 10 Gb}",
            '3:22: limit: "10 Gb" could be "10 GB" or "1.25 GB" (that many bits); write which',
        ),
        (
            "{name: a, limit: 10 Gibit}",
            '3:22: limit: "10 Gibit" could be "10 GiB" or "1.25 GiB" (that many bits); write which',
        ),
        ("{name: a, limit: 1e3}", '3:22: limit: "1e3" could be "1000 B" or "1000 GB"; write which'),
        (
            "{name: a, limit: 1e3 GB}",
            '3:22: limit: "1e3 GB" could be "1000 GB" or "1 GB"; write which',
        ),
        (
            "{name: a, limit: '1,5 GB'}",
            '3:22: limit: "1,5 GB" could be "1.5 GB" or "15 GB"; write which',
        ),
        ("{name: a, limit: '500'}", '3:22: limit: "500" could be "500 B" or "500 GB"; write which'),
        (
            "{name: a, limit: true}",
            f"3:22: limit: found true, as YAML reads yes and on, {EXPECTED_TEXT}",
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
        ("{name: Bun, limit: 1 B}", f'3:12: name: "Bun" {NOT_A_NAME}'),
        ("{name: -a, limit: 1 B}", f'3:12: name: "-a" {NOT_A_NAME}'),
        ("{name: a b, limit: 1 B}", f'3:12: name: "a b" {NOT_A_NAME}'),
        ("{name: 1, limit: 1 B}", f"3:12: name: found the number 1, {EXPECTED_TEXT}"),
        ("{name: a, limit: 1 B, notify: [x]}", f'3:36: notify: "x" {NOT_AN_ADDRESS}'),
        ("{name: a, limit: 1 B, notify: [a@b@c]}", f'3:36: notify: "a@b@c" {NOT_AN_ADDRESS}'),
    ],
    ids=lambda value: value[:40],
)
def test_a_missing_or_wrong_name_limit_or_recipient_is_reported_with_its_position(
    quota: str, message: str
) -> None:
    text = f"version: 1\nquotas:\n  - {quota}\ndefaults: {{{NOTIFY}}}\n"
    assert mistakes_in(text) == [message]

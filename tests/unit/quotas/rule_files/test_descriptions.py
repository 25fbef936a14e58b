import pytest

from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.model import Match, Quota, Threshold
from quotas.rule_files.descriptions import describe, read_descriptions
from quotas.rules.usage import used_rule

SELECTIVE = Quota(
    "b",
    500 * 10**9,
    {"service": Match(("x", "y.z")), "route": Match(regex='r.*"')},
    direction="egress",
    for_each=("consumer", "workspace"),
    excluded={"consumer": ("big", "b.c")},
    labels={"team": "bun"},
)


@pytest.mark.parametrize(
    ("quota", "facts"),
    [
        (Quota("a", 1), "quota a: limit 1 B; period month; told at 80, 90, 100 %"),
        (
            SELECTIVE,
            (
                'quota b: limit 500 GB; period month; service x, y.z; route matching r.*"; '
                "direction egress; for each consumer, workspace; except consumer big, b.c; "
                "told at 80, 90, 100 %; labels team=bun"
            ),
        ),
        (
            Quota(
                "c",
                10 * 2**30,
                calendar=Calendar("month", 15, timezone="Europe/Berlin"),
                thresholds=(Threshold(99.5, "info"),),
                opening_bytes=120 * 10**9,
                opening_period=202611,
                forecast=True,
            ),
            (
                "quota c: limit 10 GiB; period month:15@Europe/Berlin; opened with 120 GB in "
                "202611; told at 99.5 %; forecast told too"
            ),
        ),
    ],
    ids=["little", "selective", "all else"],
)
def test_a_quota_is_described_in_one_line(quota: Quota, facts: str) -> None:
    assert describe(quota) == facts
    assert used_rule(quota, Accounting()).comment == facts


def test_the_properties_of_a_quota_are_read_from_its_description() -> None:
    texts = [f"groups:\n  # {describe(SELECTIVE)}\n", f"  # {describe(Quota('a', 1))}\n"]
    assert read_descriptions(texts) == {
        "b": {
            "limit": "500 GB",
            "period": "month",
            "service": "x, y.z",
            "route": 'matching r.*"',
            "direction": "egress",
            "for each": "consumer, workspace",
            "except consumer": "big, b.c",
            "told at": "80, 90, 100 %",
            "labels": "team=bun",
        },
        "a": {"limit": "1 B", "period": "month", "told at": "80, 90, 100 %"},
    }

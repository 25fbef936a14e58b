import re
from collections.abc import Iterable, Iterator

from local.demo.blocks import counter_lines, delta_lines, usage_lines
from local.demo.run import QUOTAS
from local.demo.traffic import History
from quotas import names
from quotas.file.loading import load_quotas

LINE = re.compile(r"[^{]+\{(.*)\} (\S+) (\S+)\n")


def parse(lines: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the labels as text, the value and the time of each line."""
    for line in lines:
        found = LINE.fullmatch(line)
        assert found is not None
        yield found[1], int(found[2]), int(found[3])


def label(name: str, labels: str) -> str:
    found = re.search(f'{name}="([^"]*)"', labels)
    assert found is not None
    return found[1]


def test_the_deltas_of_each_calendar_add_up_to_all_bytes(history: History) -> None:
    sums: dict[str, int] = {}
    for labels, value, _ in parse(delta_lines(history, load_quotas(QUOTAS).quotas)):
        calendar = label("calendar", labels)
        sums[calendar] = sums.get(calendar, 0) + value
    total = sum(sum(flow.buckets) for flow in history.flows)
    assert sums == dict.fromkeys(("day", "month", "week"), total)


def test_counters_never_fall_and_have_a_gap_while_no_gateway_was_observed(
    history: History,
) -> None:
    last: dict[str, tuple[int, int]] = {}
    longest = 0
    target = {"job": names.GATEWAY_JOB, "instance": "one:1"}
    for labels, value, at in parse(counter_lines(history, target)):
        if labels in last:
            assert value >= last[labels][0]
            longest = max(longest, at - last[labels][1])
        last[labels] = (value, at)
    assert len(last) == len(history.flows)
    assert longest > 2_000


def test_the_usage_of_a_quota_starts_at_zero_in_each_period(history: History) -> None:
    quotas = [quota for quota in load_quotas(QUOTAS).quotas if quota.name == "bun-egress"]
    used: dict[str, list[int]] = {}
    lines = list(usage_lines(history, quotas))
    for labels, value, _ in parse(line for line in lines if line.startswith(names.USED)):
        used.setdefault(label("period", labels), []).append(value)
    assert list(used) == ["202610", "202611"]
    assert all(values == sorted(values) for values in used.values())
    all_bytes = sum(
        sum(flow.buckets)
        for flow in history.flows
        if flow.labels["service"] == "bun-service" and flow.labels["direction"] == "egress"
    )
    assert sum(values[-1] for values in used.values()) == all_bytes
    [ratio] = [line for line in lines if line.startswith(names.RATIO)]
    assert label("period", ratio) == "202610"
    assert float(ratio.split()[-2]) == used["202610"][-1] / quotas[0].limit_bytes

"""What the rules recorded is what the gateways counted."""

from quotas import names
from tests.engines.story import wait_until_recorded
from tests.engines.system import System


def test_each_quota_has_used_the_bytes_that_the_gateways_counted(system: System) -> None:
    assert system.gateways.counted() > 5_000_000
    wait_until_recorded(system)


def test_a_quota_has_one_series_in_each_period(system: System) -> None:
    found = system.observer.query(f'last_over_time({names.USED}{{quota="bun-egress"}}[1m])')
    assert len({labels["period"] for labels, _ in found}) == len(found)

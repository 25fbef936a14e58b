"""Each threshold is mailed once, with its number, and nothing else is mailed."""

import re
from collections.abc import Callable

import pytest

from quotas.file.loading import load_quotas
from tests.engines.story import QUOTA
from tests.engines.system import System

# Group wait and group interval in ``local.stack.config``, and the delivery.
ALERTMANAGER_SECONDS = 5
SUBJECT = re.compile(rf"\[(?P<percent>\d+) %\] {QUOTA}: (?P<used>[\d.]+) MB of 5 MB used, .*")


def test_each_threshold_is_mailed_once_with_what_was_used(system: System) -> None:
    mails = system.observer.mails()
    subjects = [mail["subject"] for mail in mails]
    found = [SUBJECT.fullmatch(subject) for subject in subjects]
    assert [match and match["percent"] for match in found] == ["80", "90", "100"], subjects
    for match, percent in zip(found, (80, 90, 100), strict=True):
        assert match is not None
        # The story stops sending as soon as the threshold is reached.
        assert float(match["used"]) == pytest.approx(5 * percent / 100, abs=0.01)
    for mail in mails:
        assert mail["envelope_to"] == ["team-bun@example.com"]
        assert QUOTA in mail["text"]


def test_a_mail_comes_within_a_dozen_steps(
    system: System, record_property: Callable[[str, object], None]
) -> None:
    times = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in system.times.items())
    record_property(system.name, times)
    step_seconds = load_quotas(system.site.quotas).accounting.resolution_seconds
    mailed = [seconds for what, seconds in system.times.items() if "mailed after" in what]
    assert len(mailed) == 3
    assert max(mailed) < 12 * step_seconds + ALERTMANAGER_SECONDS

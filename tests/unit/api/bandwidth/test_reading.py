"""Which windows are final. Tests of the views and integration tests check what is read."""

import pytest

from api.bandwidth.reading import is_final
from api.windows import MINUTE, cut_windows
from quotas.accounting_options import Accounting

END_MS = 1_645_123_200_000
SHORT = Accounting()
LONG = Accounting(resolution_seconds=300)


# Two steps and the delay after its end, all is recorded; two minutes later, it is settled.
@pytest.mark.parametrize(
    ("accounting", "seconds", "expected"),
    [(SHORT, 249.999, False), (SHORT, 250, True), (LONG, 729.999, False), (LONG, 730, True)],
)
def test_windows_are_final_when_the_rules_have_looked_at_all_of_them(
    accounting: Accounting, seconds: float, *, expected: bool
) -> None:
    now_ms = END_MS + round(1000 * seconds)
    windows = cut_windows(END_MS - 3_600_000, END_MS, now_ms, MINUTE)
    assert is_final(accounting, windows) is expected

from pathlib import Path

import pytest

from tests.integration.rules.accounting.stories import (
    SOON,
    TOTAL,
    AssertCounted,
    Story,
    assert_totals,
)


@pytest.fixture
def assert_counted(tmp_path: Path) -> AssertCounted:
    """Return a function that fails unless the rules count exactly these bytes in a story."""

    def check(expected: int, story: Story, *, at: str = SOON, **settings: int | bool) -> None:
        assert_totals(tmp_path, {"story": (story, TOTAL, expected)}, at=at, **settings)

    return check

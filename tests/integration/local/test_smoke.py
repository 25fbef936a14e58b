"""The smoke run with the gateways of both generations."""

import pytest

from local.smoke import run_smoke


@pytest.mark.parametrize("kong", ["2.7"])
def test_limits_are_crossed_and_told_of_with_an_older_kong(kong: str) -> None:
    said: list[str] = []
    assert run_smoke(kong, said.append) == 0, "\n".join(said)

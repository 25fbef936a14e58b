"""The smoke run with an older Kong; `make smoke` runs it with the current one."""

import pytest

from local.smoke import run_smoke


@pytest.mark.parametrize("kong", ["2.7"])
def test_the_smoke_run_passes_with_the_metrics_of_an_older_kong(kong: str) -> None:
    said: list[str] = []
    assert run_smoke(kong, said.append) == 0, "\n".join(said)

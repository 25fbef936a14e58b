"""GET /api/v1/quotas and below: wrong parameters."""

import pytest

from tests.unit.api.answers import client_at


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("?state=bad", "state"),
        ("?state=okay", "state"),
        ("?state=80%25x", "state"),
        ("?state=..", "state"),
        ("?state=80.", "state"),
        ("?state=%D9%A8", "state"),
        ("?label=%20team:bun", "label"),
        ("?label=te%00am:bun", "label"),
        (f"?label=team:{'x' * 1025}", "label"),
        ("?page=%2B1", "page"),
        ("?page_size=%201", "page_size"),
        ("?label=team", "label"),
        ("?label=:x", "label"),
        (f"?search={'x' * 1025}", "search"),
        ("?sort=size", "sort"),
        ("?page=0", "page"),
        ("?page=1_0", "page"),
        ("?page=%D9%A1", "page"),
        ("?page_size=1001", "page_size"),
        ("?service=bun", "service"),
        ("/bun/series?pod=x", "pod"),
        ("/bun/series?type=both", "type"),
        ("/bun/history?lookback=10y", "lookback"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(path: str, parameter: str) -> None:
    answer = client_at().get(f"/api/v1/quotas{path}")
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.get_json(force=True)["errors"]] == [parameter]

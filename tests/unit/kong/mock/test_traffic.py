from itertools import islice, takewhile

import pytest

from kong.mock.traffic import PlannedRequest, main, plan_requests


def planned_bytes(request: PlannedRequest) -> int:
    return request.body_bytes or int(request.path.rpartition("/")[2])


def test_the_same_seed_gives_the_same_requests() -> None:
    assert list(islice(plan_requests(7), 200)) == list(islice(plan_requests(7), 200))


def test_different_seeds_give_different_requests() -> None:
    assert list(islice(plan_requests(7), 20)) != list(islice(plan_requests(8), 20))


def test_the_mean_bytes_per_second_are_within_five_percent() -> None:
    plan = list(
        takewhile(
            lambda request: request.at_seconds < 600,
            plan_requests(7, rate=5, bytes_per_second=10_000),
        )
    )
    assert sum(map(planned_bytes, plan)) == pytest.approx(6e6, rel=0.05)
    assert len(plan) == pytest.approx(3000, rel=0.05)


def test_requests_use_all_routes_consumers_and_directions_and_vary_in_size() -> None:
    plan = list(islice(plan_requests(7), 500))
    assert {request.path.split("/")[1] for request in plan} == {"bin", "bun", "ban"}
    assert {request.consumer for request in plan} == {"acme", "globex", ""}
    assert {request.method for request in plan} == {"GET", "POST"}
    assert len({planned_bytes(request) for request in plan}) > 100


def test_shares_and_uploads_can_be_chosen() -> None:
    plan = list(islice(plan_requests(7, uploads=0, routes={"/bun": 1}, consumers={"acme": 1}), 50))
    assert all(request.path.startswith("/bun/bytes/") for request in plan)
    assert {(request.method, request.consumer) for request in plan} == {("GET", "acme")}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "https://127.0.0.1"],
        ["--rate", "0"],
        ["--rate", "nan"],
        ["--uploads", "2"],
        ["--routes", "/bun"],
        ["--routes", "/bun=0"],
        ["--rate", "0.1", "--bytes-per-second", "1e9"],
    ],
)
def test_invalid_arguments_end_with_exit_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2

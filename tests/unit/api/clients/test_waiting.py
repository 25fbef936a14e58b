import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import gunicorn_settings
from api.clients.waiting import MOST_WAITING, BusyError, LargeRequests, WaitingRoom
from quotas.http.deadline import within


def test_a_place_is_free_again_after_its_block_also_if_that_fails() -> None:
    waiting = WaitingRoom(2)
    for _ in range(5):
        with pytest.raises(KeyError), waiting.place(), waiting.place():
            raise KeyError


def test_without_a_free_place_nobody_is_let_in() -> None:
    waiting = WaitingRoom(1)
    with (
        waiting.place(),
        pytest.raises(BusyError, match="1 requests wait for data already"),
        waiting.place(),
    ):
        pass


def test_there_are_threads_beside_those_that_may_wait() -> None:
    assert gunicorn_settings.threads >= MOST_WAITING + 32


def test_only_so_many_large_requests_are_answered_at_a_time_and_others_wait_their_turn() -> None:
    large = LargeRequests(2)
    at_once, most = [], []
    # Nobody's turn ends before somebody else's has begun.
    both = threading.Barrier(2, timeout=30)

    def answer(_: int) -> None:
        with within(30), large.request():
            large.begin()
            large.begin()
            at_once.append(1)
            most.append(len(at_once))
            both.wait()
            at_once.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(answer, range(16)))
    assert len(most) == 16
    assert max(most) == 2


def test_a_request_whose_time_is_over_gets_no_turn_and_takes_none_from_others() -> None:
    large = LargeRequests(1)
    with ThreadPoolExecutor(1) as pool, large.request():
        large.begin()

        def hurry() -> None:
            with within(0.01), large.request(), pytest.raises(BusyError):
                large.begin()

        pool.submit(hurry).result()
    with large.request():
        large.begin()

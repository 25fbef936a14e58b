import pytest

from api import gunicorn_settings
from api.clients.waiting import MOST_WAITING, BusyError, WaitingRoom


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

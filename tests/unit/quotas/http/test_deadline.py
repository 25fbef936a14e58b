import threading

import pytest
import responses

from quotas.http.deadline import seconds_left, within
from quotas.http.exchange import Server, TooSlowError, exchange


def test_time_is_limited_only_within_the_block_and_only_for_its_thread() -> None:
    others: list[float] = []
    with within(5):
        assert 4 < seconds_left(100) <= 5
        assert seconds_left(3) == 3
        thread = threading.Thread(target=lambda: others.append(seconds_left(100)))
        thread.start()
        thread.join()
    assert others == [100]
    assert seconds_left(100) == 100


@responses.activate
def test_no_exchange_begins_when_the_time_is_over() -> None:
    server = Server("It", "http://it.test", 10, 100)
    with within(0), pytest.raises(TooSlowError, match="the time for this request is over"):
        exchange(server, "GET", "/")
    assert not responses.calls

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.clients.cache import ERROR_SECONDS, OVERHEAD_BYTES, Cache, CacheEntry


class Clock:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def make_cache(size_bytes: int = 100_000) -> tuple[Cache, Clock]:
    clock = Clock()
    return Cache(size_bytes, cached_errors=(KeyError,), timer=clock), clock


def wait_until_asked(cache: Cache, callers: int) -> None:
    """Wait until this many callers found nothing in the cache: each now makes or waits."""
    deadline = time.monotonic() + 30
    while cache.misses < callers:
        assert time.monotonic() < deadline, f"{cache.misses} of {callers} callers asked"
        time.sleep(0.001)


def test_a_value_is_made_again_when_its_time_is_over() -> None:
    cache, clock = make_cache()
    assert cache.get_or_make("key", lambda: CacheEntry("old", 1, 5)) == "old"
    clock.seconds = 4.9
    assert cache.get_or_make("key", lambda: CacheEntry("new", 1, 5)) == "old"
    clock.seconds = 5.0
    assert cache.get_or_make("key", lambda: CacheEntry("new", 1, 5)) == "new"


def test_of_concurrent_callers_one_makes_the_value_and_the_others_wait() -> None:
    cache, _ = make_cache()
    calls = []

    def make() -> CacheEntry:
        calls.append(1)
        # The entry is not kept, so a caller that asked later would make it again.
        wait_until_asked(cache, 20)
        return CacheEntry("value", 1, 0)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: cache.get_or_make("key", make), range(20))) == {"value"}
    assert len(calls) == 1


def test_an_error_reaches_all_waiting_callers_and_is_cached_for_a_moment() -> None:
    cache, clock = make_cache()
    calls = []

    def fail() -> CacheEntry:
        calls.append(1)
        wait_until_asked(cache, 10)
        raise KeyError("away")

    def ask(_: int) -> str:
        with pytest.raises(KeyError, match="away"):
            cache.get_or_make("key", fail)
        return "raised"

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {"raised"}
    clock.seconds = ERROR_SECONDS - 0.1
    ask(0)
    assert len(calls) == 1
    clock.seconds = ERROR_SECONDS
    ask(0)
    assert len(calls) == 2


def test_an_error_of_another_kind_is_not_cached() -> None:
    cache, _ = make_cache()

    def fail() -> CacheEntry:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.get_or_make("key", fail)
    assert cache.get_or_make("key", lambda: CacheEntry("value", 1, 5)) == "value"


def test_the_least_recently_used_entries_are_dropped_when_the_cache_is_full() -> None:
    cache, _ = make_cache(10 * (OVERHEAD_BYTES + 1_000))
    for number in range(10_000):
        cache.put(number, CacheEntry(number, 1_000, 60))
        cache.get(0)
    assert cache.used_bytes <= 10 * (OVERHEAD_BYTES + 1_000)
    assert cache.get(0) == 0
    assert cache.get(9_999) == 9_999
    assert cache.get(5_000) is None


def test_a_value_larger_than_the_cache_is_returned_and_not_kept() -> None:
    cache, _ = make_cache(10_000)
    cache.put("key", CacheEntry("old", 1, 60))
    assert cache.get_or_make("large", lambda: CacheEntry("value", 10_000, 60)) == "value"
    assert cache.get("large") is None
    cache.put("key", CacheEntry("large", 10_000, 60))
    assert cache.get("key") is None

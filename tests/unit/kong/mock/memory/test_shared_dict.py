from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kong.mock.memory.shared_dict import SMALLEST_BYTES, SharedDict


def key(number: int, length: int = 100) -> str:
    return f"{number:0{length}}"


def filled(size_bytes: int = 64 * 1024) -> SharedDict:
    """Return a dictionary that has no memory left for a key of 100 bytes."""
    dictionary = SharedDict("test", size_bytes)
    for number in count():
        if not dictionary.safe_set(key(number), 1):
            return dictionary
    raise AssertionError


def test_a_number_is_added_to_the_value_which_starts_at_zero() -> None:
    dictionary = SharedDict("test", 64 * 1024)
    assert dictionary.get("a") is None
    assert dictionary.increment("a", 2)
    assert dictionary.increment("a", 0.5)
    assert dictionary.get("a") == 2.5


@pytest.mark.parametrize("write", [SharedDict.increment, SharedDict.set])
def test_a_new_key_drops_the_least_recently_used_one(write: object) -> None:
    dictionary = filled()
    before = dictionary.keys()
    assert callable(write)
    assert write(dictionary, key(-1), 1)
    assert dictionary.keys() == [*before[1:], key(-1)]


def test_reading_a_key_keeps_it() -> None:
    dictionary = filled()
    oldest, second, *_ = dictionary.keys()
    dictionary.get(oldest)
    dictionary.increment(key(-1), 1)
    assert dictionary.get(oldest) == 1
    assert dictionary.get(second) is None


def test_a_safe_write_drops_nothing_but_still_changes_a_known_key() -> None:
    dictionary = filled()
    before = dictionary.keys()
    assert not dictionary.safe_set(key(-1), 1)
    assert dictionary.safe_set(before[0], 7)
    assert dictionary.get(before[0]) == 7
    assert sorted(dictionary.keys()) == sorted(before)


def test_a_longer_key_needs_a_whole_page_and_so_the_keys_of_one() -> None:
    dictionary = filled()
    before = dictionary.keys()
    # 16 keys of 256 bytes each share a page.
    assert dictionary.increment(key(0, 1000), 1)
    assert len(dictionary.keys()) == len(before) - 16 + 1


def test_a_key_that_thirty_dropped_keys_do_not_make_room_for_is_not_stored() -> None:
    dictionary = filled()
    before = dictionary.keys()
    # It needs two pages, of which 30 keys free one.
    assert not dictionary.increment(key(0, 5000), 1)
    assert dictionary.keys() == before[30:]


def test_a_dictionary_that_holds_nothing_is_refused() -> None:
    SharedDict("kong_rate_limiting_counters", SMALLEST_BYTES)
    with pytest.raises(ValueError, match="too few"):
        SharedDict("test", 8192)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["increment", "set", "safe_set", "get"]),
            st.integers(0, 60),
            st.sampled_from([10, 100, 400, 1500]),
        ),
        max_size=300,
    )
)
def test_any_use_keeps_the_memory_within_its_size(uses: list[tuple[str, int, int]]) -> None:
    dictionary = SharedDict("test", 32 * 1024)
    empty_bytes = dictionary.used_bytes
    for name, number, length in uses:
        arguments = (1.0,) if name != "get" else ()
        getattr(dictionary, name)(key(number, length), *arguments)
        assert empty_bytes <= dictionary.used_bytes <= dictionary.size_bytes

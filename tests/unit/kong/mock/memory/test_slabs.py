import pytest

from kong.mock.memory.slabs import PAGE_BYTES, Slabs

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("size_bytes", "used_bytes"),
    # An empty dictionary of Kong shows these, less the two pages that OpenResty stores itself.
    [
        (5 * MEBIBYTE, 40960 - 2 * PAGE_BYTES),
        (8 * MEBIBYTE, 61440 - 2 * PAGE_BYTES),
        (12 * MEBIBYTE, 86016 - 2 * PAGE_BYTES),
        (128 * MEBIBYTE, 794624 - 2 * PAGE_BYTES),
    ],
)
def test_the_table_of_pages_takes_as_much_of_a_zone_as_in_nginx(
    size_bytes: int, used_bytes: int
) -> None:
    assert Slabs(size_bytes).used_bytes == used_bytes


def test_a_page_holds_chunks_of_one_power_of_two() -> None:
    slabs = Slabs(MEBIBYTE)
    empty_bytes = slabs.used_bytes
    pages = {id(slabs.allocate(200)) for _ in range(16)}
    assert len(pages) == 1
    assert slabs.used_bytes == empty_bytes + PAGE_BYTES
    slabs.allocate(256)
    slabs.allocate(257)
    assert slabs.used_bytes == empty_bytes + 3 * PAGE_BYTES


def test_a_page_is_free_again_after_its_last_chunk() -> None:
    slabs = Slabs(MEBIBYTE)
    empty_bytes = slabs.used_bytes
    pages = [slabs.allocate(2048) for _ in range(5)]
    for page in pages:
        assert page is not None
        slabs.release(page)
    assert slabs.used_bytes == empty_bytes


def test_a_large_chunk_takes_whole_pages() -> None:
    slabs = Slabs(MEBIBYTE)
    empty_bytes = slabs.used_bytes
    page = slabs.allocate(PAGE_BYTES + 1)
    assert page is not None
    assert slabs.used_bytes == empty_bytes + 2 * PAGE_BYTES
    slabs.release(page)
    assert slabs.used_bytes == empty_bytes


def test_without_a_free_page_only_pages_with_chunks_of_the_size_help() -> None:
    slabs = Slabs(12 * 1024)
    page = slabs.allocate(100)
    assert page is not None
    assert slabs.allocate(2000) is not None
    assert slabs.allocate(1000) is None
    assert slabs.allocate(5000) is None
    assert slabs.allocate(100) is page
    assert slabs.used_bytes == slabs.size_bytes

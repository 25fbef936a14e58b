from collections.abc import Iterator

import pytest
import responses


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """Return a mock of HTTP. The test fails if an answer is never requested."""
    with responses.RequestsMock() as mock:
        yield mock

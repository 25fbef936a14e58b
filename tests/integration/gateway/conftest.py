from collections.abc import Iterator

import pytest

from tests.integration.gateway.client import Gateway, running


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running() as found:
        yield found

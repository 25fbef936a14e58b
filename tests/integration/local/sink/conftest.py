from collections.abc import Iterator

import pytest

from local.sink.server import Sink, running


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink

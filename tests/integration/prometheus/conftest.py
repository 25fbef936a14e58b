from collections.abc import Iterator

import pytest

from tests.integration.prometheus.guarded import Guarded, guarded
from tests.integration.support.prometheus import with_config


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Return a Prometheus that only answers over TLS and with a password."""
    with guarded(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture(scope="module")
def open_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that answers anyone."""
    with with_config(tmp_path_factory.mktemp("open"), {}) as server:
        yield server.url

from collections.abc import Iterator

import pytest

from kong.mock.counters import Counters
from kong.mock.exposition import Node
from kong.mock.proxy import Proxy
from kong.mock.routes import DEFAULT_CONFIG, read_routes
from kong.mock.status import Status
from tests.integration.gateway.client import Gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    counters = Counters()
    proxy = Proxy(("127.0.0.1", 0), routes=read_routes(DEFAULT_CONFIG), counters=counters)
    status = Status(("127.0.0.1", 0), counters=counters, node=Node("node", 1))
    for server in (proxy, status):
        server.start()
    yield Gateway(proxy, status, counters)
    for server in (proxy, status):
        server.shutdown()
        server.server_close()

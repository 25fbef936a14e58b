from collections.abc import Iterator

import pytest

from kong.mock import gateway as mock
from kong.mock.metrics.kong_3_9 import KONG_3_9
from kong.mock.ports.proxy import Proxy
from kong.mock.ports.status import Status
from kong.mock.routes import DEFAULT_CONFIG, read_routes
from tests.integration.gateway.client import Gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    counted = mock.Gateway(KONG_3_9, workers=2)
    proxy = Proxy(("127.0.0.1", 0), routes=read_routes(DEFAULT_CONFIG), gateway=counted)
    status = Status(("127.0.0.1", 0), gateway=counted)
    counted.start()
    for server in (proxy, status):
        server.start()
    yield Gateway(proxy, status)
    for server in (proxy, status):
        server.shutdown()
        server.server_close()
    counted.stop()

import sys
from collections.abc import Callable, Iterator

import pytest
import requests

from local.stack.ports import HOST, free_ports
from local.stack.processes import Part, Processes

TIMEOUT_SECONDS = 10.0

StartGateway = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def start_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGateway]:
    """Return a function that starts a mock gateway with options and a number of consumers.

    It sends one request of each consumer, and returns host and port of the proxy and of /metrics.
    """
    log_file = tmp_path_factory.mktemp("gateways") / "log"
    with log_file.open("w") as log:
        processes = Processes(log)

        def start(*options: str, consumers: int = 1) -> tuple[str, str]:
            proxy, status = free_ports(2)
            ports = ("--proxy-port", str(proxy), "--status-port", str(status))
            command = [sys.executable, "-m", "kong.mock", "--host", HOST, *ports, *options]
            ready = f"http://{HOST}:{status}/status"
            processes.start(Part(f"gateway {status}", command, (proxy, status), ready))
            with requests.Session() as session:
                for number in range(consumers):
                    headers = {"X-Consumer-Username": f"consumer-{number}"}
                    url = f"http://{HOST}:{proxy}/bun/bytes/100"
                    session.get(url, headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()
            return f"{HOST}:{proxy}", f"{HOST}:{status}"

        try:
            yield start
        finally:
            processes.stop_all()

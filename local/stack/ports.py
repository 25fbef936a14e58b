"""The ports of the stack on the loopback interface."""

import socket
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The port of each part. The defaults are the ports that the documentation names."""

    proxy: int = 9000
    status: int = 9001
    prometheus: int = 9090
    alertmanager: int = 9093
    webhook: int = 8080
    api: int = 8000
    smtp: int = 1025
    mails: int = 8025

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that are free now."""
        return cls(*free_ports(len(cls.__dataclass_fields__)))

    def url(self, name: str) -> str:
        """Return the URL of a part, by the name of its port and without a slash at the end."""
        return f"http://{HOST}:{getattr(self, name)}"


def free_ports(count: int) -> list[int]:
    """Return different ports that are free now; another program may take one at any time."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True

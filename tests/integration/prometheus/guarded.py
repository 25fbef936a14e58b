"""A Prometheus that only answers over TLS and with a password, and a proxy in front of one."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import yaml

from bench.support.http_server import QuietHandler, serving
from local import programs
from tests.integration.support.prometheus import free_port
from tests.integration.support.scripted_smtp import make_certificate

USER, PASSWORD = "gateway", "p@ss/w:rd"
QUOTED_PASSWORD = "p%40ss%2Fw%3Ard"
# What bcrypt makes of the password.
_HASH = "$2b$04$abcdefghijklmnopqrstuuZ5DJYZJfRWYXI9KJve4MeY3EpZwGcfK"
_READY_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Guarded:
    """A Prometheus behind TLS and a password: its address, and the file of its certificate."""

    host: str
    ca_file: Path
    rules: Path

    @property
    def url(self) -> str:
        """Return the address with the user and the password."""
        return f"https://{USER}:{QUOTED_PASSWORD}@{self.host}"


@contextmanager
def guarded(folder: Path) -> Iterator[Guarded]:
    """Run a Prometheus that has a certificate of its own, a user, and a folder of rules."""
    certificate, key = make_certificate(folder, "localhost")
    web = {
        "tls_server_config": {"cert_file": str(certificate), "key_file": str(key)},
        "basic_auth_users": {USER: _HASH},
    }
    (folder / "web.yml").write_text(yaml.safe_dump(web))
    rules = folder / "rules"
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"rule_files": [f"{rules}/*.yml"]}))
    host = f"localhost:{free_port()}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                programs.find(programs.PROMETHEUS),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--web.config.file={folder / 'web.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={host}",
                "--web.enable-lifecycle",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(host, certificate)
        yield Guarded(host, certificate, rules)
    finally:
        process.terminate()
        process.wait(_READY_WITHIN_SECONDS)


def _wait_until_ready(host: str, certificate: Path) -> None:
    url = f"https://{host}/-/ready"
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, auth=(USER, PASSWORD), verify=str(certificate), timeout=1).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    pytest.fail("Prometheus is not ready")


@dataclass(frozen=True)
class Proxy:
    """A proxy: its address, and the bodies of the requests that it has forwarded."""

    url: str
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def proxy(
    upstream: str, wanted: Mapping[str, str], added: Mapping[str, object] | None = None
) -> Iterator[Proxy]:
    """Run a proxy in front of a server.

    Args:
        upstream: the address of the server.
        wanted: headers without which a request is refused. The answer then repeats its headers.
        added: what is added to each JSON answer.

    """
    bodies: list[bytes] = []

    class Handler(QuietHandler):
        def answer(self, body: bytes) -> None:
            if any(self.headers.get(name) != value for name, value in wanted.items()):
                self.reply(f"not with these: {self.headers}".encode(), status=401)
                return
            bodies.append(body)
            kind = {"Content-Type": self.headers.get("Content-Type", "")}
            url = upstream + self.path
            found = requests.request(self.command, url, data=body, headers=kind, timeout=30)
            content = found.content
            if added:
                content = json.dumps(found.json() | added).encode()
            self.reply(content, status=found.status_code)

    with serving(Handler) as address:
        yield Proxy(f"http://{address}", bodies)

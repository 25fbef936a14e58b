"""A PostgreSQL server of the tests' own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.programs.postgres import environment, find_postgres
from local.stack.ports import free_ports

START_SECONDS = 60
# PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """Run a server inside the ``with`` block and give the URL of its database.

    A server that is not ``durable`` is faster, since it does not wait for the disk.

    Raises:
        ProgramMissingError: PostgreSQL is not on this machine.
        RuntimeError: the server does not start; the message holds its log.

    """
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data, (port,) = folder / "data", free_ports(1)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with (folder / "log").open("w") as log:
        try:
            _initialise(programs, data, log.fileno())
            options = [f"-p{port}", "-h127.0.0.1", "-k", "", "-cmax_connections=100"]
            options += [] if durable else ["-cfsync=off", "-csynchronous_commit=off"]
            command = [*_unprivileged(), str(programs / "postgres"), "-D", str(data), *options]
            with subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, env=environment()
            ) as server:
                try:
                    _wait_until_ready(server, port, folder / "log")
                    yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
                finally:
                    # SIGINT stops it at once, without waiting for clients to disconnect.
                    server.send_signal(2)
                    server.wait(START_SECONDS)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _initialise(programs: Path, data: Path, log: int) -> None:
    done = subprocess.run(
        [
            *(*_unprivileged(), str(programs / "initdb"), "-D", str(data), "-U", "postgres"),
            *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
        ],
        stdout=log,
        stderr=log,
        cwd=data.parent,
        env=environment(),
        check=False,
        timeout=START_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{(data.parent / 'log').read_text()}")


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while "ready to accept connections" not in log.read_text():
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"postgres did not start:\n{log.read_text()}")
        time.sleep(0.05)
    socket.create_connection(("127.0.0.1", port), START_SECONDS).close()


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam(UNPRIVILEGED)
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]

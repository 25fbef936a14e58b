"""A PostgreSQL server of one's own, for tests and benchmarks: found or fetched, started, ended."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.processes import free_ports
from local.programs import TOOLS, ProgramMissingError, private_apt, run_quietly

HOME = TOOLS / "postgresql"
DEBIAN = Path("/usr/lib/postgresql")
START_SECONDS = 60
# The server refuses to be root's.
UNPRIVILEGED = "nobody"


def find_postgres() -> Path:
    """Return the folder of ``postgres`` and ``initdb``.

    Looked for in this order: the variable ``POSTGRES_BINDIR``, the PATH, where Debian puts them,
    and ``.tools/postgresql``.

    Raises:
        ProgramMissingError: they are nowhere.

    """
    named = os.environ.get("POSTGRES_BINDIR")
    on_path = shutil.which("initdb")
    candidates = [Path(named)] if named else []
    if not named:
        candidates += [Path(on_path).resolve().parent] if on_path else []
        for root in (DEBIAN, HOME / "usr" / "lib" / "postgresql"):
            candidates += sorted(root.glob("*/bin"), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in ("postgres", "initdb")):
            return folder
    raise ProgramMissingError(
        "PostgreSQL's postgres and initdb are not on this machine. Install PostgreSQL (15 or "
        "newer), or name their folder with POSTGRES_BINDIR=/path/to/bin"
    )


def fetch() -> None:
    """Download Debian's package and what it needs, and unpack it under ``.tools/postgresql``."""
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        work = Path(folder)
        (work / "partial").mkdir()
        apt = private_apt(work)
        run_quietly([*apt, "update"], work)
        wanted = [*apt, "--yes", "--no-install-recommends", "--download-only"]
        run_quietly([*wanted, "install", "postgresql"], work)
        for archive in work.glob("*.deb"):
            run_quietly(["dpkg", "-x", str(archive), str(work / "root")], work)
        shutil.rmtree(HOME, ignore_errors=True)
        shutil.move(work / "root", HOME)


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """Run a server inside the ``with`` block; give the address of its database.

    Unless it is to be ``durable`` it does not wait for the disk.

    Raises:
        ProgramMissingError: there is none.
        RuntimeError: it does not start.

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
            with subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command, stdout=log, stderr=log, cwd=folder, env=_environment()
            ) as server:
                try:
                    _wait_until_ready(server, port, folder / "log")
                    yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
                finally:
                    # SIGINT ends it at once, without waiting for those who are connected.
                    server.send_signal(2)
                    server.wait(START_SECONDS)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _initialise(programs: Path, data: Path, log: int) -> None:
    done = subprocess.run(  # noqa: S603 - our own programs, no shell
        [
            *(*_unprivileged(), str(programs / "initdb"), "-D", str(data), "-U", "postgres"),
            *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
        ],
        stdout=log,
        stderr=log,
        cwd=data.parent,
        env=_environment(),
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


def _environment() -> dict[str, str]:
    """Return the environment in which a server that was only unpacked finds its libraries."""
    libraries = [str(path) for path in (HOME / "usr" / "lib").glob("*-linux-gnu")]
    return {**os.environ, "LC_ALL": "C", "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def main() -> int:
    """Print where PostgreSQL is; fetch it where it is not."""
    TOOLS.mkdir(exist_ok=True)
    try:
        try:
            found = find_postgres()
        except ProgramMissingError:
            if not (shutil.which("apt-get") and shutil.which("dpkg")):
                raise
            print(f"fetching postgresql into {HOME}", flush=True)
            fetch()
            found = find_postgres()
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'postgres':12} {found / 'postgres'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A shell in which the commands of a page are run one after the other."""

import os
import select
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TIMEOUT_SECONDS = 240


@dataclass(frozen=True)
class Shell:
    """A running bash. Variables, the folder and background processes stay between commands."""

    stdin: IO[bytes]
    stdout: IO[bytes]

    def run(self, line: str) -> tuple[str, int]:
        """Return what a command prints on both streams, and its exit status."""
        end = uuid.uuid4().hex
        self.stdin.write(f"{line}\nstatus=$?; echo; echo {end} $status\n".encode())
        self.stdin.flush()
        output, deadline = b"", time.monotonic() + TIMEOUT_SECONDS
        while f"\n{end} ".encode() not in output or not output.endswith(b"\n"):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.stdout], [], [], max(0, left))
            assert ready, f"{line} does not end; so far it printed {output.decode()}"
            more = os.read(self.stdout.fileno(), 65_536)
            assert more, f"the shell ended: {output.decode()}"
            output += more
        text, _, status = output.decode().partition(f"\n{end} ")
        return text, int(status)


@contextmanager
def shell(folder: Path, variables: Mapping[str, str]) -> Iterator[Shell]:
    """Run a shell, and end all of its processes afterwards."""
    process = subprocess.Popen(
        ["/bin/bash", "--noprofile", "--norc"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, **variables},
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin, process.stdout:
            yield Shell(process.stdin, process.stdout)
            os.killpg(process.pid, signal.SIGTERM)
    finally:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

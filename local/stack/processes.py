"""Start local processes, wait until they are ready, watch them, and stop them together."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TextIO

import requests

from local.stack.ports import is_free

READY_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 10.0
# A killed process is gone as soon as the kernel has cleaned up after it.
KILL_TIMEOUT_SECONDS = 10.0
KEPT_LINES = 40
_COLOURS = (36, 35, 33, 32, 34, 96, 95, 93)


class StackError(Exception):
    """The stack cannot continue; the message names the part that failed and says what to do."""


@dataclass(frozen=True)
class Part:
    """One process of the stack.

    ``command`` starts it, with ``environment`` added to this process's own variables. It listens on
    ``ports`` and is ready once ``ready_url`` answers with a status below 400; without ``ready_url``
    it is ready at once.
    """

    name: str
    command: Sequence[str]
    ports: Sequence[int] = ()
    ready_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class Processes:
    """The running parts of a stack.

    Each line that a part prints is copied to ``log`` (standard output by default), with the name of
    the part in front of it.
    """

    def __init__(self, log: TextIO | None = None) -> None:
        self._log = log or sys.stdout
        self._coloured = self._log.isatty() and "NO_COLOR" not in os.environ
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._parts: dict[str, Part] = {}
        self._last_lines: dict[str, deque[str]] = {}
        self._copiers: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def start(self, part: Part) -> None:
        """Start a part and wait until it is ready.

        Raises:
            StackError: one of its ports is in use, its program cannot be started, any part ended
                meanwhile, or it was not ready within READY_TIMEOUT_SECONDS.

        """
        check_free(part)
        if shutil.which(part.command[0]) is None:
            raise StackError(f"{part.name} cannot be started: {part.command[0]} is not a program")
        # If this process is killed and cannot stop the parts itself, the kernel does it.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        try:
            process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                [*tied, *part.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
                # With a process group of its own, a part does not receive Ctrl-C: this process
                # stops the parts in order. The group also holds the children of the part.
                start_new_session=True,
            )
        except OSError as error:
            raise StackError(f"{part.name} cannot be started: {error}") from error
        self._parts[part.name] = part
        self._running[part.name] = process
        self._last_lines[part.name] = deque(maxlen=KEPT_LINES)
        assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
        copier = threading.Thread(
            target=self._copy_output, args=(part.name, process.stdout), daemon=True
        )
        copier.start()
        self._copiers[part.name] = copier
        self._await_ready(part)

    def stop(self, name: str, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop a part and wait until it has ended; kill it after STOP_TIMEOUT_SECONDS."""
        process = self._running.pop(name)
        _signal_group(process, stop_signal)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait(KILL_TIMEOUT_SECONDS)
        self._copiers.pop(name).join(KILL_TIMEOUT_SECONDS)

    def restart(self, name: str, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop a part and start it again with the same command."""
        self.stop(name, stop_signal)
        self.start(self._parts[name])

    def stop_all(self) -> None:
        """Stop all parts, the last started first, even if Ctrl-C is pressed again meanwhile."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for name in reversed(list(self._running)):
                self.stop(name)
        finally:
            signal.signal(signal.SIGINT, before)

    def pid(self, name: str) -> int:
        """Return the process id of a running part."""
        return self._running[name].pid

    def check(self) -> None:
        """Raise StackError if a part has ended although nobody stopped it."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StackError(self._ended(name, process))

    def _await_ready(self, part: Part) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while part.ready_url:
            self.check()
            try:
                if requests.get(part.ready_url, timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > deadline:
                raise StackError(
                    f"{part.name} was not ready at {part.ready_url} within "
                    f"{READY_TIMEOUT_SECONDS:.0f} s; its last lines:\n{self._tail(part.name)}"
                )
            time.sleep(0.05)

    def _ended(self, name: str, process: subprocess.Popen[str]) -> str:
        return f"{name} ended with status {process.returncode}; its last lines:\n{self._tail(name)}"

    def _tail(self, name: str) -> str:
        return "".join(f"  {line}" for line in self._last_lines[name]) or "  (nothing)\n"

    def _copy_output(self, name: str, output: IO[str]) -> None:
        colour = _COLOURS[list(self._parts).index(name) % len(_COLOURS)]
        prefix = f"{name:>12} | "
        if self._coloured:
            prefix = f"\033[{colour}m{prefix}\033[0m"
        with output:
            for line in output:
                self._last_lines[name].append(line)
                with self._lock:
                    self._log.write(f"{prefix}{line.rstrip()}\n")
                    self._log.flush()


def check_free(*parts: Part) -> None:
    """Raise StackError if another program listens on a port that one of the parts needs."""
    taken = [
        f"port {port}, which {part.name} needs, is in use; "
        f"end what listens there: ss -ltnp 'sport = :{port}'"
        for part in parts
        for port in part.ports
        if not is_free(port)
    ]
    if taken:
        raise StackError("\n".join(taken))


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)

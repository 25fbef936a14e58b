"""Starting and stopping the parts of a stack, and what is reported when one fails."""

import io
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from local.stack import processes
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes, StackError, check_free

FOREVER = "import time; print('ready'); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
TIMEOUT_SECONDS = 20


def python(name: str, code: str, *, ports: tuple[int, ...] = (), url: str | None = None) -> Part:
    """Return a part that runs Python code."""
    return Part(name, [sys.executable, "-c", code], ports, url)


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def running(log: io.StringIO) -> Iterator[Processes]:
    started = Processes(log)
    yield started
    started.stop_all()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def unused_url() -> str:
    (port,) = free_ports(1)
    return f"http://127.0.0.1:{port}/"


def test_a_port_in_use_is_reported_with_the_part_that_needs_it(running: Processes) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StackError) as caught:
            running.start(python("api", FOREVER, ports=(port,)))
    assert str(caught.value) == (
        f"port {port}, which api needs, is in use; "
        f"end what listens there: ss -ltnp 'sport = :{port}'"
    )
    assert not running._running


def test_a_port_that_a_server_has_just_closed_is_free() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()
    check_free(python("api", FOREVER, ports=(port,)))


def test_a_part_that_ends_by_itself_is_reported_with_its_last_lines(
    running: Processes, log: io.StringIO
) -> None:
    code = f"print(*range({processes.KEPT_LINES + 2}), sep='\\n'); raise SystemExit(3)"
    running.start(python("webhook", code))
    process = running._running["webhook"]
    until(lambda: process.poll() is not None)
    running._copiers["webhook"].join(TIMEOUT_SECONDS)
    with pytest.raises(StackError) as caught:
        running.check()
    kept = "".join(f"  {number}\n" for number in range(2, processes.KEPT_LINES + 2))
    assert str(caught.value) == f"webhook ended with status 3; its last lines:\n{kept}"
    assert log.getvalue().startswith("     webhook | 0\n")


def test_a_part_that_ends_before_it_is_ready_is_reported_at_once(running: Processes) -> None:
    with pytest.raises(StackError, match="api ended with status 1; its last lines:\n"):
        running.start(python("api", "raise SystemExit(1)", url=unused_url()))


def test_a_part_that_is_not_ready_in_time_is_reported_with_its_url(
    running: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "READY_TIMEOUT_SECONDS", 0.2)
    url = unused_url()
    with pytest.raises(StackError, match=f"api was not ready at {url} within 0 s"):
        running.start(python("api", FOREVER, url=url))


def test_a_missing_program_is_reported(running: Processes) -> None:
    with pytest.raises(StackError, match=r"is not a program"):
        running.start(Part("api", ["/nowhere/program"]))


def test_a_part_gets_its_own_variables_and_ours(
    running: Processes, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "1")
    code = "import os; print(os.environ['OURS'], os.environ['ITS_OWN'])"
    running.start(Part("api", [sys.executable, "-c", code], environment={"ITS_OWN": "2"}))
    until(log.getvalue)
    assert log.getvalue() == "         api | 1 2\n"


def test_each_line_of_output_and_errors_is_logged_with_the_name_of_its_part(
    running: Processes, log: io.StringIO
) -> None:
    running.start(python("api", "print('one\\ntwo')"))
    running.start(python("sink", "import sys; print(b'\\xff three', file=sys.stderr)"))
    for copier in running._copiers.values():
        copier.join(TIMEOUT_SECONDS)
    assert sorted(log.getvalue().splitlines()) == [
        "         api | one",
        "         api | two",
        r"        sink | b'\xff three'",
    ]


def test_bytes_that_are_not_text_do_not_stop_the_log(running: Processes, log: io.StringIO) -> None:
    running.start(python("api", "import sys; sys.stdout.buffer.write(b'\\xff\\nnext\\n')"))
    running._copiers["api"].join(TIMEOUT_SECONDS)
    assert log.getvalue() == "         api | \ufffd\n         api | next\n"


def test_a_part_is_stopped_with_the_requested_signal(running: Processes, log: io.StringIO) -> None:
    running.start(python("api", FOREVER))
    until(log.getvalue)
    process = running._running["api"]
    running.stop("api")
    assert process.returncode == -signal.SIGTERM


def test_a_part_that_ignores_the_signal_is_killed(
    running: Processes, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_TIMEOUT_SECONDS", 0.3)
    running.start(python("api", STUBBORN))
    until(log.getvalue)
    process = running._running["api"]
    running.stop("api")
    assert process.returncode == -signal.SIGKILL


def test_child_processes_of_a_part_are_stopped_with_it(
    running: Processes, log: io.StringIO
) -> None:
    code = (
        "import subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "print(child.pid); time.sleep(600)"
    )
    running.start(python("api", code))
    until(log.getvalue)
    child = int(log.getvalue().split("|")[1])
    assert is_alive(child)
    running.stop("api")
    until(lambda: not is_alive(child) or is_zombie(child))


def is_zombie(pid: int) -> bool:
    """Return whether a process has ended and only its exit status is left."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - no real file
            return ") Z " in file.read()
    except FileNotFoundError:
        return True


def test_all_parts_are_stopped_the_last_started_first(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Processes(log)
    for name in ("first", "second", "third"):
        started.start(python(name, FOREVER))
    pids = [process.pid for process in started._running.values()]
    stopped: list[str] = []
    stop = started.stop

    def note(name: str, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        stopped.append(name)
        stop(name, stop_signal)

    monkeypatch.setattr(started, "stop", note)
    before = signal.getsignal(signal.SIGINT)
    started.stop_all()
    assert stopped == ["third", "second", "first"]
    assert not any(map(is_alive, pids))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_restarted_part_is_a_new_process(running: Processes, log: io.StringIO) -> None:
    running.start(python("api", FOREVER))
    before = running._running["api"].pid
    until(log.getvalue)
    running.restart("api")
    assert running._running["api"].pid != before
    until(lambda: log.getvalue().count("ready") == 2)
    running.check()

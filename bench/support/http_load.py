"""Repeat one HTTP request over persistent connections and measure the requests per second."""

import multiprocessing
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 60.0
PROCESSES = 2
CONNECTIONS = 8
_HEAD_END = b"\r\n\r\n"


def requests_per_second(
    port: int, path: str, seconds: float, headers: Mapping[str, str] | None = None
) -> float:
    """Return the requests per second. Two processes send them, and each reads whole answers.

    Raises:
        RuntimeError: the status of an answer is neither 200 nor 304.

    """
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    with multiprocessing.Pool(PROCESSES) as pool:
        counts = pool.starmap(_load, [(port, request, seconds)] * PROCESSES)
    return sum(counts) / seconds


def _load(port: int, request: bytes, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(lambda _: _repeat(port, request, deadline), range(CONNECTIONS)))


def _repeat(port: int, request: bytes, deadline: float) -> int:
    count = 0
    buffer = memoryview(bytearray(2**20))
    with socket.create_connection((HOST, port), TIMEOUT_SECONDS) as connection:
        while time.monotonic() < deadline:
            connection.sendall(request)
            _read_answer(connection, buffer)
            count += 1
    return count


def _read_answer(connection: socket.socket, buffer: memoryview) -> None:
    size = connection.recv_into(buffer)
    while _HEAD_END not in bytes(buffer[:size]):
        size += connection.recv_into(buffer[size:])
    head, _, body = bytes(buffer[:size]).partition(_HEAD_END)
    status = head[9:12]
    if status not in (b"200", b"304"):
        raise RuntimeError(head.decode(errors="replace"))
    missing = _length(head) - len(body) if status == b"200" else 0
    while missing > 0:
        missing -= connection.recv_into(buffer[: min(len(buffer), missing)])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0

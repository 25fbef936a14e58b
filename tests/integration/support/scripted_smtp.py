"""An SMTP server that follows a script, and records the mails that it has accepted."""

import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

HANG, CLOSE, THINK = "hang", "close", "think"
# Answers that never end: a byte now and then, and one line after the other. At ``cut`` the server
# closes the connection within an answer.
DRIP, ENDLESS, CUT = "drip", "endless", "cut"
_OK = {
    "connect": "220 ready",
    "data": "354 go on",
    "dot": "250 accepted",
    "quit": "221 goodbye",
    "starttls": "220 go on",
}


@dataclass
class Script:
    """The steps of a server, and what it has recorded.

    ``steps`` are lists of answers by command, or by command and recipient. Each answer is given
    once. After the last one, and for other commands, the server accepts. The command ``connect`` is
    the greeting, and ``dot`` is the end of a mail. Some answers are special: at ``hang`` the server
    says nothing, at ``close`` it closes the connection, at ``drip`` and ``endless`` its answer has
    no end, and at ``think`` it sets ``thinking`` and accepts the mail when ``go_on`` is set. Each
    mail takes ``seconds_per_mail``. ``contents`` are those of the accepted mails.
    """

    steps: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    accepted: list[tuple[str, str]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    stop: threading.Event = field(default_factory=threading.Event)
    tls: ssl.SSLContext | None = None
    thinking: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    seconds_per_mail: float = 0

    def ids(self, recipient: str) -> list[str]:
        """Return the Message-IDs of the mails that were accepted for a recipient."""
        return [message_id for to, message_id in self.accepted if to == recipient]

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait until ``count`` mails were accepted."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.accepted) >= count, seconds)
        assert arrived, f"{len(self.accepted)} of {count} mails came"

    def answer(self, *names: str) -> str:
        """Return the next answer of the first command that has one, else the usual answer."""
        with self.changed:
            for name in names:
                if self.steps.get(name):
                    return self.steps[name].pop(0)
        return _OK.get(names[-1], "250 ok")


class Hung(Exception):  # noqa: N818 - not an error, but a step of the script
    """The script ends the connection."""


@contextmanager
def scripted(steps: dict[str, list[str]] | None = None, port: int = 0) -> Iterator[Script]:
    """Run a server inside the ``with`` block. Give its script."""
    script = Script(steps or {})
    with socket.create_server(("127.0.0.1", port)) as listener:
        script.port = listener.getsockname()[1]
        listener.settimeout(0.05)
        thread = threading.Thread(target=_listen, args=(listener, script))
        thread.start()
        try:
            yield script
        finally:
            script.stop.set()
            thread.join(20)


def _listen(listener: socket.socket, script: Script) -> None:
    threads = []
    while not script.stop.is_set():
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            script.connections += 1
            threads.append(threading.Thread(target=_serve, args=(connection, script)))
            threads[-1].start()
    for thread in threads:
        thread.join(20)


def _serve(connection: socket.socket, script: Script) -> None:
    connection.settimeout(0.1)
    with suppress(Hung, OSError):
        recipient = ""
        _say(connection, script, "connect")
        while True:
            line = _read(connection, script, b"\r\n").decode()
            command = line[:4].strip().lower()
            if command == "rcpt":
                recipient = line[line.index("<") + 1 : line.index(">")]
                _say(connection, script, f"rcpt {recipient}", "rcpt")
            elif command == "star":
                _say(connection, script, "starttls")
                assert script.tls is not None
                connection = script.tls.wrap_socket(connection, server_side=True)
            elif command == "ehlo" and script.tls and not isinstance(connection, ssl.SSLSocket):
                connection.sendall(b"250-here\r\n250 STARTTLS\r\n")
            elif command == "data":
                if _say(connection, script, "data").startswith("354"):
                    _take(connection, script, recipient)
            else:
                _say(connection, script, command)
                if command == "quit":
                    break
    connection.close()


def _take(connection: socket.socket, script: Script, recipient: str) -> None:
    content = _read(connection, script, b"\r\n.\r\n")
    time.sleep(script.seconds_per_mail)
    answer = script.answer(f"dot {recipient}", "dot")
    if answer == THINK:
        script.thinking.set()
        script.go_on.wait(60)
        answer = _OK["dot"]
    if answer.startswith("250"):
        found = re.search(rb"(?im)^message-id: (<[^>]+>)", content)
        with script.changed:
            script.accepted.append((recipient, found[1].decode() if found else ""))
            script.contents.append(content)
            script.changed.notify_all()
    _do(connection, script, answer)


def _say(connection: socket.socket, script: Script, *names: str) -> str:
    answer = script.answer(*names)
    _do(connection, script, answer)
    return answer


def _do(connection: socket.socket, script: Script, answer: str) -> None:
    if answer == HANG:
        script.stop.wait()
        raise Hung
    if answer == CUT:
        connection.sendall(b"250 o")
    if answer in (CLOSE, CUT):
        raise Hung
    while answer in (DRIP, ENDLESS):
        connection.sendall(b"2" if answer == DRIP else b"220-and so on\r\n")
        if script.stop.wait(0.05):
            raise Hung
    connection.sendall(f"{answer}\r\n".encode())
    if answer.startswith("421"):
        raise Hung


def _read(connection: socket.socket, script: Script, end: bytes) -> bytes:
    found = b""
    while not found.endswith(end):
        if script.stop.is_set():
            raise Hung
        with suppress(TimeoutError):
            byte = connection.recv(65_536 if len(end) > 2 else 1)
            if not byte:
                raise Hung
            found += byte
    return found


def make_certificate(folder: Path, host: str, name: str = "server") -> tuple[Path, Path]:
    """Return the files of a self-signed certificate and its key for a host."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    kind = "IP" if host[0].isdigit() else "DNS"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2"),
            *("-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return certificate, key


def server_context(folder: Path, host: str, name: str = "server") -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate for this host."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*make_certificate(folder, host, name))
    return context

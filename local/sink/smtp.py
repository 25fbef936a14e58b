"""The SMTP server of the sink."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.sink.mailbox import Mailbox
from local.sink.parsing import parse_mail
from local.sink.refusals import Refusals

MAX_MAIL_BYTES = 10 * 1024 * 1024
MAX_RECIPIENTS = 1000
MAX_LOGGED_CHARACTERS = 300
SILENCE_SECONDS = 60
STOP_SECONDS = 5

log = logging.getLogger("local.sink")


class Receiver:
    """The hooks of aiosmtpd, which it finds by their names."""

    def __init__(self, mailbox: Mailbox, refusals: Refusals) -> None:
        self._mailbox = mailbox
        self._refusals = refusals

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept or refuse a recipient."""
        refusal = self._refusals.answer("rcpt", [address])
        if refusal:
            return refusal
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return f"452 4.5.3 more than {MAX_RECIPIENTS} recipients; send another mail to the rest"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep or refuse a mail."""
        refusal = self._refusals.answer("data", envelope.rcpt_tos)
        if refusal:
            return refusal
        # aiosmtpd reads the null sender, MAIL FROM:<>, as an address of that name.
        sender = (envelope.mail_from or "").replace("<>", "")
        mail = parse_mail(envelope.original_content or b"", sender, envelope.rcpt_tos)
        self._mailbox.add(mail)
        line = f"{mail.subject or '(no subject)'} -> {', '.join(mail.envelope_to)}"
        log.info("mail: %s", line[:MAX_LOGGED_CHARACTERS])
        return f"250 2.0.0 kept as {mail.id}"


@contextmanager
def serving(listener: socket.socket, receiver: Receiver) -> Iterator[None]:
    """Serve SMTP on a listening socket, in a thread, inside the ``with`` block.

    At the end, the socket and all open connections are closed. aiosmtpd's own Controller is not
    used, because it takes no socket with a port that the system chose, and because at the end it
    waits for clients to disconnect.
    """
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_serve(listener, receiver, stop))

    thread = threading.Thread(target=run, name="smtp", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_SECONDS)


async def _serve(listener: socket.socket, receiver: Receiver, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        return SMTP(
            receiver,
            data_size_limit=MAX_MAIL_BYTES,
            decode_data=False,  # each part of a mail names its own charset
            enable_SMTPUTF8=True,
            hostname="localhost",  # by default it asks DNS for each connection
            ident="mail sink",
            timeout=SILENCE_SECONDS,
            loop=loop,
        )

    server = await loop.create_server(connection, sock=listener)
    await stop.wait()
    server.close()
    # Open connections are tasks of the loop: the runner cancels and so closes them.

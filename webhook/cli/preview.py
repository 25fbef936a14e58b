"""flask --app webhook preview: test mails of a quota, to read or to send."""

import base64
import sys
import threading
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import click
from flask import Flask

from quotas.file.values import did_you_mean, parse_mail_address
from quotas.model import Quota, QuotaFile
from webhook.cli.signals import stopped_by_signals
from webhook.delivery.session import Session
from webhook.preview.mails import Preview
from webhook.preview.sending import send_at_once
from webhook.text import COLUMNS

_MOST_NAMES = 10


class MakePreviews(Protocol):
    """Writes the test mails of a quota."""

    def __call__(self, quota: Quota, quotas: QuotaFile, *, recipient: str) -> Sequence[Preview]:
        """Return the mails at each event, to one recipient or to those in quotas.yaml."""


def register(
    app: Flask,
    read_quotas: Callable[[], QuotaFile],
    make_previews: MakePreviews,
    open_session: Callable[[threading.Event], Session],
) -> None:
    """Give ``app`` the command ``preview``."""

    @app.cli.command("preview")
    @click.argument("quota_name", metavar="QUOTA")
    @click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Write each mail to this folder: as .eml for mail programs, as .html and as .txt.",
    )
    @click.option("--send", is_flag=True, help="Send the mails to the quota's recipients, now.")
    @click.option(
        "--to",
        callback=_parse_address,
        metavar="ADDRESS",
        default="",
        help="Write to this recipient instead of those in quotas.yaml.",
    )
    def preview(*, quota_name: str, out: Path | None, send: bool, to: str) -> None:
        """Show or send the mails about a quota, marked as tests.

        There is one for each threshold, and one for the forecast and for a resolved alert if the
        quota has them. The numbers are those of Prometheus (PROMETHEUS_URL) if it has any. Without
        --out and --send, the texts are printed.

        --send uses the configured SMTP server at once, not the outbox: nobody counts as notified,
        and nothing is tried again. The status is 1 if a mail was not accepted.
        """
        quotas = read_quotas()
        previews = make_previews(_find(quota_name, quotas), quotas, recipient=to)
        if out:
            try:
                _write(previews, out)
            except OSError as error:
                raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        if send:
            _send(previews, open_session)
        if not (out or send):
            for one in previews:
                click.echo(f"{'-' * COLUMNS}\n{_describe(one)}")


def _parse_address(_: click.Context, __: click.Parameter, text: str) -> str:
    try:
        return parse_mail_address(text) if text else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _find(name: str, quotas: QuotaFile) -> Quota:
    quota = quotas.find(name)
    if quota is None:
        known = [quota.name for quota in quotas.quotas]
        hint = did_you_mean(name, known)
        if not hint:
            more = ", …" if len(known) > _MOST_NAMES else ""
            hint = f"; it has {', '.join(known[:_MOST_NAMES])}{more}"
        raise click.BadParameter(f'quotas.yaml has no quota "{name}"{hint}', param_hint="QUOTA")
    return quota


def _describe(preview: Preview) -> str:
    """Return the text of a mail, below the headers that people see."""
    mail = preview.mails[0]
    message = _parse(mail.content)
    to = ", ".join(mail.recipient for mail in preview.mails)
    headers = f"From: {message['From']}\nTo: {to}\nSubject: {mail.subject}\n"
    return f"{headers}\n{_part(message, 'plain')}"


def _write(previews: Sequence[Preview], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for preview in previews:
        mail = preview.mails[0]
        contents = {
            ".eml": mail.content,
            ".html": _page(_parse(mail.content)).encode(),
            ".txt": _describe(preview).encode(),
        }
        stem = preview.name.replace(" %", "-percent")
        for suffix, content in contents.items():
            (folder / f"{stem}{suffix}").write_bytes(content)
        click.echo(f"wrote {folder / stem}.eml, .html and .txt")


def _page(message: EmailMessage) -> str:
    """Return the HTML with its pictures in it, since a browser cannot find those of a mail."""
    html = _part(message, "html")
    for part in message.walk():
        if part.get_content_type() == "image/png":
            data = base64.b64encode(part.get_content()).decode()
            html = html.replace(
                f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}"
            )
    return html


def _send(previews: Sequence[Preview], open_session: Callable[[threading.Event], Session]) -> None:
    mails = [mail for preview in previews for mail in preview.mails]
    failed = 0
    with stopped_by_signals() as stop:
        for answer in send_at_once(open_session(stop), mails):
            state = "accepted" if answer.is_accepted else "failed"
            failed += not answer.is_accepted
            click.echo(f"{state:9} {answer.mail.recipient}  {answer.mail.subject}")
            click.echo(f"{'':9} {answer.text}")
    if failed:
        click.echo(f"{failed} of {len(mails)} mails were not accepted", err=True)
        sys.exit(1)


def _parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, _class=EmailMessage, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return body.get_content().replace("\r\n", "\n") if body else ""

"""flask --app webhook outbox: list and show mails, retry, withhold or remove them."""

import sys
from datetime import UTC, datetime, timedelta

import click
from flask import Flask

from webhook.cli.failures import StoreGroup
from webhook.delivery.upkeep.housekeeping import remove_old
from webhook.store.database import Store
from webhook.store.notifications import get_notification, list_notifications
from webhook.store.outbox import retry, withhold
from webhook.store.sending.clock import read_clock
from webhook.store.sending.undelivered import WITHHELD
from webhook.store.tables import EXPIRED, FAILED, STATES

MAIL_ID = click.IntRange(1, 2**63 - 1)


def register(app: Flask, store: Store, retention: timedelta) -> None:
    """Give ``app`` the commands on the outbox. ``retention`` is how long mails are kept."""
    group = StoreGroup("outbox", help="Mails that wait, were sent, or could not be.")
    app.cli.add_command(group)
    _add_reading_commands(group, store)

    @group.command("retry")
    @click.argument("mail_ids", type=MAIL_ID, nargs=-1)
    @click.option("--failed", is_flag=True, help="all that failed or expired")
    def retry_mails(*, mail_ids: tuple[int, ...], failed: bool) -> None:
        """Queue mails again that failed or expired; those that wait are due now."""
        if bool(mail_ids) == failed:
            raise click.UsageError("name mails by their number, or say --failed")
        with store.writing() as connection:
            chosen = list(mail_ids)
            for state in (FAILED, EXPIRED) if failed else ():
                found = list_notifications(connection, {"state": state}, 10_000)
                chosen += [mail.id for mail in found]
            again = retry(connection, chosen, read_clock(connection))
        click.echo(f"{again} mails are queued")

    @group.command("withhold")
    @click.argument("mail_ids", type=MAIL_ID, nargs=-1, required=True)
    def withhold_mails(mail_ids: tuple[int, ...]) -> None:
        """Do not send mails that wait: they fail, and can be queued again by retry."""
        with store.writing() as connection:
            kept = withhold(connection, mail_ids, read_clock(connection), WITHHELD)
        click.echo(f"{kept} mails will not be sent")

    @group.command("purge")
    @click.option(
        "--days", type=click.IntRange(0, 36_500), help="older than this; else RETENTION_DAYS"
    )
    def purge(days: int | None) -> None:
        """Remove mails that were sent, failed or expired a while ago."""
        age = retention if days is None else timedelta(days=days)
        click.echo(f"{remove_old(store, datetime.now(UTC), age)} mails are removed")


def _add_reading_commands(group: StoreGroup, store: Store) -> None:
    @group.command("list")
    @click.option("--state", type=click.Choice(STATES), help="only these")
    @click.option("--quota", help="only those about this quota")
    @click.option("--recipient", help="only those to this address")
    @click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
    def list_mails(limit: int, **filters: str | None) -> None:
        """Show mails, newest first."""
        with store.reading() as connection:
            chosen = {name: value for name, value in filters.items() if value}
            found = list_notifications(connection, chosen, limit)
        for mail in found:
            at = f"{mail.settled_at or mail.queued_at:%Y-%m-%d %H:%M}"
            click.echo(f"{mail.id:>8}  {mail.state:8} {at}  {mail.recipient}  {mail.subject}")
            if mail.answer and mail.state != "sent":
                click.echo(f"{'':10}{mail.attempts} attempts: {mail.answer}")

    @group.command("show")
    @click.argument("mail_id", type=MAIL_ID)
    def show(mail_id: int) -> None:
        """Show one mail as it is sent, after what became of it."""
        with store.reading() as connection:
            found = get_notification(connection, mail_id)
        if found is None:
            click.echo(f"there is no mail {mail_id}", err=True)
            sys.exit(1)
        mail, content = found
        for name in ("state", "recipient", "attempts", "queued_at", "due_at", "settled_at"):
            click.echo(f"{name + ':':12} {getattr(mail, name)}")
        click.echo(f"{'answer:':12} {mail.answer}\n")
        click.echo(content.decode("ascii", "replace").replace("\r\n", "\n"))

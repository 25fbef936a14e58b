"""flask --app webhook outbox: list and show mails, retry, withhold or remove them."""

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
    group = StoreGroup("outbox", help="List, show, retry, withhold or remove mails.")
    app.cli.add_command(group)
    _add_reading_commands(group, store)

    @group.command("retry")
    @click.argument("mail_ids", type=MAIL_ID, nargs=-1)
    @click.option("--failed", is_flag=True, help="Queue all mails that failed or expired.")
    def retry_mails(*, mail_ids: tuple[int, ...], failed: bool) -> None:
        """Queue mails again that failed or expired.

        Mails that wait become due now.
        """
        if bool(mail_ids) == failed:
            raise click.UsageError("name mails by their numbers, or use --failed")
        with store.writing() as connection:
            chosen = list(mail_ids)
            for state in (FAILED, EXPIRED) if failed else ():
                found = list_notifications(connection, {"state": state}, 10_000)
                chosen += [mail.id for mail in found]
            again = retry(connection, chosen, read_clock(connection))
        click.echo(f"mails queued: {again}")

    @group.command("withhold")
    @click.argument("mail_ids", type=MAIL_ID, nargs=-1, required=True)
    def withhold_mails(mail_ids: tuple[int, ...]) -> None:
        """Do not send mails that wait.

        They count as failed. Queue them again with retry.
        """
        with store.writing() as connection:
            kept = withhold(connection, mail_ids, read_clock(connection), WITHHELD)
        click.echo(f"mails withheld: {kept}")

    @group.command("purge")
    @click.option(
        "--days",
        type=click.IntRange(0, 36_500),
        help="Keep mails that are younger than this. Defaults to RETENTION_DAYS.",
    )
    def purge(days: int | None) -> None:
        """Remove old mails that were sent, failed or expired."""
        age = retention if days is None else timedelta(days=days)
        click.echo(f"mails removed: {remove_old(store, datetime.now(UTC), age)}")


def _add_reading_commands(group: StoreGroup, store: Store) -> None:
    @group.command("list")
    @click.option("--state", type=click.Choice(STATES), help="Only mails in this state.")
    @click.option("--quota", metavar="QUOTA", help="Only mails about this quota.")
    @click.option("--recipient", metavar="ADDRESS", help="Only mails to this address.")
    @click.option(
        "--limit",
        type=click.IntRange(1, 10_000),
        default=50,
        show_default=True,
        help="How many mails to show at most.",
    )
    def list_mails(limit: int, **filters: str | None) -> None:
        """List mails, newest first."""
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
        """Show the state and the content of a mail."""
        with store.reading() as connection:
            found = get_notification(connection, mail_id)
        if found is None:
            raise click.ClickException(f"there is no mail {mail_id}")
        mail, content = found
        for name in ("state", "recipient", "attempts", "queued_at", "due_at", "settled_at"):
            click.echo(f"{name + ':':12} {getattr(mail, name)}")
        click.echo(f"{'answer:':12} {mail.answer}\n")
        click.echo(content.decode("ascii", "replace").replace("\r\n", "\n"))

"""Storing mails with their charts, before they are sent for the first time."""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from webhook.store.tables import SENDING, envelopes, mails


def store_with_charts(
    connection: Connection, owner: str, contents: Mapping[int, bytes | None]
) -> set[int]:
    """Store the final contents of mails that were to get a chart. They do not change any more.

    Args:
        connection: a transaction.
        owner: who has leased the mails.
        contents: the content by the id of the mail. None if it stays as it is, without a chart.

    Returns:
        The mails that were stored. ``owner`` does not have the lease of the others any more.

    """
    leased = select(envelopes.c.mail_id).where(
        envelopes.c.mail_id.in_(contents),
        envelopes.c.state == SENDING,
        envelopes.c.leased_by == owner,
    )
    stored = set(connection.execute(leased.with_for_update()).scalars())
    final = update(envelopes).where(envelopes.c.mail_id.in_(stored)).values(wanted_chart=None)
    connection.execute(final)
    for mail_id in stored:
        content = contents[mail_id]
        if content is not None:
            connection.execute(update(mails).where(mails.c.id == mail_id).values(content=content))
    return stored

"""The charts of test mails: with the usage that Prometheus knows, or with an example."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from quotas.model import Quota
from webhook.mail.charts.attaching import attach
from webhook.mail.charts.making import make_wanted_picture
from webhook.mail.charts.wanted import WantedChart, read_wanted
from webhook.store.outbox import Mail
from webhook.usage.reading import UsageReader, UsageUnavailableError

_log = logging.getLogger(__name__)


def add_charts(
    mails: Sequence[Mail], quota: Quota, usage: UsageReader | None, *, is_real: bool
) -> tuple[Mail, ...]:
    """Return the mails with the chart that real ones would have. They have one in common, if any.

    Args:
        mails: the mails about one event of the quota, one for each recipient.
        quota: the quota.
        usage: reads the usage. Without it, real mails have no charts either.
        is_real: whether the usage in the mails is that of Prometheus.

    """
    if usage is None or not mails or not mails[0].wanted_chart:
        return tuple(mails)
    wanted = read_wanted(mails[0].wanted_chart)
    read_points = usage.read_points if is_real else _Example(wanted).read
    try:
        picture = make_wanted_picture(wanted, quota, read_points)
    except UsageUnavailableError as error:
        _log.warning("the mails have no chart: %s", error)
        picture = None
    if picture is None:
        return tuple(mails)
    return tuple(
        replace(mail, content=attach(mail.content, mail.message_id, picture)) for mail in mails
    )


class _Example:
    """Usage that grows evenly to that of the mail."""

    def __init__(self, wanted: WantedChart) -> None:
        self._used_bytes = wanted.used_bytes

    def read(
        self, _quota: Quota, _entry: Mapping[str, str], start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, int]]:
        """Return where it begins and ends."""
        return ((start, 0), (end, self._used_bytes)) if start < end else ()

"""Adding charts to claimed mails: reading usage, drawing it, and storing the mails."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from cachetools import LRUCache

from quotas.model import QuotaFile
from webhook.delivery.charts.allowance import PAUSE_SECONDS, Allowance
from webhook.mail.charts.attaching import attach
from webhook.mail.charts.making import ReadPoints, make_wanted_picture
from webhook.mail.charts.model import Picture
from webhook.mail.charts.wanted import read_wanted
from webhook.store.database import Store
from webhook.store.sending.charts import store_with_charts
from webhook.store.sending.claims import ClaimedMail
from webhook.text import clean_line
from webhook.usage.reading import UsageUnavailableError

# Mails about the same event share their picture, and are claimed one after the other.
_MOST_PICTURES = 20

_log = logging.getLogger(__name__)


class Charts:
    """Adds charts to mails. A mail that cannot have its chart at once is sent without it."""

    def __init__(
        self,
        store: Store,
        read_quotas: Callable[[], QuotaFile],
        read_points: ReadPoints | None,
        stop: threading.Event,
        allowance: Allowance | None = None,
    ) -> None:
        self._store = store
        self._read_quotas = read_quotas
        self._read_points = read_points
        self._stop = stop
        self._allowance = allowance or Allowance()
        self._pictures: LRUCache[str, Picture | None] = LRUCache(_MOST_PICTURES)

    def add(self, owner: str, claimed: Sequence[ClaimedMail]) -> list[ClaimedMail]:
        """Return the mails as they are sent. They are stored like this and do not change any more.

        Mails whose lease is lost are left out. Once the process has to stop, nothing is done.

        Args:
            owner: who has leased the mails.
            claimed: mails, some of which want a chart.

        Raises:
            webhook.store.database.StoreError: nothing is stored.

        """
        contents: dict[int, bytes | None] = {}
        for mail in claimed:
            if mail.wanted_chart and not self._stop.is_set():
                contents[mail.mail_id] = self._add_one(mail, mail.wanted_chart)
        if not contents or self._stop.is_set():
            return list(claimed)
        with self._store.writing() as connection:
            stored = store_with_charts(connection, owner, contents)
        return [
            replace(mail, content=contents.get(mail.mail_id) or mail.content)
            for mail in claimed
            if mail.mail_id in stored or not mail.wanted_chart
        ]

    def _add_one(self, mail: ClaimedMail, wanted_chart: str) -> bytes | None:
        """Return the content of a mail with its chart; None if it cannot have it."""
        if self._read_points is None or not self._allowance.is_left():
            return None
        began = time.monotonic()
        try:
            picture = self._find_picture(wanted_chart, self._read_points)
            return attach(mail.content, mail.message_id, picture) if picture else None
        except UsageUnavailableError as error:
            self._allowance.pause()
            _log.warning("no charts for %.0f s: %s", PAUSE_SECONDS, clean_line(str(error)))
        except Exception:  # noqa: BLE001 - a mistake in our code must not cost anybody a mail
            self._allowance.pause()
            _log.exception("no charts for %.0f s", PAUSE_SECONDS)
        finally:
            self._allowance.spend(time.monotonic() - began)
        return None

    def _find_picture(self, wanted_chart: str, read_points: ReadPoints) -> Picture | None:
        if wanted_chart not in self._pictures:
            self._pictures[wanted_chart] = self._draw(wanted_chart, read_points)
        return self._pictures[wanted_chart]

    def _draw(self, wanted_chart: str, read_points: ReadPoints) -> Picture | None:
        """Return the picture; None if too little is known."""
        wanted = read_wanted(wanted_chart)
        quota = self._read_quotas().find(wanted.quota)
        return make_wanted_picture(wanted, quota, read_points) if quota else None

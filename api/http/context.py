"""The objects that all views share (settings, clock, clients); ``create_app`` makes them once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import current_app

from api.clients.range_cache import Upstream
from api.clients.waiting import LargeRequests, WaitingRoom
from api.clients.webhook import Webhook
from api.http.metrics import Metrics
from api.settings import Settings
from quotas.http.deadline import within
from quotas.model import QuotaFile
from quotas.prometheus.queries import GRACE_SECONDS


@dataclass(frozen=True)
class Context:
    """Settings, quotas.yaml, clock, clients and metrics.

    ``webhook`` is None if no address is set.
    """

    settings: Settings
    read_quotas: Callable[[], QuotaFile]
    clock: Callable[[], datetime]
    upstream: Upstream
    metrics: Metrics
    large: LargeRequests
    webhook: Webhook | None = None
    waiting: WaitingRoom = field(default_factory=WaitingRoom)

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Ask other servers in the block, within the time and the turn of one request."""
        seconds = self.settings.prometheus_timeout_seconds + GRACE_SECONDS
        with within(seconds), self.large.request():
            yield

    @property
    def fresh_seconds(self) -> int:
        """Return how long an answer about the present may be reused.

        That is until the next scrape, and at most five seconds, so that charts keep moving.
        """
        return min(self.settings.scrape_interval_seconds, 5)


_KEY = "context"


def set_context(extensions: dict[str, object], context: Context) -> None:
    """Store the context among an application's extensions."""
    extensions[_KEY] = context


def get_context() -> Context:
    """Return the context of the application that handles the request."""
    return cast("Context", current_app.extensions[_KEY])

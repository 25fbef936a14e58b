"""What the application holds for its views: made once, by the factory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from api.clients.range_cache import Upstream
from api.http.metrics import Measures
from api.settings import Settings
from api.usage.notifications import Webhook


@dataclass(frozen=True)
class Context:
    """The settings, the clock, whom to ask and what is remembered."""

    settings: Settings
    clock: Callable[[], datetime]
    upstream: Upstream
    measures: Measures
    # None: who was told is not shown.
    webhook: Webhook | None = None

    @property
    def fresh_seconds(self) -> int:
        """Return for how long an answer about now is as good as a new one: before the next scrape.

        At most a few seconds, so that what is drawn moves.
        """
        return min(self.settings.scrape_interval_seconds, 5)


_KEY = "context"


def set_context(extensions: dict[str, object], context: Context) -> None:
    """Keep the context of an application among its extensions."""
    extensions[_KEY] = context


def get_context() -> Context:
    """Return the context of the application that serves the request."""
    return cast("Context", current_app.extensions[_KEY])

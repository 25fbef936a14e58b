"""Short messages for failures of commands: wrong settings, quotas or tables, and the store."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import AppGroup

from quotas.file.loading import QuotasError
from quotas.settings import SettingsError
from webhook.store.database import StoreError
from webhook.store.upgrade import SchemaError


@contextmanager
def short_failures() -> Iterator[None]:
    """If a command is running, end it at these errors with status 1 and without a traceback."""
    try:
        yield
    except (QuotasError, SchemaError, SettingsError, StoreError) as error:
        if click.get_current_context(silent=True) is None:
            raise
        text = f"the store failed: {error}" if isinstance(error, StoreError) else str(error)
        click.ClickException(text).show()
        # Not raised, because `flask --help` prints the traceback of any exception.
        sys.exit(1)


class StoreGroup(AppGroup):
    """Commands that use the store."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with short_failures():
            return super().invoke(ctx)

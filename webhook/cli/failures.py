"""Short messages for what a command cannot start with: wrong settings, quotas or tables."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from quotas.file.loading import QuotasError
from quotas.settings import SettingsError
from webhook.store.upgrade import SchemaError


@contextmanager
def short_failures() -> Iterator[None]:
    """If a command is running, report these errors without a traceback."""
    try:
        yield
    except (QuotasError, SchemaError, SettingsError) as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from error

"""Groups of commands that use the store."""

from typing import Any

import click
from flask.cli import AppGroup

from webhook.store.database import StoreError
from webhook.store.upgrade import SchemaError


class StoreGroup(AppGroup):
    """Commands that report a failure of the store in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (StoreError, SchemaError) as error:
            raise click.ClickException(f"the store failed: {error}") from error

"""Access to the mailbox and the refusals of the current application."""

from typing import cast

from flask import current_app

from local.sink.mailbox import Mailbox
from local.sink.refusals import Refusals


def get_mailbox() -> Mailbox:
    """Return the mailbox of the current application."""
    return cast("Mailbox", current_app.extensions["mailbox"])


def get_refusals() -> Refusals:
    """Return the refusals of the current application."""
    return cast("Refusals", current_app.extensions["refusals"])

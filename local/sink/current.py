"""The mailbox and the refusals of the application that handles the request."""

from typing import cast

from flask import current_app

from local.sink.mailbox import Mailbox
from local.sink.refusals import Refusals


def get_mailbox() -> Mailbox:
    """Return the mailbox that this application shows."""
    return cast("Mailbox", current_app.extensions["mailbox"])


def get_refusals() -> Refusals:
    """Return the refusals that this application sets."""
    return cast("Refusals", current_app.extensions["refusals"])

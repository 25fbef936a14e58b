"""Run the webhook's parts in a process that kills itself at a step: python crashing.py STEP."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.integration.support.webhook_app import deliver, post, usage
from webhook import create_app, intake
from webhook.delivery import smtp, worker


def die(*_: Any, **__: Any) -> None:
    """End as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does its work and then dies."""

    def run(*arguments: Any, **options: Any) -> None:
        function(*arguments, **options)
        die()

    return run


def replace(where: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put something else in the place of what a module or class has under a name."""
    setattr(where, name, make(getattr(where, name)))


def crash_at(step: str) -> None:
    """Do what leads to a step, and die there; or deliver, with leases of a second."""
    worker.LEASE_SECONDS = 1
    app = create_app()
    store = app.extensions["store"]
    match step:
        case "before commit":
            replace(intake, "add_mails", after)
            post(app, usage("three"))
        case "after commit":
            replace(intake, "Taken", lambda _: die)
            post(app, usage("three"))
        case "claimed":
            replace(worker.Deliverer, "_try", lambda _: die)
            deliver(app)
        case "during data":
            replace(smtp, "_DOT_AT_START", lambda _: Dying())
            deliver(app)
        case "after 250":
            replace(smtp, "describe_answer", lambda _: die)
            deliver(app)
        case "before settled":
            replace(worker, "settle", after)
            deliver(app)
        case "short leases":
            app.test_cli_runner().invoke(args=["deliver"])
    store.close()


class Dying:
    """Stands for the pattern that is used when the server has said 354."""

    sub = staticmethod(die)


if __name__ == "__main__":
    crash_at(sys.argv[1])

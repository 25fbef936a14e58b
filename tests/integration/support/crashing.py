"""A process that kills itself at one step of intake or delivery: python crashing.py STEP."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.integration.support.webhook_app import deliver, post, usage
from webhook import create_app, intake
from webhook.delivery import leases, smtp, worker
from webhook.delivery.charts import adding
from webhook.delivery.upkeep import usage_reports


def die(*_: Any, **__: Any) -> None:
    """Kill this process, as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls ``function`` and then kills this process."""

    def run(*arguments: Any, **options: Any) -> None:
        function(*arguments, **options)
        die()

    return run


def replace(where: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace an attribute of a module or class by what ``make`` returns for it."""
    setattr(where, name, make(getattr(where, name)))


def crash_at(step: str) -> None:
    """Run up to a step and kill this process there. The last step delivers until SIGTERM."""
    leases.LEASE_SECONDS = 1
    app = create_app()
    store = app.extensions["store"]
    if step.startswith("report "):
        crash_report_at(step)
        deliver(app)
    match step:
        case "before commit":
            replace(intake, "add_mails", after)
            post(app, usage("three"))
        case "after commit":
            replace(intake, "IntakeResult", lambda _: die)
            post(app, usage("three"))
        case "before charts":
            replace(adding, "store_with_charts", after)
            deliver(app)
        case "claimed":
            replace(worker.Deliverer, "_try", lambda _: die)
            deliver(app)
        case "during data":
            replace(smtp, "_DOT_AT_START", lambda _: Dying())
            deliver(app)
        case "after 250":
            replace(smtp, "describe_reply", lambda _: die)
            deliver(app)
        case "before settled":
            replace(worker, "settle", after)
            deliver(app)
        case "short leases":
            app.test_cli_runner().invoke(args=["deliver"])
    store.close()


def crash_report_at(step: str) -> None:
    """Let the next delivery kill this process at a step of a report."""
    match step:
        case "report before commit":
            replace(usage_reports, "add_mails", after)
        case "report after some mails":
            usage_reports._MAILS_AT_ONCE = 1
            replace(usage_reports.UsageReports, "_commit", after)
        case "report before marked":
            replace(usage_reports, "mark_issued", after)


class Dying:
    """Replaces the pattern that is first used after the server has answered 354."""

    sub = staticmethod(die)


if __name__ == "__main__":
    crash_at(sys.argv[1])

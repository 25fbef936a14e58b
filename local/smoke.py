"""The whole pipeline once, without a screen: limits are crossed, mails and series are checked."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.config import ROOT
from local.observe import Observer, total
from local.processes import Processes, StackError
from local.stack import Ports, Stack
from quotas.file.loading import load_quotas
from quotas.units import format_size

QUOTA = "bun-egress"
RARE_QUOTA = "ban-route-daily"
REQUEST_BYTES = 50_000
SETTLE_SECONDS = 30.0

Say = Callable[[str], None]


def run_smoke(kong: str = "3.9", say: Say = print) -> int:
    """Run the pipeline, print what was seen, and return 0 if all was right, else 1.

    The logs of a run that failed stay in ``.run/``.
    """
    started = time.monotonic()
    runs = ROOT / ".run"
    runs.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="smoke-", dir=runs))
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        try:
            stack = Stack(Ports.free(), folder, kong=kong)
            say(f"starting the stack with a gateway like Kong {kong}")
            stack.start(processes)
            _drive(Observer(stack.ports, processes), stack, say)
        except StackError as error:
            say(f"FAILED: {error}\nthe log of all parts: {folder / 'log'}")
            return 1
        finally:
            processes.stop_all()
    shutil.rmtree(folder)
    say(f"passed in {time.monotonic() - started:.0f} s")
    return 0


def _drive(stack: Observer, setup: Stack, say: Say) -> None:
    quota = load_quotas(setup.quotas).find(QUOTA)
    if quota is None:
        raise StackError(f"{setup.quotas} has no quota {QUOTA}")
    stack.wait_until_watched()
    say("the gateway is scraped")
    stack.send("/ban/once")
    for number, threshold in enumerate(quota.thresholds, start=1):
        used_bytes = _send_until(stack, int(quota.limit_bytes * threshold.percent / 100))
        mail = _wait_for_mail(stack, number)
        say(f"  {format_size(used_bytes):>9} used -> {mail['subject']}")
        _check_mail(mail, threshold.label, quota.notify)
    _check_quota(stack, QUOTA, say, service="bun-service", direction="egress")
    _check_quota(stack, RARE_QUOTA, say, route="ban-route")
    _check_series(stack, say)
    if len(stack.mails()) != len(quota.thresholds):
        raise StackError(f"expected {len(quota.thresholds)} mails, got {len(stack.mails())}")


def _send_until(stack: Observer, used_bytes: int) -> int:
    """Send requests until the quota has used so much and a little more; return how much."""
    while True:
        now = total(stack.truth(), "bytes", service="bun-service", direction="egress")
        if now > used_bytes:
            return now
        missing = used_bytes - now
        stack.send(f"/bun/bytes/{REQUEST_BYTES}", times=1 + missing // REQUEST_BYTES)


def _wait_for_mail(stack: Observer, number: int) -> dict[str, Any]:
    def arrived() -> dict[str, Any] | None:
        mails = stack.mails()
        return mails[number - 1] if len(mails) >= number else None

    return stack.wait_for(f"mail {number}", arrived, SETTLE_SECONDS)


def _check_mail(mail: dict[str, Any], percent: str, notify: tuple[str, ...]) -> None:
    if not mail["subject"].startswith(f"[{percent} %] {QUOTA}: "):
        raise StackError(f"expected a mail about {percent} % of {QUOTA}, got {mail['subject']!r}")
    if mail["envelope_to"] != list(notify):
        raise StackError(f"the mail went to {mail['envelope_to']}, expected {list(notify)}")
    for kind in ("text", "html"):
        if QUOTA not in mail[kind]:
            raise StackError(f"the {kind} of the mail {mail['subject']!r} does not name {QUOTA}")


def _check_quota(stack: Observer, quota: str, say: Say, **where: str) -> None:
    expected = total(stack.truth(), "bytes", **where)

    def equal() -> int | None:
        used_bytes = stack.used_bytes(quota)
        return used_bytes if used_bytes == expected else None

    what = f"the quota {quota} to have used {expected} bytes as the gateway counted"
    say(f"  {quota}: {stack.wait_for(what, equal, SETTLE_SECONDS)} bytes used, as the gateway says")


def _check_series(stack: Observer, say: Say) -> None:
    """Compare the API's sums with the gateway's counts, for every route and direction."""
    truth = stack.truth()
    for route, direction in sorted({(row["route"], row["direction"]) for row in truth}):
        expected = total(truth, "bytes", route=route, direction=direction)

        def equal(route: str = route, direction: str = direction, expected: int = expected) -> Any:
            rows = stack.rows(route=route, type=direction)
            found = total(rows, "bandwidth_used")
            return found if found == expected else None

        what = f"the API to show {expected} bytes of {direction} on {route}"
        found = stack.wait_for(what, equal, SETTLE_SECONDS)
        say(f"  {route} {direction}: {found} bytes in the series, as the gateway says")

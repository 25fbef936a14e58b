"""Run the whole pipeline once: reach each threshold, then check the mails and the series."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.stack.config import ROOT
from local.stack.observer import Observer, total
from local.stack.ports import Ports
from local.stack.processes import Processes, StackError
from local.stack.stack import Stack
from quotas.file.loading import load_quotas
from quotas.units import format_size

QUOTA = "bun-egress"
RARE_QUOTA = "ban-route-daily"
REQUEST_BYTES = 50_000
SETTLE_SECONDS = 30.0

Say = Callable[[str], None]


def run_smoke(kong: str = "3.9", say: Say = print) -> int:
    """Run the pipeline and return 0 if every check passed.

    If a check fails, return 1 and keep the logs of the run in ``.run/``.

    Args:
        kong: the version of Kong whose ``/metrics`` the gateway has.
        say: is called with each line of the report.

    """
    started = time.monotonic()
    runs = ROOT / ".run"
    runs.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="smoke-", dir=runs))
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        try:
            stack = Stack(Ports.free(), folder, kong=kong)
            say(f"starting the stack with the metrics of Kong {kong}")
            stack.start(processes)
            _check_pipeline(Observer(stack.ports, processes), stack, say)
        except StackError as error:
            say(f"FAILED: {error}\nlog of all parts: {folder / 'log'}")
            return 1
        finally:
            processes.stop_all()
    shutil.rmtree(folder)
    say(f"passed in {time.monotonic() - started:.0f} s")
    return 0


def _check_pipeline(observer: Observer, stack: Stack, say: Say) -> None:
    quota = load_quotas(stack.quotas).find(QUOTA)
    if quota is None:
        raise StackError(f"{stack.quotas} has no quota {QUOTA}")
    observer.wait_until_watched()
    say("the gateway is scraped")
    observer.send("/ban/once")
    for number, threshold in enumerate(quota.thresholds, start=1):
        used_bytes = _send_until(observer, int(quota.limit_bytes * threshold.percent / 100))
        mail = _wait_for_mail(observer, number)
        say(f"  {format_size(used_bytes):>9} used -> {mail['subject']}")
        _check_mail(mail, threshold.label, quota.notify)
    _check_quota(observer, QUOTA, say, service="bun-service", direction="egress")
    _check_quota(observer, RARE_QUOTA, say, route="ban-route")
    _check_series(observer, say)
    if len(observer.mails()) != len(quota.thresholds):
        raise StackError(f"expected {len(quota.thresholds)} mails, got {len(observer.mails())}")


def _send_until(observer: Observer, used_bytes: int) -> int:
    """Send requests until the usage is above ``used_bytes``, and return the usage."""
    while True:
        now = total(observer.truth(), "bytes", service="bun-service", direction="egress")
        if now > used_bytes:
            return now
        missing = used_bytes - now
        observer.send(f"/bun/bytes/{REQUEST_BYTES}", times=1 + missing // REQUEST_BYTES)


def _wait_for_mail(observer: Observer, number: int) -> dict[str, Any]:
    def arrived() -> dict[str, Any] | None:
        mails = observer.mails()
        return mails[number - 1] if len(mails) >= number else None

    return observer.wait_for(f"mail {number}", arrived, SETTLE_SECONDS)


def _check_mail(mail: dict[str, Any], percent: str, notify: tuple[str, ...]) -> None:
    if not mail["subject"].startswith(f"[{percent} %] {QUOTA}: "):
        raise StackError(f"expected a mail about {percent} % of {QUOTA}, got {mail['subject']!r}")
    if mail["envelope_to"] != list(notify):
        raise StackError(f"the mail went to {mail['envelope_to']}, expected {list(notify)}")
    for kind in ("text", "html"):
        if QUOTA not in mail[kind]:
            raise StackError(f"the {kind} of the mail {mail['subject']!r} does not name {QUOTA}")


def _check_quota(observer: Observer, quota: str, say: Say, **where: str) -> None:
    expected = total(observer.truth(), "bytes", **where)

    def equal() -> int | None:
        used_bytes = observer.used_bytes(quota)
        return used_bytes if used_bytes == expected else None

    what = f"the usage of the quota {quota} to be {expected} bytes, as the gateway counted"
    used_bytes = observer.wait_for(what, equal, SETTLE_SECONDS)
    say(f"  {quota}: usage {used_bytes} bytes, equal to the gateway's count")


def _check_series(observer: Observer, say: Say) -> None:
    """Compare the sums of the API with the counts of the gateway, by route and direction."""
    truth = observer.truth()
    for route, direction in sorted({(row["route"], row["direction"]) for row in truth}):
        expected = total(truth, "bytes", route=route, direction=direction)

        def equal(route: str = route, direction: str = direction, expected: int = expected) -> Any:
            rows = observer.rows(route=route, type=direction)
            found = total(rows, "bandwidth_used")
            return found if found == expected else None

        what = f"the API to show {expected} bytes of {direction} on {route}"
        found = observer.wait_for(what, equal, SETTLE_SECONDS)
        say(f"  {route} {direction}: series {found} bytes, equal to the gateway's count")

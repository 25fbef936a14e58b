"""An hour of traffic through one gateway, and the usage of the quota ``bun-egress``."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from quotas import names
from tests.integration.support.prometheus import samples

QUOTA = "bun-egress"
_SECONDS = 3_600
_STEP = 15


def lines() -> Iterator[str]:
    """Yield the samples in the OpenMetrics format, until now and a few minutes on."""
    now = int(time.time())
    times = range(now - _SECONDS, now + 600, _STEP)
    target = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
    labels = {"service": "bun-service", "direction": "egress"}
    yield from samples("up", target, ((at, 1.0) for at in times))
    counted = ((at, 1000.0 * (at - times[0])) for at in times)
    yield from samples(names.GATEWAY_BYTES, target | labels | {"route": "bun-route"}, counted)
    month = datetime.now(UTC).strftime("%Y%m")
    quota = {names.QUOTA: QUOTA}
    entry = quota | labels | {names.CALENDAR: "month", names.PERIOD: month, "team": "bun"}
    yield from samples(names.USED, entry, ((at, 1e9) for at in times))
    yield from samples(names.LIMIT, quota, ((at, 5e11) for at in times))
    yield from samples(names.FORECAST, entry, ((at, 2e9) for at in times))

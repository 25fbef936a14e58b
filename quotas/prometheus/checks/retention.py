"""Whether metrics are kept as long as the longest period needs."""

import re
from collections.abc import Iterator

from quotas.model import QuotaFile
from quotas.prometheus.checks.finding import Finding, not_checked
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.engine import Engine
from quotas.rules.intervals import lingering_seconds
from quotas.units import format_duration, read_duration

_INSTEAD = {
    Engine.THANOS: "each Prometheus needs --storage.tsdb.retention.time, or the compactor "
    "--retention.resolution-raw (0 keeps all), of at least {needed}",
    Engine.MIMIR: "compactor_blocks_retention_period, in its limits, must be 0 (keeps all) or at "
    "least {needed}",
    Engine.VICTORIA_METRICS: "-retentionPeriod of each vmstorage must be at least {needed}",
}
# VictoriaMetrics shows only the flags that were set. Without this one, it keeps a month of 31 days.
_FLAG = re.compile(r'^-retentionPeriod="?(?P<time>[^"\s]*)"?$', re.MULTILINE)
_ANY_FLAG = re.compile(r"^-[\w.]+=", re.MULTILINE)
_MONTH_DAYS = 31
_DEFAULT_MONTHS = "1"


def check_retention(
    server: PrometheusClient, engine: Engine, quotas: QuotaFile
) -> Iterator[Finding]:
    """Yield whether the server keeps metrics as long as the longest period needs."""
    needed_seconds = max(
        quota.calendar.longest_period_seconds + lingering_seconds(quota.calendar, quotas.accounting)
        for quota in quotas.quotas
    )
    needed = format_duration(needed_seconds)
    option = "start Prometheus with --storage.tsdb.retention.time=45d"
    if engine is Engine.PROMETHEUS:
        retention = server.ask("/api/v1/status/runtimeinfo")["storageRetention"]
        # "45d", or "45d or 10GiB".
        kept_seconds = _read_seconds(retention.split(" ")[0])
    else:
        found = _retention_flag(server) if engine is Engine.VICTORIA_METRICS else None
        if found is None:
            instead = _INSTEAD[engine].format(needed=needed)
            yield not_checked("the retention", engine, instead)
            return
        # A number alone is that of months.
        retention = f"{int(found) * _MONTH_DAYS}d" if found.isdigit() else found
        kept_seconds = _read_seconds(retention)
        option = "start VictoriaMetrics with -retentionPeriod=45d"
    if kept_seconds >= needed_seconds:
        text = f"retention is {retention}; the longest period needs {needed}"
        yield Finding(good=True, text=text)
    else:
        yield Finding(
            good=False,
            text=f"retention is {retention}, but the longest period needs {needed}; {option}",
        )


def _read_seconds(duration: str) -> float:
    try:
        return read_duration(duration)
    except ValueError:
        # A size alone does not guarantee any time.
        return 0


def _retention_flag(server: PrometheusClient) -> str | None:
    """Return the retention of a VictoriaMetrics in one process; None if it does not say."""
    try:
        flags = server.read_text("/flags")
    except PrometheusError:
        return None
    if not _ANY_FLAG.search(flags) or "-storageNode=" in flags:
        return None
    found = _FLAG.search(flags)
    return found["time"] if found else _DEFAULT_MONTHS

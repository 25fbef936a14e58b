"""Alerts, quotas and a fake SMTP connection that the tests of the webhook share."""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.headerregistry import Address

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Match, Quota, QuotaFile
from webhook.alerts.payload import FIRING, RESOLVED, Alert
from webhook.delivery.smtp_replies import ConnectionLostError
from webhook.settings import Addresses

NOW = datetime(2026, 11, 24, 13, 37, tzinfo=UTC)
SENDER = Address("Gateway quotas", "quotas", "example.com")
ADDRESSES = Addresses(
    "https://grafana.example.com/d/quotas",
    "https://prometheus.example.com",
    "https://alerts.example.com/",
)
QUOTAS = QuotaFile(
    accounting=Accounting(),
    notify=("ops@example.com",),
    quotas=(
        Quota(
            "bun-egress",
            limit_bytes=500 * 10**9,
            selector={names.SERVICE: Match(("bun-service",))},
            direction=names.EGRESS,
            notify=("bun@example.com", "boss@example.com"),
            labels={"team": "bun"},
        ),
        Quota("shared", limit_bytes=10 * 2**30, selector={}, notify=("ops@example.com",)),
        Quota(
            "each-consumer",
            limit_bytes=10 * 2**30,
            notify=("ops@example.com",),
            for_each=(names.CONSUMER,),
        ),
    ),
)
# The same with notify_resolved.
QUOTAS_WITH_RESOLVED = replace(
    QUOTAS,
    notify_resolved=True,
    quotas=tuple(replace(quota, notify_resolved=True) for quota in QUOTAS.quotas),
)
QUOTAS_YAML = """\
version: 1
defaults:
  notify: [ops@example.com]
quotas:
  - name: bun-egress
    service: bun-service
    direction: egress
    limit: 500 GB
    notify: [bun@example.com, boss@example.com]
"""
SEVERITIES = dict.fromkeys((80, 90, 100), "warning")
TOKEN = "a-token-for-tests"


def usage(
    threshold: int = 90,
    used_bytes: int | None = None,
    *,
    quota: str = "bun-egress",
    limit_bytes: int = 500 * 10**9,
    period: str = "202611",
    status: str = FIRING,
    forecast_bytes: int | None = None,
    starts_at: datetime = NOW,
    ends_at: datetime | None = None,
    **labels: str,
) -> Alert:
    own = {"service": "bun-service", "direction": "egress", "team": "bun"}
    if used_bytes is None:
        used_bytes = limit_bytes * threshold // 100 + 200_000_000
    return Alert(
        status=status,
        labels={
            "alertname": names.USAGE_ALERT,
            names.QUOTA: quota,
            names.THRESHOLD: str(threshold),
            names.SEVERITY: SEVERITIES.get(threshold, "warning"),
            names.PERIOD: period,
            **(own if quota == "bun-egress" else {}),
            **labels,
        },
        annotations={
            names.SUMMARY: "a summary",
            names.USED_BYTES: str(used_bytes),
            names.LIMIT_BYTES: str(limit_bytes),
            names.RATIO_NUMBER: str(used_bytes / limit_bytes),
            names.FORECAST_BYTES: "" if forecast_bytes is None else str(forecast_bytes),
        },
        starts_at=starts_at,
        ends_at=ends_at,
        generator_url="http://prometheus.example.com/graph?g0.expr=quota",
        fingerprint="b1b2",
    )


def resolved(threshold: int = 90, *, ends_at: datetime | None = NOW) -> Alert:
    """Return an alert that ended because its limit was raised from 400 GB to 500 GB."""
    return usage(threshold, limit_bytes=400 * 10**9, status=RESOLVED, ends_at=ends_at)


def forecast(forecast_bytes: int = 612_340_000_000, used_bytes: int = 312 * 10**9) -> Alert:
    alert = usage(used_bytes=used_bytes)
    labels = {k: v for k, v in alert.labels.items() if k != names.THRESHOLD}
    return Alert(
        status=FIRING,
        labels=labels | {"alertname": names.FORECAST_ALERT, names.SEVERITY: "warning"},
        annotations={**alert.annotations, names.FORECAST_BYTES: str(forecast_bytes)},
        starts_at=NOW,
    )


def pipeline(
    status: str = FIRING, name: str = names.SCRAPE_FAILING_ALERT, instance: str = "kong-1:8100"
) -> Alert:
    return Alert(
        status=status,
        labels={"alertname": name, "severity": "critical", "instance": instance, "job": "kong"},
        annotations={
            names.SUMMARY: f"Gateway {instance} cannot be scraped",
            names.DESCRIPTION: "Since 20m Prometheus gets no numbers from it.\n\nLook at it.",
        },
        starts_at=datetime(2026, 11, 24, 13, 0, tzinfo=UTC),
        ends_at=None if status == FIRING else NOW,
    )


@dataclass
class FakeConnection:
    """An SMTP connection that records mails instead of sending them, or fails as configured.

    ``failures`` are exceptions by recipient, each raised once, or under ``*`` raised every time.
    ``open_failure`` is raised when the connection is opened.
    """

    failures: dict[str, Exception] = field(default_factory=dict)
    open_failure: Exception | None = None
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    opened: int = 0
    is_open: bool = False
    deadline: float = math.inf
    stop_seconds: float = 60

    def open(self) -> None:
        """Open it, or fail."""
        if self.open_failure:
            raise self.open_failure
        self.opened += 1
        self.is_open = True

    def cut(self) -> None:
        """Do nothing: nothing waits."""

    def close(self) -> None:
        """Close it."""
        self.is_open = False

    def send_bytes(self, sender: str, recipient: str, content: bytes) -> str:
        """Record a mail, or fail."""
        assert sender == SENDER.addr_spec
        failure = self.failures.pop(recipient, None) or self.failures.get("*")
        if failure:
            if isinstance(failure, ConnectionLostError):
                self.is_open = False
            raise failure
        self.sent.append((recipient, content))
        return "250 kept"

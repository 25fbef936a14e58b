"""The payloads that Alertmanager would post about a quota, with example usage where need be.

``quotas.rules.alerts`` and ``quotas.rules.forecasts`` write the same alerts as rules.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from quotas import names
from quotas.model import Quota, QuotaFile, Threshold
from quotas.rules.alerts import runbook_annotations
from quotas.rules.usage import used_rule
from webhook.alerts.events import is_reached
from webhook.alerts.payload import FIRING, RESOLVED
from webhook.preview.numbers import Numbers

# The usage and the forecast in the example of a forecast, as shares of the limit.
_FORECAST_USED, _FORECAST = 0.6, 1.2
# The former limit in the example of a limit that was raised, as a share of the present one.
_FORMER_LIMIT = 0.8


@dataclass(frozen=True)
class Step:
    """One event of a quota: its name, its payload, and whether its usage is that of Prometheus."""

    name: str
    body: bytes
    is_real: bool = False


def make_steps(quota: Quota, quotas: QuotaFile, numbers: Numbers, now: datetime) -> Iterator[Step]:
    """Yield each threshold of a quota, then what else its recipients are notified of.

    That is the forecast if the quota asks for it, and a resolved alert with ``notify_resolved``.
    """
    make = _AlertMaker(quota, quotas, numbers, now)
    for threshold in quota.thresholds:
        yield make.reached(threshold)
    if quota.forecast and numbers.period:
        yield make.forecast()
    if quota.notify_resolved and quota.thresholds:
        yield make.resolved(quota.thresholds[0])


@dataclass(frozen=True)
class _AlertMaker:
    quota: Quota
    quotas: QuotaFile
    numbers: Numbers
    now: datetime

    def reached(self, threshold: Threshold) -> Step:
        """Return the step at a threshold: with the present usage if that has just reached it."""
        used_bytes, limit_bytes = self.numbers.used_bytes, self.quota.limit_bytes
        is_real = used_bytes is not None and threshold == self._threshold_at(
            used_bytes / limit_bytes
        )
        ratio = (used_bytes or 0) / limit_bytes if is_real else _ratio_of(threshold)
        body = self._usage_body(threshold, ratio, limit_bytes, FIRING)
        return Step(f"{threshold.label} %", body, is_real)

    def forecast(self) -> Step:
        """Return the step at which the limit is expected to be passed."""
        limit_bytes = self.quota.limit_bytes
        used_bytes = self.numbers.used_bytes or 0
        forecast_bytes = used_bytes + (self.numbers.to_come_bytes or 0)
        is_real = self.numbers.used_bytes is not None and used_bytes < limit_bytes < forecast_bytes
        if not is_real:
            used_bytes = round(_FORECAST_USED * limit_bytes)
            forecast_bytes = round(_FORECAST * limit_bytes)
        labels = {
            "alertname": names.FORECAST_ALERT,
            names.SEVERITY: self.quotas.severities["warning"],
        }
        annotations = {
            names.USED_BYTES: f"{used_bytes}",
            names.RATIO_NUMBER: f"{used_bytes / limit_bytes}",
            names.LIMIT_BYTES: f"{limit_bytes}",
            names.FORECAST_BYTES: f"{forecast_bytes}",
        }
        return Step("forecast", self._body(labels, annotations, FIRING), is_real)

    def resolved(self, threshold: Threshold) -> Step:
        """Return the step at which a threshold is not reached any more.

        Usage never falls within a period, so the limit was raised.
        """
        limit_bytes = self.quota.limit_bytes
        if self.numbers.period:
            limit_bytes = max(1, round(_FORMER_LIMIT * limit_bytes))
        body = self._usage_body(threshold, _ratio_of(threshold), limit_bytes, RESOLVED)
        return Step("resolved", body)

    def _threshold_at(self, ratio: float) -> Threshold | None:
        reached = [one for one in self.quota.thresholds if is_reached(one.percent, ratio)]
        return reached[-1] if reached else None

    def _usage_body(
        self, threshold: Threshold, ratio: float, limit_bytes: int, status: str
    ) -> bytes:
        labels = {
            "alertname": names.USAGE_ALERT,
            names.THRESHOLD: threshold.label,
            names.SEVERITY: self.quotas.severities[threshold.severity],
        }
        used_bytes = round(ratio * limit_bytes)
        to_come_bytes = self.numbers.to_come_bytes
        forecast = "" if to_come_bytes is None else f"{used_bytes + to_come_bytes}"
        annotations = {
            names.USED_BYTES: f"{used_bytes}",
            names.RATIO_NUMBER: f"{ratio}",
            names.LIMIT_BYTES: f"{limit_bytes}",
            names.FORECAST_BYTES: forecast,
        }
        return self._body(labels, annotations, status)

    def _body(
        self, labels: Mapping[str, str], annotations: Mapping[str, str], status: str
    ) -> bytes:
        """Return a payload with one alert."""
        quota, period = self.quota, self.numbers.period
        runbook = runbook_annotations(labels["alertname"], self.quotas.runbook_url)
        alert = {
            "status": status,
            "labels": {
                **used_rule(quota, self.quotas.accounting).labels,
                **self.numbers.entry,
                **({names.PERIOD: f"{period.id}"} if period else {}),
                **labels,
            },
            "annotations": {**annotations, **runbook},
            "startsAt": self.now.isoformat(),
            "endsAt": self.now.isoformat() if status == RESOLVED else "0001-01-01T00:00:00Z",
        }
        payload = {"version": "4", "status": status, "receiver": "webhook", "alerts": [alert]}
        return json.dumps(payload).encode()


def _ratio_of(threshold: Threshold) -> float:
    # Rounded as in the rules.
    return round(threshold.percent / 100, 4)

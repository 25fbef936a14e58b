"""Alerts that nobody would hear of: refused payloads, and alerts that Alertmanager left out.

The webhook raises an alert of its own about each of them, which the default recipients get as they
get any other alert: once for each group, and again at growing intervals while it lasts.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quotas import names
from webhook.alerts.payload import FIRING, Alert, Payload, PayloadError, fingerprint_of

REFUSED_ALERT = "AlertPayloadRefused"
LEFT_OUT_ALERT = "AlertsLeftOut"
# How much of a body is read to find out which group it is about.
HEAD_BYTES = 64 * 1024

_GROUP = "group"
_GROUP_LABELS = ("alertname", names.QUOTA)
_UNKNOWN_GROUP = "unknown"


def guess_group(body: bytes) -> str:
    """Return alertname and quota of the first alert in a body, which may be cut off or wrong.

    Alertmanager writes the key of the group behind all alerts, so that a body that is too large
    does not have it.
    """
    text = body[:HEAD_BYTES].decode("utf-8", "replace")
    try:
        labels, _ = json.JSONDecoder().raw_decode(text, text.index("{", text.index('"labels"')))
    except (ValueError, RecursionError):
        return _UNKNOWN_GROUP
    return _describe(labels)


def refused_alert(error: PayloadError, group: str, size_bytes: int, now: datetime) -> Alert:
    """Return an alert about a payload that was refused.

    Args:
        error: why it was refused.
        group: which alerts it is about, as ``guess_group`` says.
        size_bytes: the size of its body.
        now: the current time (aware, UTC).

    """
    return _make_alert(
        REFUSED_ALERT,
        group,
        now,
        "Alerts were refused, and nobody is notified of them",
        f"A payload of {size_bytes:,} bytes about the group {group} was refused: {error}. "
        "Its sender posts it again and again, with the same result.\n\n"
        "If it is too large, set max_alerts in the webhook_configs of Alertmanager, or group by "
        "more labels. Alertmanager lists the alerts of the group.",
    )


def left_out_alert(payload: Payload, now: datetime) -> Alert:
    """Return an alert about a payload without all alerts of its group, because of max_alerts."""
    group = payload.group_key or _describe(payload.alerts[0].labels if payload.alerts else {})
    return _make_alert(
        LEFT_OUT_ALERT,
        group,
        now,
        "Alertmanager leaves out alerts, and nobody is notified of them",
        f"The group {group} has {payload.truncated_alerts:,} alerts more than the "
        f"{len(payload.alerts):,} that Alertmanager has posted (max_alerts).\n\n"
        "Group by more labels in the route of Alertmanager, which lists all alerts of the group.",
    )


def _describe(labels: Mapping[str, Any]) -> str:
    shown = (f"{name}={labels[name]!r}" for name in _GROUP_LABELS if name in labels)
    return ", ".join(shown) or _UNKNOWN_GROUP


def _make_alert(name: str, group: str, now: datetime, summary: str, description: str) -> Alert:
    labels = {"alertname": name, names.SEVERITY: "critical", _GROUP: group}
    return Alert(
        status=FIRING,
        labels=labels,
        annotations={names.SUMMARY: summary, names.DESCRIPTION: description},
        starts_at=now,
        fingerprint=fingerprint_of(labels),
    )

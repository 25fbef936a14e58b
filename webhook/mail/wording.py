"""The words for a notice: its name, how grave it is, what it counts."""

from collections.abc import Mapping

from quotas import names
from webhook.alerts.events import Notice, PlainNotice, QuotaNotice
from webhook.alerts.payload import FIRING, RESOLVED
from webhook.text import clean_line

LONGEST_NAME = 80
LONGEST_EACH = 60

_SEVERITY_WORDS = {"info": "For information", "warning": "Warning", "critical": "Critical"}
_DIRECTION_WORDS = {
    names.EGRESS: "responses to clients (egress)",
    names.INGRESS: "requests from clients (ingress)",
    names.BOTH: "requests and responses (ingress and egress)",
}


def name_notice(notice: Notice) -> str:
    """Return the name of the quota, or of the alert where it is about no quota.

    Of a quota that holds for each consumer by itself: ``each-consumer (acme)``.
    """
    if isinstance(notice, PlainNotice):
        return clean_line(notice.alert.name, LONGEST_NAME) or "unnamed"
    name = clean_line(notice.quota_name, LONGEST_NAME) or "unnamed"
    each = ", ".join(value or f"no {label}" for label, value in notice.each.items())
    return f"{name} ({clean_line(each, LONGEST_EACH)})" if each else name


def tag_notice(notice: Notice) -> str:
    """Return what stands in brackets: ``90 %``, ``forecast``, ``firing`` or ``resolved``."""
    if isinstance(notice, PlainNotice) or notice.is_over:
        return notice.alert.status
    return "forecast" if notice.is_forecast else f"{notice.threshold_percent:g} %"


def tone_of(notice: Notice) -> str:
    """Return info, warning, critical or resolved: how a notice is coloured."""
    if notice.alert.status != FIRING:
        return RESOLVED
    if isinstance(notice, QuotaNotice):
        return notice.severity
    severity = notice.alert.labels.get(names.SEVERITY, "")
    return severity if severity in _SEVERITY_WORDS else "warning"


def describe_tone(notice: Notice) -> str:
    """Return the same in words, for those who do not see the colour."""
    return _SEVERITY_WORDS.get(tone_of(notice), "Resolved")


def describe_selector(selector: Mapping[str, str]) -> str:
    """Return ``service bun-service, consumer big-co``; empty where everything is selected."""
    chosen = [name for name in selector if name != names.DIRECTION]
    return ", ".join(f"{name} {clean_line(selector[name])}" for name in chosen)


def describe_counted(selector: Mapping[str, str]) -> str:
    """Return what a quota counts: ``responses to clients (egress) of service bun-service``."""
    direction = selector.get(names.DIRECTION, names.BOTH)
    moved = _DIRECTION_WORDS.get(direction, clean_line(direction))
    return f"{moved} of {describe_selector(selector) or 'every service, route and consumer'}"


def describe_labels(labels: Mapping[str, str]) -> str:
    """Return ``severity=critical, team=bun``, bounded."""
    return clean_line(", ".join(f"{name}={value}" for name, value in sorted(labels.items())))

"""Short texts about an event: its name, its tag, its tone, and what its quota counts."""

from collections.abc import Mapping

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.alerts.payload import FIRING, RESOLVED
from webhook.mail.formatting import format_amount, format_percent
from webhook.text import LONGEST_LINE, clean_name, shorten

LONGEST_NAME = 80
LONGEST_FOR_EACH = 60

_SEVERITY_WORDS = {"info": "For information", "warning": "Warning", "critical": "Critical"}
_DIRECTION_WORDS = {
    names.EGRESS: "responses to clients (egress)",
    names.INGRESS: "requests from clients (ingress)",
    names.BOTH: "requests and responses (ingress and egress)",
}


def name_event(event: Event) -> str:
    """Return the name of the quota, or of the alert if it is about no quota.

    The name of a quota with ``for_each`` includes the entry: ``each-consumer (acme)``.
    """
    if isinstance(event, OtherEvent):
        name = clean_name(event.alert.name) or describe_labels(event.alert.labels)
        return shorten(name, LONGEST_NAME) or "an alert without labels"
    name = clean_name(event.quota_name, LONGEST_NAME) or "unnamed"
    return f"{name} ({name_entry(event.for_each_values)})" if event.for_each_values else name


def name_entry(labels: Mapping[str, str], longest: int = LONGEST_FOR_EACH) -> str:
    """Return the values that tell an entry apart: ``acme``, or ``acme, bun-route``."""
    values = (clean_name(value, longest) or f"no {label}" for label, value in labels.items())
    return shorten(", ".join(values), longest)


def tag_event(event: Event) -> str:
    """Return the text in brackets: ``90 %``, ``forecast``, ``firing`` or ``resolved``."""
    if isinstance(event, OtherEvent) or event.is_resolved:
        return event.alert.status
    return "forecast" if event.is_forecast else f"{event.threshold_percent:g} %"


def tone_of(event: Event) -> str:
    """Return the tone that colours an event: info, warning, critical or resolved."""
    if event.alert.status != FIRING:
        return RESOLVED
    if isinstance(event, QuotaEvent):
        return event.severity
    severity = event.alert.labels.get(names.SEVERITY, "")
    return severity if severity in _SEVERITY_WORDS else "warning"


def describe_tone(event: Event) -> str:
    """Return the tone in words, for readers who do not see the colour."""
    return _SEVERITY_WORDS.get(tone_of(event), "Resolved")


def describe_amount(event: QuotaEvent, size_bytes: float) -> str:
    """Return a size in the units of the quota's limit."""
    return format_amount(size_bytes, event.limit_bytes, event.unit)


def describe_current_limit(event: QuotaEvent) -> str:
    """Return the limit in quotas.yaml, or that of the alert if there is none."""
    limit_bytes = event.current_limit_bytes or event.limit_bytes
    return format_amount(limit_bytes, limit_bytes, event.unit)


def describe_resolution(event: QuotaEvent) -> str:
    """Return why an alert is resolved, as a sentence."""
    limit_bytes, old_bytes = event.current_limit_bytes or event.limit_bytes, event.limit_bytes
    if limit_bytes != old_bytes:
        changed = "raised" if limit_bytes > old_bytes else "lowered"
        old = describe_amount(event, old_bytes)
        share = format_percent(event.used_bytes, limit_bytes)
        text = f"The limit was {changed} from {old} to {describe_current_limit(event)}"
        return f"{text}." if event.is_rolling else f"{text}, of which {share} is used."
    if event.is_forecast:
        return f"Traffic slowed down: the forecast is below {describe_current_limit(event)}."
    return "Usage has fallen, because the window has moved on."


def describe_selector(selector: Mapping[str, str]) -> str:
    """Return ``service bun-service, consumer big-co``, or an empty string for all traffic."""
    chosen = [name for name in selector if name != names.DIRECTION]
    return ", ".join(f"{name} {clean_name(selector[name])}" for name in chosen)


def describe_counted(selector: Mapping[str, str]) -> str:
    """Return what a quota counts: ``responses to clients (egress) of service bun-service``."""
    direction = selector.get(names.DIRECTION, names.BOTH)
    traffic = _DIRECTION_WORDS.get(direction, clean_name(direction))
    return f"{traffic} of {describe_selector(selector) or 'every service, route and consumer'}"


def describe_labels(labels: Mapping[str, str]) -> str:
    """Return ``severity=critical, team=bun`` as one line of limited length."""
    pairs = (f"{clean_name(name)}={clean_name(value)}" for name, value in sorted(labels.items()))
    return shorten(", ".join(pairs), LONGEST_LINE)

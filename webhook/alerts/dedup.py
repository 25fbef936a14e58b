"""What makes a notice the one that was told before."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from quotas import names
from webhook.alerts.events import Notice, PlainNotice, QuotaNotice

_KEY_LABELS = (names.PERIOD, *names.SELECTOR_LABELS)


@dataclass(frozen=True)
class Identity:
    """What was told: a digest of the subject, and the threshold, where there is one.

    Who was told of a threshold counts as told of all below it. An identity that ``recurs`` is that
    of a rolling window, which has no periods: it can be told again, once it was below the threshold
    and has passed it anew at ``starts_at``.
    """

    subject: str
    percent: float = 0.0
    recurs: bool = False
    starts_at: datetime | None = None


def identify(notice: Notice) -> Identity:
    """Return what this notice is to be told once as.

    For a quota that is quota, selector labels, threshold, period and limit; for any other alert
    fingerprint, start and status. Neither whoever evaluates the rules (replicas, their labels) nor
    when makes a difference to a quota.
    """
    if isinstance(notice, PlainNotice):
        alert = notice.alert
        return Identity(_digest("alert", alert.fingerprint, str(alert.starts_at), alert.status))
    if notice.is_over:
        # Within a period once for each limit; a rolling window can be below it again and again.
        start = [str(notice.alert.starts_at)] if is_rolling(notice) else []
        return Identity(_subject(notice, "over", f"{notice.threshold_percent:g}", *start))
    return identify_beginning(notice)


def identify_beginning(notice: QuotaNotice) -> Identity:
    """Return what is, or was, to be told once as when this began, also where it is over now."""
    if notice.is_forecast:
        return Identity(_subject(notice, "forecast"))
    return Identity(
        _subject(notice, "usage"),
        notice.threshold_percent,
        recurs=is_rolling(notice),
        starts_at=notice.alert.starts_at,
    )


def is_rolling(notice: QuotaNotice) -> bool:
    """Return whether a quota is counted over a rolling window."""
    return notice.calendar.startswith("rolling:")


def _subject(notice: QuotaNotice, *kind: str) -> str:
    labels = notice.alert.labels
    values = (f"{name}={labels[name]}" for name in _KEY_LABELS if name in labels)
    return _digest(*kind, notice.quota_name, notice.calendar, str(notice.limit_bytes), *values)


def _digest(*parts: str) -> str:
    # Each part with its length: no two lists of parts run together into the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()

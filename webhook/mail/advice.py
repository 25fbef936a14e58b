"""Sentences about a quota: what to do, when the limit is reached, and which mail comes next."""

from datetime import UTC, datetime, timedelta

from webhook.alerts.events import QuotaEvent
from webhook.mail.formatting import (
    format_amount,
    format_pace,
    format_percent,
    format_time,
    is_binary,
)
from webhook.text import join_words

_NEAR_SECONDS = 12 * 3_600
# An estimate that is nearer has no time, which might be in the past when the mail is read.
_SOON_SECONDS = 600

_TO_DO = {
    "info": (
        "If you expected this traffic, there is nothing to do. If not, find out now which "
        "routes and consumers it comes from, while there is room."
    ),
    "warning": (
        "Decide before the limit is reached: reduce the traffic (caching, compression, smaller "
        "responses, fewer retries), or raise the limit in quotas.yaml."
    ),
    "critical": (
        "Traffic is not cut off: quotas are counted and reported, not enforced. Find out which "
        "routes and consumers it comes from, then reduce it or raise the limit in quotas.yaml."
    ),
}
_TO_DO_FORECAST = (
    "There is still time: reduce the traffic (caching, compression, smaller responses, fewer "
    "retries), or raise the limit in quotas.yaml. A forecast follows the traffic: if that was "
    "one burst, it falls again by itself."
)


def advise(event: QuotaEvent) -> str:
    """Return what the reader can do about a quota."""
    if event.is_forecast:
        return _TO_DO_FORECAST
    below = event.used_bytes < event.limit_bytes
    # quotas.yaml may make any threshold critical. The critical text is only for a reached limit.
    return _TO_DO["warning" if below and event.severity == "critical" else event.severity]


def describe_outlook(event: QuotaEvent, now: datetime) -> str:
    """Return the recent pace, and when the limit is reached or how the period ends at that pace.

    The text is empty if the forecast is unknown, if ``now`` (aware) is outside of the period, and
    if the limit is already reached. The pace follows from the forecast:
    used + pace x time left = forecast.
    """
    period, forecast_bytes = event.period, event.forecast_bytes
    if period is None or forecast_bytes is None or not period.start <= now < period.end:
        return ""
    left_seconds = (period.end - now).total_seconds()
    pace = (forecast_bytes - event.used_bytes) / left_seconds
    binary = is_binary(event.limit_bytes, event.unit)
    if event.used_bytes >= event.limit_bytes or pace <= 0:
        return ""
    at_pace = f"At the recent pace of {format_pace(pace, binary=binary)}"
    full_seconds = (event.limit_bytes - event.used_bytes) / pace
    if full_seconds < min(left_seconds, _SOON_SECONDS):
        return f"{at_pace}, the limit is reached within minutes."
    if full_seconds < left_seconds:
        full_at = _round_time(now + timedelta(seconds=full_seconds), full_seconds)
        full = format_time(full_at.astimezone(period.end.tzinfo))
        return f"{at_pace}, the limit is reached around {full}."
    at_end = format_amount(forecast_bytes, event.limit_bytes, event.unit)
    share = format_percent(forecast_bytes, event.limit_bytes)
    return f"{at_pace}, the period ends at about {at_end}, {share} of the limit."


def _round_time(time: datetime, ahead_seconds: float) -> datetime:
    """Round to an hour, or to ten minutes if the time is near. An estimate is not more precise."""
    step = 3_600 if ahead_seconds > _NEAR_SECONDS else 600
    rounded: int = round(time.timestamp() / step) * step
    return datetime.fromtimestamp(rounded, UTC)


def describe_next(event: QuotaEvent) -> str:
    """Return at which thresholds mail follows, or an empty string if unknown."""
    if event.is_forecast or not event.later_thresholds:
        return ""
    later = join_words([f"{percent:g} %" for percent in event.later_thresholds])
    return f"{'Mail' if event.is_rolling else 'In this period, mail'} comes again at {later}."

"""What a mail says beyond its numbers: where the traffic is heading, and what to do."""

from datetime import UTC, datetime, timedelta

from webhook.alerts.events import QuotaNotice
from webhook.mail.formatting import (
    format_amount,
    format_pace,
    format_percent,
    format_time,
    is_binary,
)
from webhook.text import join_words

_NEAR_SECONDS = 12 * 3_600

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


def advise(notice: QuotaNotice) -> str:
    """Return what to do about a quota."""
    if notice.is_forecast:
        return _TO_DO_FORECAST
    below = notice.used_bytes < notice.limit_bytes
    # A quota may call any threshold critical; only a limit that is reached is spoken of as such.
    return _TO_DO["warning" if below and notice.severity == "critical" else notice.severity]


def describe_outlook(notice: QuotaNotice, now: datetime) -> str:
    """Return the recent pace and when 100 % comes at it, or nothing where that is not known.

    ``now`` is aware. The pace is that of the forecast: used + pace x time left = forecast.
    """
    period, forecast_bytes = notice.period, notice.forecast_bytes
    if period is None or forecast_bytes is None or not period.start <= now < period.end:
        return ""
    left_seconds = (period.end - now).total_seconds()
    pace = (forecast_bytes - notice.used_bytes) / left_seconds
    binary = is_binary(notice.limit_bytes)
    if notice.used_bytes >= notice.limit_bytes or pace <= 0:
        return ""
    at_pace = f"At the recent pace of {format_pace(pace, binary=binary)}"
    full_seconds = (notice.limit_bytes - notice.used_bytes) / pace
    if full_seconds < left_seconds:
        full_at = _round_time(now + timedelta(seconds=full_seconds), full_seconds)
        full = format_time(full_at.astimezone(period.end.tzinfo))
        return f"{at_pace}, 100 % is reached around {full}."
    at_end = format_amount(forecast_bytes, notice.limit_bytes)
    share = format_percent(forecast_bytes, notice.limit_bytes)
    return f"{at_pace}, the period ends at about {at_end}, {share} of the limit."


def _round_time(time: datetime, ahead_seconds: float) -> datetime:
    """Return a whole hour, or for what is near ten minutes: more would pretend to know."""
    step = 3_600 if ahead_seconds > _NEAR_SECONDS else 600
    rounded: int = round(time.timestamp() / step) * step
    return datetime.fromtimestamp(rounded, UTC)


def describe_next(notice: QuotaNotice) -> str:
    """Return which mail comes next in this period, or nothing where that is not known."""
    if notice.is_forecast or not notice.later_thresholds:
        return ""
    later = join_words([f"{percent:g} %" for percent in notice.later_thresholds])
    return f"In this period, mail comes again at {later}."

"""What a mail says beyond its numbers: where the traffic is heading, and what to do."""

from datetime import datetime, timedelta

from quotas.sizes import format_size
from webhook.figures import format_percent, format_time, is_binary
from webhook.notices import QuotaNotice
from webhook.texts import join_words

# Before a tenth of the period has passed, its average says little about the rest.
_SOONEST_SHARE = 0.1

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
    if notice.forecast_bytes is not None:
        return _TO_DO_FORECAST
    below = notice.used_bytes < notice.limit_bytes
    # A quota may call any threshold critical; only a limit that is reached is spoken of as such.
    return _TO_DO["warning" if below and notice.severity == "critical" else notice.severity]


def describe_outlook(notice: QuotaNotice, now: datetime) -> str:
    """Return where the period is heading if it goes on as it did on average, or nothing.

    ``now`` is aware. Nothing is said early in a period, after it, or without one;
    nor beside a forecast, which is an outlook itself.
    """
    period = notice.period
    if period is None or not 0 < notice.used_bytes < notice.limit_bytes:
        return ""
    if notice.forecast_bytes is not None:
        return ""
    elapsed, length = now - period.start, period.end - period.start
    if not _SOONEST_SHARE * length <= elapsed < length:
        return ""
    full_share = (elapsed / length) * (notice.limit_bytes / notice.used_bytes)
    if full_share < 1:
        # Whole hours: more would pretend to know.
        hour = (period.start + full_share * length + timedelta(minutes=30)).replace(
            minute=0, second=0, microsecond=0
        )
        return (
            f"At the average pace of this period, the limit is reached around {format_time(hour)}."
        )
    at_end_bytes = int(notice.used_bytes * (length / elapsed))
    share = format_percent(at_end_bytes, notice.limit_bytes)
    return (
        f"At the average pace of this period, it ends at about "
        f"{format_size(at_end_bytes, binary=is_binary(notice.limit_bytes))}, {share} of the limit."
    )


def describe_next(notice: QuotaNotice) -> str:
    """Return which mail comes next in this period, or nothing where that is not known."""
    if notice.forecast_bytes is not None or not notice.later_thresholds:
        return ""
    later = join_words([f"{percent:g} %" for percent in notice.later_thresholds])
    return f"In this period, mail comes again at {later}."

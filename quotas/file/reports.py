"""The weeks and months that a quota's reports are about."""

from collections.abc import Mapping

from quotas.calendars import Calendar, Kind, Rolling

# How quotas.yaml calls them.
REPORT_KINDS: Mapping[str, Kind] = {"weekly": "week", "monthly": "month"}
NO_REPORT = "none"


def report_calendar(
    report: str, calendar: Calendar | Rolling, default: Calendar | Rolling
) -> Calendar | None:
    """Return the calendar of a quota's reports; None if it has none.

    If the quota's own periods are weeks or months alike, reports are about these. Else they are
    about the weeks from Monday, or the months from the first, in the quota's time zone.

    Args:
        report: a key of REPORT_KINDS, or NO_REPORT.
        calendar: that of the quota. A rolling window has no time zone.
        default: the one under ``defaults``, whose time zone a rolling window takes.

    """
    if report == NO_REPORT:
        return None
    kind = REPORT_KINDS[report]
    if isinstance(calendar, Calendar) and calendar.kind == kind:
        return calendar
    zoned = calendar if isinstance(calendar, Calendar) else default
    return Calendar(kind, timezone=zoned.timezone if isinstance(zoned, Calendar) else "UTC")

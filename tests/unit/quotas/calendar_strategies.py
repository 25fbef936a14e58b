"""Hypothesis strategies for calendars and times."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from quotas.calendars import Calendar

# Offsets of halves and quarters of an hour, on both sides of UTC; clocks that change at midnight
# or by half an hour.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)

DAYS_AND_LONGER = st.one_of(
    st.builds(Calendar, st.just("day"), timezone=st.sampled_from(ZONES)),
    st.builds(
        Calendar,
        st.just("week"),
        anchor_weekday=st.integers(0, 6),
        timezone=st.sampled_from(ZONES),
    ),
    st.builds(
        Calendar,
        st.just("month"),
        anchor_day=st.integers(1, 28),
        timezone=st.sampled_from(ZONES),
    ),
)

# Without the zone whose clocks change by half an hour: the start of its hours is ambiguous.
HOURS = st.builds(
    Calendar,
    st.just("hour"),
    timezone=st.sampled_from([zone for zone in ZONES if zone != "Australia/Lord_Howe"]),
)
CALENDARS = DAYS_AND_LONGER | HOURS
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda time: time.replace(tzinfo=UTC)
)

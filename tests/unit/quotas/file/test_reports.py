import pytest

from quotas.calendars import MONTH, WEEK, Calendar
from quotas.file.loading import parse_quotas
from tests.unit.quotas.file.mistakes.expectations import NOTIFY, ONE_QUOTA


@pytest.mark.parametrize(
    ("period", "report", "calendar"),
    [
        ("month", "monthly", MONTH),
        ("month", "weekly", WEEK),
        ("hour", "monthly", MONTH),
        ("{calendar: week, anchor_weekday: sunday}", "weekly", Calendar("week", anchor_weekday=6)),
        ("{calendar: week, anchor_weekday: sunday}", "monthly", MONTH),
        (
            "{calendar: month, anchor_day: 15, timezone: Asia/Kolkata}",
            "monthly",
            Calendar("month", 15, 0, "Asia/Kolkata"),
        ),
        (
            "{calendar: month, anchor_day: 15, timezone: Asia/Kolkata}",
            "weekly",
            Calendar("week", timezone="Asia/Kolkata"),
        ),
        ("{rolling: 30d}", "weekly", Calendar("week", timezone="Europe/Berlin")),
        ("month", "none", None),
    ],
)
def test_reports_are_about_the_quotas_own_periods_or_have_its_time_zone(
    period: str, report: str, calendar: Calendar | None
) -> None:
    defaults = f"{{{NOTIFY}, period: {{calendar: day, timezone: Europe/Berlin}}, report: weekly}}"
    quota = f"{{name: a, limit: 1 B, period: {period}, report: {report}}}"
    (only,) = parse_quotas(f"version: 1\ndefaults: {defaults}\nquotas: [{quota}]".encode()).quotas
    assert only.report == calendar


def test_a_quota_has_the_report_of_the_defaults_or_none() -> None:
    text = f"version: 1\ndefaults: {{{NOTIFY}, report: weekly}}\nquotas: [{{name: a, limit: 1 B}}]"
    assert parse_quotas(text.encode()).quotas[0].report == WEEK
    assert parse_quotas(f"version: 1\n{ONE_QUOTA}".encode()).quotas[0].report is None

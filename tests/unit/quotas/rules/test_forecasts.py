"""How forecasts and their alert are written. Integration tests check their values."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, Calendar, Rolling
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Rule
from quotas.rules.forecasts import forecast_alerts, forecast_rules

# How far back values may be, in these tests: 11 minutes.
REACH_SECONDS = 660


def forecasts_for(*calendars: Calendar | Rolling) -> list[Rule]:
    quotas = tuple(Quota(calendar.name, 1, calendar=calendar) for calendar in calendars)
    return forecast_rules(QuotaFile(Accounting(), (), quotas), calendars, REACH_SECONDS)


def alerts_for(*quotas: Quota) -> list[Rule]:
    calendars = [quota.calendar for quota in quotas]
    return forecast_alerts(QuotaFile(Accounting(), (), quotas), calendars, REACH_SECONDS)


def test_the_recent_rate_is_measured_over_a_quarter_of_the_period_or_less() -> None:
    (forecast,) = forecasts_for(DAY)
    for span in ("offset 6h), 0) / 21600", "offset 45m), 0) / 2700", "offset 5m37s), 0) / 337"):
        assert span in forecast.query
    # A 256th of an hour is shorter than a few evaluations.
    (forecast,) = forecasts_for(HOUR)
    assert "offset 15m), 0) / 900" in forecast.query
    assert forecast.query.count("offset 15m), 0)") == forecast.query.count("clamp_min") == 1


def test_the_recent_rate_of_long_periods_is_measured_over_whole_days() -> None:
    (forecast,) = forecasts_for(MONTH)
    assert "offset 7d), 0) / 604800" in forecast.query
    assert "offset 1d), 0) / 86400" in forecast.query
    assert forecast.query.count("clamp_min") == 2


def test_one_rule_forecasts_all_quotas() -> None:
    (forecast,) = forecasts_for(DAY, MONTH, Calendar("month", 15))
    assert forecast.name == names.FORECAST
    assert 'calendar="day"' in forecast.query
    assert 'calendar=~"month|month:15"' in forecast.query


def test_a_rolling_window_has_no_forecast() -> None:
    (forecast,) = forecasts_for(MONTH, Rolling(7 * 86_400))
    assert "rolling" not in forecast.query
    assert forecasts_for(Rolling(7 * 86_400)) == []


def test_the_alert_covers_the_quotas_that_ask_for_it_by_the_kind_of_their_calendar() -> None:
    (alert,) = alerts_for(
        Quota("a", 1, calendar=HOUR, forecast=True),
        Quota("b", 1, calendar=DAY),
        Quota("c", 1, calendar=MONTH, forecast=True),
    )
    assert 'forecast{quota!="b", calendar="hour"}[1m]' in alert.query
    assert 'forecast{quota!="b", calendar="month"}[1h]' in alert.query
    assert "unless\nlast_over_time(quota:bandwidth_bytes:ratio[11m]) >= 1" in alert.query


def test_the_alert_has_a_summary_a_description_and_a_severity() -> None:
    (alert,) = alerts_for(Quota("a", 1, forecast=True))
    assert alert.alert
    assert {names.SUMMARY, names.DESCRIPTION} <= set(alert.annotations)
    assert alert.labels[names.SEVERITY] == "warning"


def test_annotations_read_values_from_twice_as_far_back_as_the_query() -> None:
    (alert,) = alerts_for(Quota("a", 1, forecast=True))
    assert "[11m]" in alert.query
    assert "[22m]" in alert.annotations[names.USED_BYTES]
    assert "[22m]" in alert.annotations[names.LIMIT_BYTES]


def test_quotas_that_do_not_ask_for_the_alert_have_none() -> None:
    assert alerts_for(Quota("a", 1)) == []

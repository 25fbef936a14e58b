from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quotas import names
from tests.unit.webhook.samples import NOW, QUOTAS, WANTING, forecast, over, pipeline, usage
from webhook.alerts.events import PlainNotice, QuotaNotice, read_notice, read_notices, recipients_of
from webhook.alerts.payload import FIRING, RESOLVED, Alert


def read_quota(alert: Alert) -> QuotaNotice:
    notice = read_notice(alert, QUOTAS)
    assert isinstance(notice, QuotaNotice)
    return notice


def test_a_usage_alert_carries_its_numbers() -> None:
    notice = read_quota(usage())
    assert (notice.used_bytes, notice.limit_bytes) == (450_200_000_000, 500_000_000_000)
    assert (notice.threshold_percent, notice.severity) == (90, "warning")
    assert notice.later_thresholds == (100,)
    assert notice.own_labels == {"team": "bun"}
    assert notice.selector == {"service": "bun-service", "direction": "egress"}


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("202611", datetime(2026, 12, 1, tzinfo=UTC)),
        ("202612", datetime(2027, 1, 1, tzinfo=UTC)),
        ("20261124", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2026112423", datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_a_period_is_known_by_its_id_and_calendar(period: str, end: datetime) -> None:
    calendar = {6: "month", 8: "day", 10: "hour"}[len(period)]
    found = read_quota(usage(period=period, calendar=calendar)).period
    assert found is not None
    assert found.end == end


@pytest.mark.parametrize("period", ["", "2026", "202613", "20261131", "99991231", "november", "\0"])
def test_an_id_that_is_no_period_is_left_out(period: str) -> None:
    notice = read_quota(usage(period=period))
    assert notice.period is None


@pytest.mark.parametrize(
    "broken",
    [
        {names.USED_BYTES: "NaN"},
        {names.USED_BYTES: ""},
        {names.LIMIT_BYTES: "0"},
        {names.LIMIT_BYTES: "+Inf"},
    ],
)
def test_a_quota_without_readable_numbers_is_told_plainly_to_its_recipients(
    broken: dict[str, str],
) -> None:
    whole = usage()
    alert = Alert(FIRING, whole.labels, {**whole.annotations, **broken})
    notice = read_notice(alert, QUOTAS)
    assert isinstance(notice, PlainNotice)
    assert recipients_of(notice, QUOTAS) == ("bun@example.com", "boss@example.com")


@pytest.mark.parametrize("threshold", ["", "all", "-5", "0", "1e2", "²", "99999"])
def test_a_threshold_that_is_no_percentage_is_told_plainly(threshold: str) -> None:
    alert = usage()
    labels = {**alert.labels, names.THRESHOLD: threshold}
    assert isinstance(read_notice(Alert(FIRING, labels, alert.annotations), QUOTAS), PlainNotice)


def test_recipients_come_from_quotas_yaml_alone() -> None:
    alert = usage(notify="evil@example.com", email="evil@example.com")
    assert recipients_of(read_notice(alert, QUOTAS), QUOTAS) == (
        "bun@example.com",
        "boss@example.com",
    )


def test_an_unknown_quota_goes_to_the_default_recipients() -> None:
    assert recipients_of(read_quota(usage(quota="gone")), QUOTAS) == ("ops@example.com",)


def test_another_alert_goes_to_the_default_recipients_even_if_it_names_a_quota() -> None:
    alert = Alert(FIRING, {"alertname": "Other", "quota": "bun-egress"})
    assert recipients_of(read_notice(alert, QUOTAS), QUOTAS) == ("ops@example.com",)


def test_the_watchdog_is_not_told() -> None:
    assert read_notices([pipeline(name=names.WATCHDOG_ALERT)], QUOTAS, NOW) == ()


@pytest.mark.parametrize("alert", [over(), pipeline(RESOLVED), replace(over(), annotations={})])
def test_what_is_resolved_is_told_only_where_quotas_yaml_wants_it(alert: Alert) -> None:
    assert read_notices([alert], QUOTAS, NOW) == ()
    assert len(read_notices([alert], WANTING, NOW)) == 1


def test_a_quota_that_is_gone_is_not_told_as_resolved() -> None:
    gone = usage(status=RESOLVED, ends_at=NOW, quota="gone")
    assert read_notices([gone], WANTING, NOW) == ()


@pytest.mark.parametrize("ends_at", [None, datetime(2026, 12, 1, 0, 1, tzinfo=UTC)])
def test_the_turn_of_a_period_is_no_end(ends_at: datetime | None) -> None:
    after = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    turned = over(ends_at=ends_at)
    assert read_notices([turned], WANTING, after) == ()
    assert len(read_notices([over()], WANTING, after)) == 1


def test_a_period_is_not_below_a_threshold_that_its_bytes_have_passed() -> None:
    # Prometheus was away: Alertmanager ends alerts that nobody evaluates.
    assert read_notices([usage(status=RESOLVED, ends_at=NOW)], WANTING, NOW) == ()
    # The same where the limit is another, but passed as well.
    assert read_notices([replace_used(over(), 451 * 10**9)], WANTING, NOW) == ()
    rolling = usage(status=RESOLVED, ends_at=NOW, calendar="rolling:30d", period="")
    assert len(read_notices([rolling], WANTING, NOW)) == 1


def test_a_forecast_that_came_true_or_is_not_looked_at_is_not_over() -> None:
    ended = replace(forecast(), status=RESOLVED, ends_at=NOW)
    assert read_notices([ended], WANTING, NOW) == ()
    # The limit was 400 GB, and is 500 GB.
    less = {names.LIMIT_BYTES: str(400 * 10**9), names.FORECAST_BYTES: str(450 * 10**9)}
    raised = replace(ended, annotations={**ended.annotations, **less})
    assert len(read_notices([raised], WANTING, NOW)) == 1


def test_the_limit_of_another_calendar_says_nothing_of_an_alert() -> None:
    daily = replace(over(), labels={**over().labels, "calendar": "day", "period": "20261124"})
    assert read_notices([daily], WANTING, NOW) == ()


def test_of_two_alerts_about_one_quota_the_higher_threshold_is_told() -> None:
    lower = usage(80, 460 * 10**9, calendar="rolling:30d", period="")
    higher = usage(90, 459 * 10**9, calendar="rolling:30d", period="")
    for alerts in ([lower, higher], [higher, lower]):
        [notice] = read_notices(alerts, QUOTAS, NOW)
        assert isinstance(notice, QuotaNotice)
        assert notice.threshold_percent == 90


def test_what_has_passed_a_higher_threshold_is_told_as_that() -> None:
    notice = read_quota(usage(80, 565 * 10**9))
    assert (notice.threshold_percent, notice.severity) == (100, "critical")
    assert notice.later_thresholds == ()
    almost = read_quota(usage(80, 450 * 10**9 - 1))
    assert (almost.threshold_percent, almost.severity) == (80, "info")
    exact = read_quota(usage(80, 450 * 10**9))
    assert (exact.threshold_percent, exact.later_thresholds) == (90, (100,))


def replace_used(alert: Alert, used_bytes: int) -> Alert:
    return replace(alert, annotations={**alert.annotations, names.USED_BYTES: str(used_bytes)})


def test_firing_comes_before_what_is_over() -> None:
    told = read_notices([pipeline(RESOLVED), pipeline(FIRING, instance="b")], WANTING, NOW)
    assert [notice.alert.status for notice in told] == [FIRING, RESOLVED]


def test_the_same_alert_twice_is_told_once() -> None:
    assert len(read_notices([usage(), usage()], QUOTAS, NOW)) == 1


def test_of_several_thresholds_of_one_quota_the_highest_is_told() -> None:
    (notice,) = read_notices([usage(80), usage(100), usage(90)], QUOTAS, NOW)
    assert notice.alert.labels[names.THRESHOLD] == "100"


def test_other_periods_and_other_consumers_are_told_apart() -> None:
    alerts = [usage(80), usage(90, period="202610"), usage(100, consumer="big-co")]
    assert len(read_notices(alerts, QUOTAS, NOW)) == 3


def test_the_gravest_comes_first() -> None:
    told = read_notices(
        [pipeline(), forecast(), usage(80, quota="a"), usage(100, quota="b"), usage(90)],
        QUOTAS,
        NOW,
    )
    assert [notice.alert.labels.get(names.THRESHOLD) for notice in told] == [
        "100",
        "90",
        "80",
        None,
        None,
    ]
    assert told[-1].alert.name == names.SCRAPE_FAILING_ALERT

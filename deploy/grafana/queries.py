"""The PromQL of the dashboard.

Names with a dollar sign are variables of Grafana: ``$quota`` is one quota, ``$service`` a regular
expression, ``$__interval`` the width of a bar, and ``$__range`` the time range of the dashboard.

All queries aggregate by labels of this project. So labels that an engine adds, such as the name of
a replica or of a rule group, change nothing.
"""

from quotas import names
from quotas.calendars import MONTH
from quotas.promql import match_any, match_regex, select, selector

_SELECTORS = ", ".join(names.SELECTOR_LABELS)
_ENTRY = f"{names.QUOTA}, {names.CALENDAR}, {names.PERIOD}, {_SELECTORS}"
_FIRING = 'alertstate="firing"'
_ROLLING_REACH = "11m"
# How many services, routes or consumers a chart shows.
MOST_SHOWN = 10


def _current(metric: str, by: str, *matchers: str) -> str:
    """Return PromQL for a quota's series in the current period.

    The series of a period that has ended remains for about an hour. A rolling window has no period,
    and a new value only every five minutes.
    """
    rolling = selector([*matchers, f'{names.PERIOD}=""'])
    return f"""\
max by ({by}) (
  last_over_time({metric}{rolling}[{_ROLLING_REACH}])
  or
  {metric}{selector(matchers)} and on ({names.CALENDAR}, {names.PERIOD}) {names.PERIOD_ELAPSED}
)"""


# Each entry of all quotas. All of these have the labels of an entry.
USED = _current(names.USED, _ENTRY)
RATIO = _current(names.RATIO, _ENTRY)
FORECAST = _current(names.FORECAST, _ENTRY)
LIMIT = f"""\
0 * {USED}
+ on ({names.QUOTA}) group_left ()
max by ({names.QUOTA}) ({names.LIMIT})"""

# 3: a threshold of 100 % or more is reached. 2: another threshold is. 1: the forecast passes the
# limit. 0: none of these.
_REACHED = selector(
    [f'alertname="{names.USAGE_ALERT}"', _FIRING, match_regex(names.THRESHOLD, "[0-9]{3,}.*")]
)
_NEAR = selector([f'alertname="{names.USAGE_ALERT}"', _FIRING])
_EXPECTED = selector([f'alertname="{names.FORECAST_ALERT}"', _FIRING])
STATE = f"""\
(
  3 * max by ({_ENTRY}) (ALERTS{_REACHED})
  or (2 * max by ({_ENTRY}) (ALERTS{_NEAR})
  or max by ({_ENTRY}) (ALERTS{_EXPECTED}))
)
and
{USED}
or
0 * {USED}"""

# The quota that is selected. With for_each, it has several series.
_SELECTED = f'{names.QUOTA}="$quota"'
SELECTED_USED = _current(names.USED, _SELECTORS, _SELECTED)
SELECTED_RATIO = _current(names.RATIO, _SELECTORS, _SELECTED)
SELECTED_FORECAST = _current(names.FORECAST, _SELECTORS, _SELECTED)
SELECTED_LIMIT = f"max({names.LIMIT}{selector([_SELECTED])})"


def selected_share(percent: int) -> str:
    """Return PromQL for some percent of the selected quota's limit, in bytes."""
    return f"{percent / 100} * {SELECTED_LIMIT}"


def moved_by(label: str) -> str:
    """Return PromQL for the bytes of each bar, for those values of a label that moved most."""
    # Earlier rules recorded deltas for each calendar; that of the month is always there.
    of_services = f'{names.SERVICE}=~"$service"'
    delta = names.DELTA + selector([match_any(names.CALENDAR, ["", MONTH.name]), of_services])
    return f"""\
label_replace(
  sum by ({label}) (sum_over_time({delta}[$__interval]))
  and on ({label})
  topk({MOST_SHOWN}, sum by ({label}) (sum_over_time({delta}[$__range] @ end()))),
  "{label}", "(none)", "{label}", ""
)"""


_JOB = select({"job": names.GATEWAY_JOB})
GATEWAYS = f"count(up{_JOB})"
GATEWAYS_UP = f"sum(up{_JOB})"
STEP_AGE = f"time() - max({names.STEP_END})"

# Until the rules are an hour old, nothing is missed. The group of the watchdog is evaluated once in
# each step. Of several Prometheus, the best one decides.
_WATCHDOG = f'ALERTS{{alertname="{names.WATCHDOG_ALERT}", {_FIRING}}}'
MISSED_EVALUATIONS = f"""\
clamp_min(
  max(3600 / prometheus_rule_group_interval_seconds{{rule_group=~".*;gateway-pipeline.*"}})
  - max(count_over_time({_WATCHDOG}[1h])),
  0
)
and on ()
max(present_over_time({_WATCHDOG}[1d] offset 1h))"""

# What was counted again in the last hour, beyond what was counted at first.
_QUARTER = f"{_SELECTORS}, {names.QUARTER_HOUR}"
_RECOUNTED = f"max by ({_QUARTER}) (max_over_time({names.RECOUNTED}[1h]))"
CAUGHT_UP = f"""\
sum(clamp_min(
  {_RECOUNTED}
  - on ({_QUARTER})
  (
    max by ({_QUARTER}) (max_over_time({names.OPEN}[3h]))
    or
    0 * {_RECOUNTED}
  ),
  0
))"""

# Every alert but the watchdog, which always fires, and those about quotas.
_QUOTA_ALERTS = (names.USAGE_ALERT, names.FORECAST_ALERT, names.WATCHDOG_ALERT)
PIPELINE_ALERTS = sorted(
    value
    for name, value in vars(names).items()
    if name.endswith("_ALERT") and value not in _QUOTA_ALERTS
)
ALERTS = (
    f"max by (alertname, alertstate, {names.SEVERITY}, instance) "
    f"(ALERTS{{{match_any('alertname', PIPELINE_ALERTS)}}})"
)

# The webhook's own metrics. What is read from the store is the same on each webhook; requests are
# counted by each for itself.
ALERTS_RECEIVED = "sum by (result) (increase(webhook_alerts_total[$__rate_interval]))"
REQUESTS = "sum by (status) (increase(webhook_requests_total[$__rate_interval]))"
ATTEMPTS = "max by (result) (increase(webhook_smtp_attempts_total[$__rate_interval]))"
MAILS_WAITING = 'max by (state) (webhook_outbox_mails{state=~"queued|sending"})'
OLDEST_MAIL = "max(webhook_outbox_oldest_seconds)"
UNDELIVERED = "max(webhook_undelivered_mails)"
HELD = "max(webhook_delivery_held)"
WATCHDOG_AGE = "time() - max(webhook_watchdog_seen_timestamp_seconds)"
DELIVERY_AGE = "time() - max(webhook_deliverer_seen_timestamp_seconds)"

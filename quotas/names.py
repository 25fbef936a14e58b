"""Names of all metrics, labels, alerts and annotations.

They are written by the rules and read by ``api`` and ``webhook``.
"""

# Kong's byte counters, after prometheus/prometheus.yml has given them the same labels for Kong 2
# and Kong 3.
GATEWAY_BYTES = "kong_bandwidth_bytes"
# Requests since the gateway's Nginx started, as Kong 3 and Kong 2 count them. The number falls
# only when Nginx restarts: a reload keeps it, as it keeps the counted bytes.
GATEWAY_REQUESTS = (
    '{__name__=~"kong_nginx_requests_total|kong_nginx_http_current_connections", state=~"|total"}'
)
# One series for each node that answers, since Kong 3. The label node_id tells nodes apart.
GATEWAY_NODES = 'kong_node_info{node_id!=""}'
# The scrape job of the gateways in prometheus/prometheus.yml.
GATEWAY_JOB = "kong"
# The labels that identify a scrape target.
TARGET_LABELS = ("job", "instance")

SERVICE = "service"
ROUTE = "route"
CONSUMER = "consumer"
WORKSPACE = "workspace"
DIRECTION = "direction"
# The labels that a quota can select by, in the order in which rules write them.
SELECTOR_LABELS = (SERVICE, ROUTE, CONSUMER, WORKSPACE, DIRECTION)

EGRESS = "egress"
INGRESS = "ingress"
BOTH = "both"

SEVERITIES = ("info", "warning", "critical")

QUOTA = "quota"
PERIOD = "period"
CALENDAR = "calendar"
# Which quarter of an hour, as a number that repeats after some.
QUARTER_HOUR = "quarter_hour"
TIMEZONE = "timezone"
THRESHOLD = "threshold"
SEVERITY = "severity"
# Labels that the rules set. A quota's own labels cannot have these names.
RESERVED_LABELS = frozenset(
    {*SELECTOR_LABELS, *TARGET_LABELS, QUOTA, PERIOD, CALENDAR, THRESHOLD, SEVERITY, "alertname"}
)

# Labels that alerts have by themselves. Labels of all alerts cannot have these names.
ALERT_LABELS = RESERVED_LABELS | {"group", "metric", "node_id"}

# Recorded series.
DELTA = "gateway:bandwidth_bytes:delta"
USED = "quota:bandwidth_bytes:used"
LIMIT = "quota:bandwidth_bytes:limit"
RATIO = "quota:bandwidth_bytes:ratio"
FORECAST = "quota:bandwidth_bytes:forecast"
# A number that changes when a quota counts other traffic than before.
SELECTION = "quota:selection:id"

# The end of the newest step that has been counted, in Unix seconds; and by earlier rules.
STEP_END = "gateway:step_end:timestamp_seconds"
EARLIER_STEP_END = "gateway:counted_until:timestamp_seconds"

# Sums of deltas. ``quotas.rules.accounting.totals`` explains them.
LOCAL_TIME = "gateway:quarter_hour:local_time_seconds"
QUARTER_HOUR_PERIOD = "gateway:quarter_hour:period"
OPEN = "gateway:bandwidth_bytes:quarter_hour"
RECOUNTED = "gateway:bandwidth_bytes:recounted_quarter_hour"
CLOSED = "gateway:bandwidth_bytes:closed"
HEALED = "gateway:bandwidth_bytes:healed"
EARLIER = "gateway:bandwidth_bytes:earlier"
COUNTED, COUNTED_EARLIER, COUNTED_AGAIN = "counted", "earlier", "again"
EARLIER_READ = "gateway:earlier_read:timestamp_seconds"
TOTAL = "gateway:bandwidth_bytes:total"
# What the rules remember of each gateway. ``quotas.rules.accounting.evidence`` explains them.
COUNTERS = "gateway:counters:count"
MOST_COUNTERS = "gateway:most_counters:count"
MISSING_COUNTERS = "gateway:missing_counters:count"
RESTARTED = "gateway:restarted:timestamp_seconds"
UNCLEAR = "gateway:bandwidth_bytes:unclear"
INTACT = "gateway:intact_since:timestamp_seconds"
SEEN = "gateway:seen:timestamp_seconds"
# For each calendar: seconds since the current period began, and seconds until it ends. The series
# of a period remain for some minutes after it has ended.
PERIOD_ELAPSED = "gateway:period:elapsed_seconds"
PERIOD_LEFT = "gateway:period:left_seconds"
# The same periods, while their bytes are counted: with the seconds that had passed last.
PERIOD_COUNTED = "gateway:period:counted_seconds"

# Alerts about quotas.
USAGE_ALERT = "BandwidthQuotaUsage"
FORECAST_ALERT = "BandwidthQuotaForecast"
# Alerts about the pipeline itself.
METRICS_MISSING_ALERT = "BandwidthMetricsMissing"
SCRAPE_FAILING_ALERT = "GatewayScrapeFailing"
RULES_FAILING_ALERT = "QuotaRulesFailing"
WATCHDOG_ALERT = "QuotaPipelineWatchdog"

# Annotations of quota alerts: raw numbers, for programs.
USED_BYTES = "used_bytes"
LIMIT_BYTES = "limit_bytes"
RATIO_NUMBER = "ratio"
FORECAST_BYTES = "forecast_bytes"
# Annotations of all alerts: text, for people.
SUMMARY = "summary"
DESCRIPTION = "description"
# The address of the page that says what to do about the alert, if quotas.yaml has a runbook_url.
# The anchor is the alert's name in lower case, as web pages derive it from a heading.
RUNBOOK_URL = "runbook_url"

# Alerts about doubts: states in which the numbers may be wrong. ``quotas.rules.doubts`` has them.
SCRAPED_TWICE_ALERT = "GatewayScrapedTwice"
SEVERAL_NODES_ALERT = "GatewaysBehindOneAddress"
TARGETS_COLLIDE_ALERT = "GatewayTargetsCollide"
DICTIONARY_FULL_ALERT = "GatewayDictionaryFull"
METRIC_ERRORS_ALERT = "GatewayMetricErrors"
LABELS_UNKNOWN_ALERT = "BandwidthLabelsUnknown"
NAME_UNKNOWN_ALERT = "BandwidthNameUnknown"
SAMPLES_DROPPED_ALERT = "GatewaySamplesDropped"
EVALUATIONS_MISSED_ALERT = "QuotaEvaluationsMissed"
CONSUMERS_NOT_COUNTED_ALERT = "GatewayConsumersNotCounted"

# All alerts of the rules.
ALERTS = frozenset(
    {
        USAGE_ALERT,
        FORECAST_ALERT,
        METRICS_MISSING_ALERT,
        SCRAPE_FAILING_ALERT,
        RULES_FAILING_ALERT,
        WATCHDOG_ALERT,
        SCRAPED_TWICE_ALERT,
        SEVERAL_NODES_ALERT,
        TARGETS_COLLIDE_ALERT,
        DICTIONARY_FULL_ALERT,
        METRIC_ERRORS_ALERT,
        LABELS_UNKNOWN_ALERT,
        NAME_UNKNOWN_ALERT,
        SAMPLES_DROPPED_ALERT,
        EVALUATIONS_MISSED_ALERT,
        CONSUMERS_NOT_COUNTED_ALERT,
    }
)

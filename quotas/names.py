"""Every name of a metric, label and alert: the rules write them, everyone else reads them."""

# What Kong counts, in the one shape that prometheus/prometheus.yml brings it to.
GATEWAY_BYTES = "kong_bandwidth_bytes"
# Requests since the gateway's Nginx was started, by Kong 3 and by Kong 2: they fall when it was
# started anew, and only then, since a reload keeps them as it keeps the counted bytes.
GATEWAY_REQUESTS = (
    '{__name__=~"kong_nginx_requests_total|kong_nginx_http_current_connections", state=~"|total"}'
)
# The scrape job of the gateways, as prometheus/prometheus.yml calls it.
GATEWAY_JOB = "kong"
# The labels that make a scrape target.
TARGET_LABELS = ("job", "instance")

SERVICE = "service"
ROUTE = "route"
CONSUMER = "consumer"
WORKSPACE = "workspace"
DIRECTION = "direction"
# What a quota can select by, in the order in which it is written.
SELECTOR_LABELS = (SERVICE, ROUTE, CONSUMER, WORKSPACE, DIRECTION)

EGRESS = "egress"
INGRESS = "ingress"
BOTH = "both"

SEVERITIES = ("info", "warning", "critical")

QUOTA = "quota"
PERIOD = "period"
CALENDAR = "calendar"
THRESHOLD = "threshold"
SEVERITY = "severity"
# Labels that the rules set: a quota's own labels cannot take these names.
RESERVED_LABELS = frozenset(
    {*SELECTOR_LABELS, *TARGET_LABELS, QUOTA, PERIOD, CALENDAR, THRESHOLD, SEVERITY, "alertname"}
)

# Recorded series.
DELTA = "gateway:bandwidth_bytes:delta"
USED = "quota:bandwidth_bytes:used"
LIMIT = "quota:bandwidth_bytes:limit"
RATIO = "quota:bandwidth_bytes:ratio"
FORECAST = "quota:bandwidth_bytes:forecast"

# The end of the newest step that was counted, in Unix seconds.
COUNTED_UNTIL = "gateway:counted_until:timestamp_seconds"
# Of each calendar, by period: seconds since the current one began, and until it ends. A period
# that has just ended is there a little longer.
PERIOD_ELAPSED = "gateway:period:elapsed_seconds"
PERIOD_LEFT = "gateway:period:left_seconds"

# Alerts about quotas.
USAGE_ALERT = "BandwidthQuotaUsage"
FORECAST_ALERT = "BandwidthQuotaForecast"
# Alerts about the pipeline itself.
METRICS_MISSING_ALERT = "BandwidthMetricsMissing"
SCRAPE_FAILING_ALERT = "GatewayScrapeFailing"
RULES_FAILING_ALERT = "QuotaRulesFailing"
WATCHDOG_ALERT = "QuotaPipelineWatchdog"

# Annotations of the quota alerts: raw numbers, for programs.
USED_BYTES = "used_bytes"
LIMIT_BYTES = "limit_bytes"
RATIO_NUMBER = "ratio"
FORECAST_BYTES = "forecast_bytes"
# Annotations of every alert: text, for people.
SUMMARY = "summary"
DESCRIPTION = "description"
# The same, where quotas.yaml names the page: what to do about it. The page's heading is the alert's
# name, of which web pages make an anchor in small letters.
RUNBOOK_URL = "runbook_url"

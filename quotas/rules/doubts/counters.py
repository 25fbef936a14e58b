"""Doubts about counters: whether gateways keep all of them, and Prometheus stores them as known."""

from string import Template

from quotas import names
from quotas.rules.doubts.doubt import Doubt

# A full dictionary drops the counters that were not used for longest, and Kong reports no error.
# Both series of a dictionary have the same labels, so that one odd target cannot fail the query.
_DICTIONARY_FULL = """\
max by (job, instance) (
  100 * kong_memory_lua_shared_dict_bytes{shared_dict="prometheus_metrics"}
  / kong_memory_lua_shared_dict_total_bytes{shared_dict="prometheus_metrics"}
) > 80"""

# Kong starts it at 0, also after a reload.
_METRIC_ERRORS = """\
max by (job, instance) (increase(kong_nginx_metric_errors_total[15m])) > 0"""

# Prometheus moved a label of Kong aside, or nothing has given the direction of Kong 2 its name.
# Without such series, each of these reads only the index.
_LABELS_UNKNOWN = """\
count by (job, instance) (
  $counters{exported_service!=""}
  or ($counters{exported_route!=""}
  or ($counters{exported_consumer!=""}
  or ($counters{exported_workspace!=""}
  or ($counters{exported_direction!=""}
  or ($counters{exported_type!=""}
  or $counters{direction=""})))))
)"""

# A new name of the metric, or one that relabelling does not bring to the known name. Names with a
# colon are recorded by rules. kong_bandwidth_total without a route is a sum that Kong 0.14 exposes
# beside the counters.
_NAME_UNKNOWN = """\
count by (job, instance, metric) (
  label_replace(
    {
      job="$job",
      __name__=~"kong[^:]*bandwidth[^:]*",
      __name__!~"$counters|kong_bandwidth_total|.*_created"
    }
    or
    kong_bandwidth_total{job="$job", route!=""},
    "metric", "$$1", "__name__", "(.+)"
  )
)"""

# Of samples with equal labels in one scrape, Prometheus stores one. It counts the others since
# version 2.52 only, and not for each job, hence the comparison of what a scrape brought with what
# is there. Series from rules do not matter: they make the second number larger. A collector, whose
# series have the instances of gateways, shows no count of requests of its own.
_SAMPLES_DROPPED = """\
max by (job, instance) (scrape_samples_post_metric_relabeling{job="$job"})
- on (job, instance)
count by (job, instance) ({job="$job", __name__!~"up|scrape_.+|ALERTS.*|.*:.*"})
> 0
and on (job, instance)
$requests"""

_HOLES = {
    "job": names.GATEWAY_JOB,
    "counters": names.GATEWAY_BYTES,
    "requests": names.GATEWAY_REQUESTS,
}
_RELABEL = (
    "Copy relabel_configs and metric_relabel_configs of prometheus/prometheus.yml into the job "
    "that scrapes it."
)


def counter_doubts() -> list[Doubt]:
    """Return the doubts about counters."""
    return [
        Doubt(
            names.DICTIONARY_FULL_ALERT,
            _DICTIONARY_FULL,
            summary="The counters of gateway $instance take $value % of their memory",
            cause=(
                "When Kong's dictionary prometheus_metrics is full, Kong drops the counters that "
                "were not used for longest, without an error. Their bytes are lost."
            ),
            cure="Set KONG_NGINX_HTTP_LUA_SHARED_DICT to a larger size and restart the gateway.",
            for_seconds=600,
            severity="warning",
        ),
        Doubt(
            names.METRIC_ERRORS_ALERT,
            _METRIC_ERRORS,
            summary="Gateway $instance cannot count all of its metrics",
            cause=(
                "Its prometheus plugin had errors within 15 minutes "
                "(kong_nginx_metric_errors_total: $value). Bytes of those requests may be missing."
            ),
            cure="The error log of the gateway says why. Check whether its dictionary is full.",
            for_seconds=0,
        ),
        Doubt(
            names.LABELS_UNKNOWN_ALERT,
            Template(_LABELS_UNKNOWN).substitute(_HOLES),
            summary="Counters of gateway $instance have other labels than the rules know",
            cause=(
                "Series of kong_bandwidth_bytes ($value) have a label exported_..., or no "
                "direction. They count under another service, route or consumer, or for no quota."
            ),
            cure=_RELABEL,
            for_seconds=300,
        ),
        Doubt(
            names.NAME_UNKNOWN_ALERT,
            Template(_NAME_UNKNOWN).substitute(_HOLES),
            summary="Gateway $instance exposes its bytes as $metric",
            cause="The rules do not know this name, and do not count its series ($value).",
            cure=_RELABEL,
            for_seconds=300,
        ),
        Doubt(
            names.SAMPLES_DROPPED_ALERT,
            Template(_SAMPLES_DROPPED).substitute(_HOLES),
            summary="Prometheus drops samples of gateway $instance",
            cause=(
                "After relabelling, samples of one scrape have the same labels, and only one of "
                "them is stored (dropped: $value). Bytes may be missing."
            ),
            cure=(
                "Find what is equal in its /metrics except for the labels and names that "
                "relabelling changes, and correct the relabelling."
            ),
            for_seconds=900,
        ),
    ]

"""The alerts about counters: gateways must keep them, and Prometheus store them as known."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.doubts import firing, pipeline_of, run_pipeline
from tests.integration.rules.alerts.expectations import HEAD, ONE_QUOTA
from tests.integration.support.promtool import Case, counter, series, up

FULL = names.DICTIONARY_FULL_ALERT
ERRORS = names.METRIC_ERRORS_ALERT
LABELS = names.LABELS_UNKNOWN_ALERT
NAME = names.NAME_UNKNOWN_ALERT
CONSUMERS = names.CONSUMERS_NOT_COUNTED_ALERT
DROPPED = names.SAMPLES_DROPPED_ALERT


def of(metric: str, instance: str = "a:8100", **labels: str) -> str:
    """Return the name of a series of a gateway."""
    return series(metric, job=names.GATEWAY_JOB, instance=instance, **labels)


def dictionary(instance: str, used: str, **labels: str) -> dict[str, str]:
    """Return the bytes that a gateway's dictionary of counters uses, and its size of 5000."""
    labels |= {"shared_dict": "prometheus_metrics", "kong_subsystem": "http"}
    return {
        of("kong_memory_lua_shared_dict_bytes", instance, **labels): used,
        of("kong_memory_lua_shared_dict_total_bytes", instance, **labels): "5000+0x240",
    }


def test_a_dictionary_that_is_more_than_80_percent_full_is_alerted(tmp_path: Path) -> None:
    other = {"shared_dict": "kong_db_cache", "kong_subsystem": "http"}
    story = {
        **dictionary("a:8100", "4000+0x40 4001+0x200", node_id="n1"),
        **dictionary("b:8100", "4000+0x240", node_id="n2"),
        **dictionary("c:8100", "5000+0x240"),
        # Its size is unknown.
        of(
            "kong_memory_lua_shared_dict_bytes", "d:8100", shared_dict="prometheus_metrics"
        ): "9+0x240",
        of("kong_memory_lua_shared_dict_bytes", "e:8100", **other): "10+0x240",
        of("kong_memory_lua_shared_dict_total_bytes", "e:8100", **other): "10+0x240",
    }
    expected = [
        firing(FULL, "8m"),
        firing(FULL, "12m", "c:8100"),
        firing(FULL, "25m", "a:8100", "c:8100"),
    ]
    run_pipeline(tmp_path, Case(story, expected))


def test_errors_of_the_plugin_are_alerted_until_there_were_none_for_half_an_hour(
    tmp_path: Path,
) -> None:
    errors = "kong_nginx_metric_errors_total"
    story = {
        of(errors, "a:8100"): "0+0x40 3+0x200",
        of(errors, "b:8100"): "7+0x240",
        # A reload sets it to 0.
        of(errors, "c:8100"): "7+0x40 0+0x200",
    }
    expected = [
        firing(ERRORS, "9m"),
        firing(ERRORS, "17m", "a:8100"),
        firing(ERRORS, "38m", "a:8100"),
        firing(ERRORS, "42m"),
    ]
    run_pipeline(tmp_path, Case(story, expected))


@pytest.mark.parametrize(
    "labels",
    [
        *(
            {"exported_" + label: "bun"}
            for label in ("service", "route", "consumer", "workspace", "direction", "type")
        ),
        {"direction": ""},
    ],
)
def test_labels_that_relabelling_did_not_bring_back_are_alerted(
    tmp_path: Path, labels: dict[str, str]
) -> None:
    story = {
        counter("a:8100", **labels): "0+5x240",
        counter("b:8100"): "0+5x240",
        of("kong_http_requests_total", "c:8100", **labels): "0+5x240",
    }
    run_pipeline(tmp_path, Case(story, [firing(LABELS, "3m"), firing(LABELS, "7m", "a:8100")]))


def test_labels_are_not_alerted_after_the_relabelling_was_corrected(tmp_path: Path) -> None:
    story = {
        counter("a:8100", exported_service="bun"): "0+5x12 stale",
        counter("a:8100"): "_x13 65+5x240",
    }
    expected = [firing(LABELS, f"{minute}m") for minute in (2, 4, 6, 8, 20)]
    run_pipeline(tmp_path, Case(story, expected))


@pytest.mark.parametrize(
    "metric",
    [
        "kong_bandwidth",
        "kong_bandwidth_bytes_total",
        "kong_bandwidth_total",
        "kong_http_bandwidth",
        "kong_stream_bandwidth_bytes",
    ],
)
def test_bytes_under_an_unknown_name_are_alerted(tmp_path: Path, metric: str) -> None:
    story = {of(metric, "a:8100", route="r"): "0+5x240", counter("b:8100"): "0+5x240"}
    run_pipeline(tmp_path, Case(story, [firing(NAME, "3m"), firing(NAME, "7m", "a:8100")]))


def test_several_unknown_names_at_a_gateway_are_alerted_each(tmp_path: Path) -> None:
    story = {
        of("kong_bandwidth", route="r"): "0+5x240",
        of("kong_bandwidth_bytes_total", route="r"): "0+5x240",
        of("kong_bandwidth_bytes_total", route="s"): "0+5x240",
    }
    case = Case(story, [firing(NAME, "7m", "a:8100", alerts=2)])
    run_pipeline(tmp_path, case)


@pytest.mark.parametrize(
    ("why", "name"),
    [
        ("known", counter()),
        ("the sum of Kong 0.14", of("kong_bandwidth_total", type="egress")),
        ("recorded by a rule", of("kong:bandwidth_bytes:rate5m")),
        ("when a counter began", of("kong_bandwidth_bytes_created")),
        ("of another job", series("kong_bandwidth", job="node", instance="a:8100")),
        ("no bandwidth", of("kong_http_requests_total")),
    ],
)
def test_other_names_are_not_alerted(tmp_path: Path, why: str, name: str) -> None:
    run_pipeline(tmp_path, Case({name: "0+5x240"}, [firing(NAME, "30m")], name=why))


def scrape(instance: str, samples: int) -> dict[str, str]:
    """Return what a gateway with 3 series shows of a scrape with a number of samples."""
    return {
        up(instance): "1+0x240",
        of("scrape_duration_seconds", instance): "1+0x240",
        of("scrape_samples_scraped", instance): f"{samples + 2}+0x240",
        of("scrape_samples_post_metric_relabeling", instance): f"{samples}+0x240",
        of("kong_nginx_requests_total", instance, subsystem="http"): "0+1x240",
        counter(instance): "0+5x240",
        counter(instance, direction="ingress"): "0+5x240",
    }


def test_samples_that_are_dropped_as_duplicates_are_alerted(tmp_path: Path) -> None:
    story = {
        **scrape("a:8100", 5),
        **scrape("b:8100", 3),
        # What rules recorded of it does not hide a dropped sample.
        of("gateway:seen:timestamp_seconds"): "0+15x240",
    }
    run_pipeline(tmp_path, Case(story, [firing(DROPPED, "14m"), firing(DROPPED, "16m", "a:8100")]))


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("all are stored", scrape("a:8100", 3)),
        (
            "a counter vanished",
            scrape("a:8100", 3)
            | {counter("a:8100"): "0+5x40 stale"}
            | {of("scrape_samples_post_metric_relabeling"): "3+0x40 2+0x200"},
        ),
        (
            "rules record more about the gateway",
            scrape("a:8100", 3) | {of("my_own_record"): "1+0x240"},
        ),
        (
            "a scrape fails",
            {
                of("kong_nginx_requests_total"): "0+1x40 stale",
                of("scrape_samples_post_metric_relabeling"): "1+0x40 0+0x200",
            },
        ),
        (
            "a collector exposes the series of gateways",
            {
                up("collector:9464"): "1+0x240",
                of("scrape_samples_post_metric_relabeling", "collector:9464"): "9+0x240",
                of("otelcol_uptime", "collector:9464"): "1+0x240",
                of("kong_nginx_requests_total", "a:8100"): "0+1x240",
                counter("a:8100"): "0+5x240",
            },
        ),
    ],
)
def test_scrapes_whose_samples_are_all_there_are_not_alerted(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    case = Case(story, [firing(DROPPED, f"{minute}m") for minute in (16, 30, 50)], name=why)
    run_pipeline(tmp_path, case)


BY_CONSUMER = HEAD + "  - {name: a, consumer: acme, limit: 10 kB}\n"
KONGS = {
    of("kong_nginx_http_current_connections", "a:8100", state="total"): "0+1x240",
    of("kong_nginx_http_current_connections", "a:8100", state="active"): "1+0x240",
    of("kong_nginx_requests_total", "b:8100", subsystem="http"): "0+1x240",
    series("kong_nginx_http_current_connections", job="x", state="total"): "0+1x240",
}


def test_kong_2_is_alerted_if_a_quota_counts_by_consumer(tmp_path: Path) -> None:
    expected = [firing(CONSUMERS, "14m"), firing(CONSUMERS, "17m", "a:8100")]
    run_pipeline(tmp_path, Case(KONGS, expected), quotas=BY_CONSUMER)


def test_kong_2_is_not_alerted_if_no_quota_counts_by_consumer(tmp_path: Path) -> None:
    assert CONSUMERS not in pipeline_of(ONE_QUOTA)
    run_pipeline(tmp_path, Case(KONGS, [firing(CONSUMERS, "30m")]), quotas=ONE_QUOTA)

"""Workers, reloads, restarts and the plugin: what a scrape shows after each."""

import re

import pytest

from kong.mock.gateway import Gateway
from kong.mock.memory.workers import Worker
from kong.mock.metrics.exposition import Format
from kong.mock.metrics.kong_2_7 import KONG_2_7
from kong.mock.metrics.kong_3_9 import KONG_3_9
from tests.unit.kong.mock.exchanges import NODE_ID, count, exchange, make_gateway, value

EGRESS = {
    "3.9": 'kong_bandwidth_bytes{service="bun-service",route="bun-route",direction="egress",'
    'workspace="default",consumer=""}',
    "2.7": 'kong_bandwidth{service="bun-service",route="bun-route",type="egress"}',
}
VERSIONS = pytest.mark.parametrize("kong", [KONG_3_9, KONG_2_7], ids=["3.9", "2.7"])


def egress(gateway: Gateway, worker: Worker) -> str | None:
    return value(gateway.metrics(worker), EGRESS[gateway.kong.kong])


def total_bytes(gateway: Gateway) -> int:
    return sum(gateway.counters.snapshot().bandwidth_bytes.values())


@VERSIONS
def test_a_scrape_shows_the_answering_worker_and_what_the_others_have_synced(kong: Format) -> None:
    gateway, (first, second) = make_gateway(kong, workers=2)
    count(gateway, first, exchange(size=(80, 200)))
    assert egress(gateway, second) is None
    assert egress(gateway, first) == "200"
    # The scrape has synced the worker that answered it.
    assert egress(gateway, second) == "200"
    count(gateway, first, exchange(size=(80, 200)))
    assert egress(gateway, second) == "200"
    gateway.sync()
    assert egress(gateway, second) == "400"


def test_exact_counts_do_not_wait_for_a_sync() -> None:
    gateway, (first, _) = make_gateway(workers=2)
    count(gateway, first, exchange(size=(80, 200)))
    assert total_bytes(gateway) == 280
    assert gateway.unsynced == 3
    gateway.sync()
    assert gateway.unsynced == 0


@VERSIONS
def test_a_reload_keeps_counts_requests_and_node_and_replaces_the_workers(kong: Format) -> None:
    gateway, (first, second) = make_gateway(kong, workers=2)
    count(gateway, first, exchange(size=(80, 200)))
    count(gateway, second, exchange(size=(80, 200)))
    gateway.reload()
    assert gateway.pids == (2073, 2074)
    assert first.is_retired
    assert second.is_retired
    assert gateway.node_id == NODE_ID
    assert egress(gateway, gateway.worker()) == "400"
    assert gateway.counters.snapshot().total_requests == 2


def test_after_a_reload_kong_3_shows_only_the_new_workers_and_kong_2_also_the_old() -> None:
    # Kong 2's gauges are in the dictionary, which a reload keeps.
    for kong, pids in ((KONG_3_9, ["2072"]), (KONG_2_7, ["2071", "2072"])):
        gateway, (worker,) = make_gateway(kong)
        gateway.metrics(worker)
        gateway.reload()
        assert re.findall(r'pid="(\d+)"', gateway.metrics(gateway.worker())) == pids


def test_a_request_that_is_open_during_a_reload_is_lost_to_the_metrics() -> None:
    gateway, (worker,) = make_gateway()
    gateway.counters.begin()
    gateway.reload()
    gateway.finish(worker, exchange(size=(80, 200)))
    gateway.sync()
    assert egress(gateway, gateway.worker()) is None
    assert gateway.unsynced == 0
    assert total_bytes(gateway) == 280


@VERSIONS
def test_a_restart_forgets_all_counts(kong: Format) -> None:
    gateway, (first, second) = make_gateway(kong, workers=2)
    count(gateway, first, exchange())
    gateway.sync()
    count(gateway, second, exchange())
    gateway.restart()
    gateway.sync()
    assert "bandwidth" not in gateway.metrics(second)
    assert total_bytes(gateway) == 0
    assert gateway.pids == (2073, 2074)
    # Connections outlive the restart, and go on counting.
    count(gateway, first, exchange(size=(1, 2)))
    assert egress(gateway, first) == "2"


def test_a_node_has_a_new_identity_after_a_restart_unless_it_is_given() -> None:
    gateway = Gateway(KONG_3_9)
    before = gateway.node_id
    gateway.reload()
    assert gateway.node_id == before
    gateway.restart()
    assert gateway.node_id != before
    assert f'node_id="{gateway.node_id}"' in gateway.metrics(gateway.worker())
    fixed, _ = make_gateway()
    fixed.restart()
    assert fixed.node_id == NODE_ID


def test_without_the_plugin_kong_3_shows_only_gauges_and_later_the_counts_again() -> None:
    gateway, (worker,) = make_gateway()
    count(gateway, worker, exchange(size=(80, 200)))
    gateway.has_plugin = False
    count(gateway, worker, exchange(size=(80, 200)))
    text = gateway.metrics(worker)
    assert set(re.findall("^# TYPE (.*)$", text, re.MULTILINE)) == {
        "kong_datastore_reachable gauge",
        "kong_memory_lua_shared_dict_bytes gauge",
        "kong_memory_lua_shared_dict_total_bytes gauge",
        "kong_memory_workers_lua_vms_bytes gauge",
        "kong_nginx_connections_total gauge",
        "kong_nginx_requests_total gauge",
        "kong_nginx_timers gauge",
        "kong_node_info gauge",
    }
    gateway.has_plugin = True
    assert egress(gateway, worker) == "200"
    assert total_bytes(gateway) == 560


def test_without_the_plugin_kong_2_still_shows_what_was_counted_before() -> None:
    gateway, (worker,) = make_gateway(KONG_2_7)
    count(gateway, worker, exchange(size=(80, 200)))
    gateway.has_plugin = False
    count(gateway, worker, exchange(size=(80, 200)))
    assert egress(gateway, worker) == "200"


@VERSIONS
def test_a_reload_sets_the_errors_to_zero(kong: Format) -> None:
    gateway, _ = make_gateway(kong, dictionary_bytes=16 * 1024)
    gateway._dictionary.increment("nginx_metric_errors_total", 5)
    gateway.reload()
    assert gateway._dictionary.get("nginx_metric_errors_total") in (0, 1)


def test_a_full_dictionary_drops_whole_series_without_an_error() -> None:
    gateway, (worker,) = make_gateway(dictionary_bytes=64 * 1024)
    for number in range(1000):
        count(gateway, worker, exchange(consumer=f"consumer-{number}"))
        gateway.sync()
    text = gateway.metrics(worker)
    shown = re.findall(r'kong_http_requests_total\{.*consumer="consumer-(\d+)"\} 1', text)
    assert 0 < len(shown) < 100
    assert "999" in shown
    assert "0" not in shown
    used = f'kong_memory_lua_shared_dict_bytes{{node_id="{NODE_ID}",'
    labels = 'shared_dict="prometheus_metrics",kong_subsystem="http"}'
    assert value(text, used + labels) == str(64 * 1024)
    # The number of errors was the least recently used key. An eviction is not an error.
    assert value(text, "kong_nginx_metric_errors_total") is None


def test_after_a_scrape_a_full_dictionary_drops_byte_counters_before_request_counters() -> None:
    # A scrape reads the keys in the order of the alphabet: "bandwidth_bytes" is used first, and
    # then it is the least recently used.
    gateway, (worker,) = make_gateway(dictionary_bytes=48 * 1024)
    for number in range(40):
        count(gateway, worker, exchange(consumer=f"consumer-{number}"))
    before = gateway.metrics(worker)
    for number in range(40, 60):
        count(gateway, worker, exchange(consumer=f"consumer-{number}"))
    after = gateway.metrics(worker)
    assert before.count("kong_bandwidth_bytes{") == 80
    assert after.count("kong_bandwidth_bytes{") < 120
    assert after.count("kong_http_requests_total{") == 60
    egress = re.compile(r'kong_bandwidth_bytes\{.*direction="egress".*consumer="consumer-(\d+)"')
    assert "0" not in egress.findall(after)
    assert "59" in egress.findall(after)


def test_a_gauge_of_kong_2_without_memory_is_an_error() -> None:
    gateway, (worker,) = make_gateway(KONG_2_7, dictionary_bytes=16 * 1024)
    text = gateway.metrics(worker)
    assert int(value(text, "kong_nginx_metric_errors_total") or 0) > 0

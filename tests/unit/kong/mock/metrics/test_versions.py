"""What /metrics of each version of Kong shows, after any traffic and after none."""

import re
from pathlib import Path

import pytest

from kong.mock.metrics.exposition import Format
from kong.mock.metrics.kong_2_7 import KONG_2_7
from kong.mock.metrics.kong_3_9 import KONG_3_9
from tests.unit.kong.mock.exchanges import count, exchange, make_gateway, value

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = pytest.mark.parametrize("kong", [KONG_3_9, KONG_2_7], ids=["3.9", "2.7"])


def exposed(kong: Format, *, workers: int = 1) -> str:
    gateway, (worker, *_) = make_gateway(kong, workers=workers)
    gateway.counters.open_connection()
    count(
        gateway,
        worker,
        exchange("bun", "globex", size=(120, 9300), request_ms=71),
        exchange("bin", "", size=(93, 264)),
        exchange("bun", "acme", code=400, source="kong", size=(80, 200)),
        exchange("bun", "", size=(80, 200)),
    )
    gateway.counters.count_other()
    return gateway.metrics(worker)


@VERSIONS
def test_metrics_are_written_as_this_version_of_kong_writes_them(kong: Format) -> None:
    assert exposed(kong, workers=2) == (GOLDEN / f"metrics-{kong.kong}.txt").read_text()


@VERSIONS
def test_every_metric_has_its_comments(kong: Format) -> None:
    text = exposed(kong)
    names = {
        re.sub(r"_(bucket|count|sum)$", "", line.split("{")[0].split()[0])
        for line in text.splitlines()
        if not line.startswith("#")
    }
    assert names == set(re.findall(r"^# HELP (\S+) ", text, re.MULTILINE))
    assert names == {f"kong_{name}" for name in kong.families}


@VERSIONS
def test_a_new_gateway_has_no_traffic_metrics(kong: Format) -> None:
    gateway, (worker,) = make_gateway(kong)
    text = gateway.metrics(worker)
    assert not re.search("bandwidth|http_requests|http_status|consumer|latency", text)
    assert value(text, "kong_nginx_metric_errors_total") == "0"


@VERSIONS
def test_each_worker_has_its_memory(kong: Format) -> None:
    lines = [line for line in exposed(kong, workers=3).splitlines() if "lua_vms_bytes{" in line]
    assert [re.findall(r'pid="(\d+)"', line) for line in lines] == [["2071"], ["2072"], ["2073"]]


def test_only_kong_3_has_a_dictionary_for_secrets_and_a_node() -> None:
    for word in ('shared_dict="kong_secrets"', "node_id="):
        assert word in exposed(KONG_3_9)
        assert word not in exposed(KONG_2_7)


def test_kong_2_7_sums_the_bytes_of_all_consumers() -> None:
    gateway, (worker,) = make_gateway(KONG_2_7)
    count(
        *(gateway, worker, exchange("bun", "acme", size=(1, 10))),
        exchange("bun", "globex", size=(2, 20)),
    )
    text = gateway.metrics(worker)
    labels = 'service="bun-service",route="bun-route"'
    assert value(text, f'kong_bandwidth{{{labels},type="egress"}}') == "30"
    assert value(text, f'kong_bandwidth{{{labels},type="ingress"}}') == "3"


def test_kong_2_7_has_the_buckets_that_a_latency_reached() -> None:
    gateway, (worker,) = make_gateway(KONG_2_7)
    count(gateway, worker, exchange(request_ms=4000), exchange(request_ms=70000))
    text = gateway.metrics(worker)
    of = 'service="bun-service",route="bun-route",type="request"'
    bounds = re.findall(rf'kong_latency_bucket\{{{of},le="(\S+)"\}} (\d)', text)
    assert bounds == [("5000", "1"), ("10000", "1"), ("30000", "1"), ("60000", "1"), ("+Inf", "2")]
    assert value(text, f"kong_latency_count{{{of}}}") == "2"
    assert value(text, f"kong_latency_sum{{{of}}}") == "74000"


def test_kong_2_7_waits_for_no_service_if_kong_answers() -> None:
    gateway, (worker,) = make_gateway(KONG_2_7)
    count(gateway, worker, exchange(code=400, source="kong"))
    types = re.findall(r'kong_latency_count\{.*type="(\w+)"\} 1', gateway.metrics(worker))
    assert types == ["kong", "request"]


def test_values_from_1e14_on_lose_their_last_digits() -> None:
    gateway, (worker,) = make_gateway()
    count(gateway, worker, exchange(size=(99_999_999_999_999, 123_456_789_012_399)))
    lines = [line for line in gateway.metrics(worker).splitlines() if "bandwidth_bytes{" in line]
    assert [line.split()[-1] for line in lines] == ["1.234567890124e+14", "99999999999999"]

import re
from pathlib import Path

import pytest

from kong.mock.counters import Counters, Exchange
from kong.mock.exposition import FORMATS, Node, render

GOLDEN = Path(__file__).parent / "golden"
NODE = Node(node_id="849373c5-45c1-4c1d-b595-fdeaea6daed8", pid=2071)


def exchange(
    name: str, consumer: str, *, code: int = 200, source: str = "service", size: tuple[int, int]
) -> Exchange:
    return Exchange(f"{name}-service", f"{name}-route", consumer, code, source, *size)


def counted(*exchanges: Exchange) -> Counters:
    counters = Counters()
    counters.open_connection()
    for one in exchanges:
        counters.begin()
        counters.finish(one)
    return counters


@pytest.mark.parametrize("kong", FORMATS)
def test_metrics_are_written_as_this_version_of_kong_writes_them(kong: str) -> None:
    counters = counted(
        exchange("bun", "globex", size=(120, 9300)),
        exchange("bin", "", size=(93, 264)),
        exchange("bun", "acme", code=400, source="kong", size=(80, 200)),
        exchange("bun", "", size=(80, 200)),
    )
    text = render(FORMATS[kong](counters.snapshot(), NODE))
    assert text == (GOLDEN / f"metrics-{kong}.txt").read_text()


@pytest.mark.parametrize("kong", FORMATS)
def test_a_new_gateway_has_no_traffic_metrics(kong: str) -> None:
    text = render(FORMATS[kong](Counters().snapshot(), NODE))
    assert not re.search("bandwidth|http_requests|http_status|consumer", text)
    assert "kong_nginx_metric_errors_total 0\n" in text


def test_kong_2_7_sums_the_bytes_of_all_consumers() -> None:
    counters = counted(
        exchange("bun", "acme", size=(1, 10)), exchange("bun", "globex", size=(2, 20))
    )
    lines = render(FORMATS["2.7"](counters.snapshot(), NODE)).splitlines()
    assert 'kong_bandwidth{service="bun-service",route="bun-route",type="egress"} 30' in lines
    assert 'kong_bandwidth{service="bun-service",route="bun-route",type="ingress"} 3' in lines


def test_label_values_are_escaped() -> None:
    counters = counted(exchange("bun", 'a"b\\c\nd', size=(1, 1)))
    assert r'consumer="a\"b\\c\nd"} 1' in render(FORMATS["3.9"](counters.snapshot(), NODE))


def test_values_of_a_petabyte_are_written_as_integers() -> None:
    counters = counted(exchange("bun", "", size=(1, 10**15)))
    assert 'consumer=""} 1000000000000000\n' in render(FORMATS["3.9"](counters.snapshot(), NODE))

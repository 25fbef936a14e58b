import threading

from kong.mock.counters import Bandwidth, Counters, Exchange

DOWNLOAD = Exchange("bun-service", "bun-route", "acme", 200, "service", 100, 9300)
EGRESS = Bandwidth("bun-service", "bun-route", "acme", "default", "egress")
INGRESS = EGRESS._replace(direction="ingress")


def test_both_directions_of_an_exchange_are_counted() -> None:
    counters = Counters()
    for _ in range(2):
        counters.begin()
        counters.finish(DOWNLOAD)
    assert counters.snapshot().bandwidth_bytes == {INGRESS: 200, EGRESS: 18600}


def test_a_direction_without_bytes_has_no_counter() -> None:
    counters = Counters()
    counters.begin()
    counters.finish(Exchange("s", "r", "", 400, "kong", 10, 0))
    assert [key.direction for key in counters.snapshot().bandwidth_bytes] == ["ingress"]


def test_a_request_without_route_is_counted_only_in_the_total_of_requests() -> None:
    counters = Counters()
    counters.begin()
    assert counters.snapshot().in_flight == 1
    counters.finish(None)
    snapshot = counters.snapshot()
    assert (snapshot.in_flight, snapshot.total_requests) == (0, 1)
    assert not snapshot.bandwidth_bytes


def test_a_reset_drops_all_counts_and_keeps_open_connections_and_requests() -> None:
    counters = Counters()
    started_at = counters.snapshot().started_at
    counters.open_connection()
    counters.begin()
    counters.finish(DOWNLOAD)
    counters.begin()
    counters.reset()
    snapshot = counters.snapshot()
    assert snapshot.bandwidth_bytes == {}
    assert (snapshot.connections_active, snapshot.in_flight) == (1, 1)
    assert snapshot.started_at >= started_at


def test_concurrent_threads_lose_no_counts() -> None:
    counters = Counters()

    def count() -> None:
        for _ in range(2000):
            counters.begin()
            counters.finish(DOWNLOAD)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.snapshot().bandwidth_bytes == {INGRESS: 1_600_000, EGRESS: 148_800_000}

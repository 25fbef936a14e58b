"""All queries of a request end together, however many there are."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api import create_app
from bench.support.http_server import QuietHandler, serving
from quotas.prometheus.queries import GRACE_SECONDS

TIMEOUT_SECONDS = 3
# Fewer than the timeout, so each query alone would be answered.
QUERY_SECONDS = 2
# For a busy machine; the queries one by one take longer.
SPARE_SECONDS = 4


@contextmanager
def slow_prometheus() -> Iterator[str]:
    """Answer each query with nothing found, after QUERY_SECONDS."""
    is_over = threading.Event()

    class Handler(QuietHandler):
        def answer(self, _: bytes) -> None:
            is_over.wait(QUERY_SECONDS)
            kind = "matrix" if self.path.endswith("/query_range") else "vector"
            text = f'{{"status":"success","data":{{"resultType":"{kind}","result":[]}}}}'
            self.reply(text.encode())

    with serving(Handler) as address:
        yield f"http://{address}"
        is_over.set()


@pytest.mark.parametrize(
    "path", ["/api/v1/catalog", "/api/v1/bandwidth?lookback=800d&step=1d&timezone=Europe/Berlin"]
)
def test_a_request_of_many_slow_queries_is_504_when_its_time_is_over(path: str) -> None:
    with slow_prometheus() as url:
        environ = {"PROMETHEUS_URL": url, "PROMETHEUS_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)}
        began = time.monotonic()
        answer = create_app(environ).test_client().get(path)
        seconds = time.monotonic() - began
    assert answer.status_code == 504
    assert answer.content_type == "application/problem+json"
    assert seconds < TIMEOUT_SECONDS + GRACE_SECONDS + SPARE_SECONDS

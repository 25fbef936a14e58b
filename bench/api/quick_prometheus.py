"""A server that answers range queries as a Prometheus would that takes no time to evaluate them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import parse_qs

import orjson

from bench.support.http_server import QuietHandler, serving

_OBSERVED = {"observed": "1"}


@lru_cache(maxsize=4)
def _matrix(series: int, times: tuple[float, float, float]) -> bytes:
    start, end, step = times
    points = [start + step * n for n in range(int((end - start) / step) + 1)]
    metrics = [_OBSERVED, *({"consumer": f"consumer-{n}"} for n in range(series))]
    result = [
        {"metric": metric, "values": [[at, "1" if metric is _OBSERVED else f"{9_133 * n + at:.0f}"]
                                      for at in points]}
        for n, metric in enumerate(metrics, -1)
    ]  # fmt: skip
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


@contextmanager
def quick_prometheus(series: int) -> Iterator[str]:
    """Answer each range query with so many consumers, all with a value at each time.

    Instant queries find nothing. Give the address.
    """
    making = threading.Lock()

    class Handler(QuietHandler):
        def answer(self, body: bytes) -> None:
            form = parse_qs(body.decode())
            body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
            if self.path.endswith("/query_range"):
                start, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
                with making:
                    body = _matrix(series, (start, end, step))
            self.reply(body)

    with serving(Handler) as address:
        yield f"http://{address}"

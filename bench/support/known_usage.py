"""A server in place of Prometheus that knows the usage of everything, and answers at once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

from bench.support.http_server import QuietHandler, serving


class _Answers(QuietHandler):
    def answer(self, body: bytes) -> None:
        """Answer a range query with one series that grows."""
        form = parse_qs(body.decode())
        start, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
        values: list[tuple[float, str]] = []
        while start <= end:
            values.append((round(start, 3), str(1_000_000_000 * len(values))))
            start += step
        result = [{"metric": {}, "values": values}]
        answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        self.reply(json.dumps(answer).encode())


@contextmanager
def known_usage() -> Iterator[str]:
    """Run the server inside the ``with`` block. Give its address."""
    with serving(_Answers) as address:
        yield f"http://{address}"

"""A real Prometheus takes the parameters of all engines, and a part of the data is no answer."""

import subprocess
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from api import create_app
from local import programs
from local.backfill.forwarding import forwarding
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS
from quotas.prometheus.queries import Prometheus, query_at, query_range
from tests.integration.prometheus.guarded import proxy
from webhook.usage.reading import UsageReader, UsageUnavailableError

NOW = datetime.now(UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def test_a_whole_answer_is_whole_whatever_is_said_about_the_expression(open_url: str) -> None:
    prometheus = Prometheus(Endpoint(open_url), 10)
    # Newer versions say that "up" might not be a counter, and that 2 is no quantile.
    assert query_at(prometheus, "rate(up[1m]) or quantile(2, up)", NOW_MS) == []
    [found] = query_range(prometheus, "vector(7)", range(NOW_MS - 2_000, NOW_MS, 1_000))
    assert list(found.values.values()) == [7, 7]


@pytest.mark.parametrize(
    "added", [{"isPartial": True}, {"warnings": ["fetch series: rpc error: code = Unavailable"]}]
)
def test_neither_api_nor_webhook_take_a_part_of_the_data(
    open_url: str, added: dict[str, object]
) -> None:
    with proxy(open_url, {}, added) as server:
        client = create_app({"PROMETHEUS_URL": server.url}).test_client()
        for path in (
            "/metrics/bandwidth_used?lookback_duration=1h&type=egress",
            "/api/v1/quotas",
            "/readyz",
        ):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "it has only a part of the data at the moment" in answer.get_data(as_text=True)
        with pytest.raises(UsageUnavailableError, match="only a part of the data"):
            UsageReader(Endpoint(server.url)).ask_at("vector(7)", NOW)


def test_promtool_asks_for_whole_answers(open_url: str) -> None:
    with proxy(open_url, {}) as server, forwarding(Endpoint(server.url)) as url:
        command = [str(programs.find(programs.PROMTOOL)), "query", "instant", url, "vector(7)"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "=> 7 @" in done.stdout
    form = {name: value for name, [value] in parse_qs(server.bodies[-1].decode()).items()}
    assert form.items() >= QUERY_PARAMETERS.items()
    assert form["query"] == "vector(7)"

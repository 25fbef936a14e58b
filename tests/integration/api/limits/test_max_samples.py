"""A Prometheus that refuses queries which read many samples."""

from pathlib import Path

from api import create_app
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import free_port, with_config


def test_a_query_beyond_its_limits_is_422_with_advice(tmp_path: Path) -> None:
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {"job_name": "kong", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        ],
    }
    with with_config(tmp_path, config, "--query.max-samples=5", port=port) as server:
        client = create_app({"PROMETHEUS_URL": server.url}).test_client()
        path = "/api/v1/bandwidth?lookback=1h"
        poll(lambda: client.get(path).status_code == 422, "no query is beyond the limit")
        answer = client.get(path)
        assert answer.content_type == "application/problem+json"
        detail = answer.get_json(force=True)["detail"]
        assert "it allows" in detail
        assert "ask for a shorter time or for fewer series" in detail
        assert client.get("/readyz").status_code == 200

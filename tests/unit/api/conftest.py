from collections.abc import Iterator

import pytest
import responses

from tests.unit.api.answers import INSTANT_URL, vector
from tests.unit.api.webhook_answers import MONTH, NOW


@pytest.fixture
def quotas_of_consumers() -> Iterator[responses.RequestsMock]:
    """Mock a Prometheus that has one quota for each consumer, and one for no consumer."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        used = [
            {"quota": "each", "__fact__": "used", **MONTH} | consumer
            for consumer in ({"consumer": "a"}, {"consumer": "b"}, {})
        ]
        values = [{"metric": labels, "value": [NOW.timestamp(), "1"]} for labels in used]
        mock.post(INSTANT_URL, json=vector(*values))
        yield mock

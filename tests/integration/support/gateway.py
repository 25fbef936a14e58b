"""Exact numbers from the /metrics of a mock gateway."""

import requests

from tests.integration.support.polling import poll

TIMEOUT_SECONDS = 10.0


def synced_metrics(status_url: str) -> str:
    """Wait until every worker would answer the same to a scrape, and return the text of /metrics.

    A worker keeps new counts to itself for up to a second. Only this function waits for that:
    tests that need exact numbers at once read /truth instead.
    """

    def is_at_rest() -> bool:
        truth = requests.get(f"{status_url}/truth", timeout=TIMEOUT_SECONDS).json()
        return not truth["in_flight"] and not truth["unsynced"]

    poll(is_at_rest, "the workers of the gateway have not synced", TIMEOUT_SECONDS)
    answer = requests.get(f"{status_url}/metrics", timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    # requests would read text without a charset as Latin-1.
    return answer.content.decode()

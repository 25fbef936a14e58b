"""Reloading the rules of a Prometheus, and waiting until it has loaded them."""

import time
from collections.abc import Sequence

from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.loaded_rules import find_differences
from quotas.rule_files.rule import RuleFile

RELOAD_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5


def reload_rules(prometheus: PrometheusClient, files: Sequence[RuleFile]) -> str:
    """Reload Prometheus, wait until it has loaded these rules, and return a message of success.

    Raises:
        PrometheusError: the reload failed, or other rules were loaded. The message says which.

    """
    prometheus.reload()
    deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
    while differences := list(find_differences(prometheus, files)):
        if time.monotonic() > deadline:
            raise PrometheusError(
                f"{prometheus.url} has reloaded, but its rules are not these: {differences[0]}; "
                f"does rule_files in its prometheus.yml name the folder of --out?"
            )
        time.sleep(POLL_SECONDS)
    count = sum(len(group.rules) for file in files for group in file.groups)
    return f"{prometheus.url} has loaded these {count} rules"

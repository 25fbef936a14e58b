"""The engines that have Prometheus's API."""

from enum import Enum


class Engine(Enum):
    """What evaluates queries and rules. The value is its name in messages."""

    PROMETHEUS = "Prometheus"
    THANOS = "Thanos"
    # Or Cortex, from which it stems.
    MIMIR = "Mimir"
    VICTORIA_METRICS = "VictoriaMetrics"

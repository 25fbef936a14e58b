"""Answers with a part of the data only. They are refused: what is missing would count as nothing.

Engines of several parts answer without the parts that are away, unless they are asked not to:

- Thanos has ``warnings`` then, in words of its own.
  https://thanos.io/tip/components/query.md/#partial-response
- A cluster of VictoriaMetrics says ``isPartial``.
  https://docs.victoriametrics.com/victoriametrics/cluster-victoriametrics/#cluster-availability
"""

import re
from collections.abc import Mapping
from typing import Any

# Each engine ignores the parameters of the others.
QUERY_PARAMETERS: Mapping[str, str] = {
    # Thanos and VictoriaMetrics refuse a query if a part is away.
    "partial_response": "false",
    "deny_partial_response": "1",
    # VictoriaMetrics neither moves the times of a query, nor repeats the last value for the newest
    # 30 seconds. (For the latter in a range query, version 1.79 needs -search.latencyOffset.)
    "nocache": "1",
    "latency_offset": "1ms",
}
# What Prometheus says about the expression. The answer is whole.
_ABOUT_PROMQL = ("PromQL info:", "PromQL warning:")
# How Thanos says that a part is away.
_AWAY = re.compile("rpc error: code = |No StoreAPIs available")


def find_doubt(answer: Any) -> str | None:
    """Return why an answer may have a part of the data only, in words of the engine; else None.

    >>> find_doubt({"warnings": ["PromQL info: metric might not be a counter"]})
    >>> find_doubt({"isPartial": True})
    'isPartial'
    """
    match answer:
        case {"isPartial": True}:
            return "isPartial"
        case {"warnings": list(warnings)}:
            others = (str(text) for text in warnings if not str(text).startswith(_ABOUT_PROMQL))
            return next(others, None)
        case _:
            return None


def is_part_away(error: str) -> bool:
    """Return whether the error in an answer says that a part of the engine is away."""
    return _AWAY.search(error) is not None

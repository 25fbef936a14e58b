"""Parsers of thresholds: percentages of the limit, and their severities."""

from typing import Any

from marshmallow import post_load

from quotas import names
from quotas.file.fields import ParsedField, StrictSchema, json_of_list, json_of_schema, list_of
from quotas.file.values import describe_value, one_of
from quotas.model import Threshold, severity_at

HIGHEST_PERCENT = 1_000
MOST_THRESHOLDS = 20

_PERCENT_JSON = {"type": "number", "exclusiveMinimum": 0, "maximum": HIGHEST_PERCENT}


def parse_percent(value: object) -> float:
    """Return a percentage of the limit: above 0, with at most two decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"found {describe_value(value)}, expected a number of percent such as 80")
    if not 0 < value <= HIGHEST_PERCENT or round(value, 2) != value:
        raise ValueError(
            f"found {value}, expected more than 0 and at most {HIGHEST_PERCENT} percent, with "
            f"two decimals at most"
        )
    return value


class ThresholdSchema(StrictSchema):
    """``{percent: 95, severity: critical}``."""

    percent = ParsedField(parse_percent, _PERCENT_JSON, required=True)
    severity = ParsedField(one_of(*names.SEVERITIES), {"enum": [*names.SEVERITIES]}, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_options: Any) -> Threshold:
        return Threshold(data["percent"], data["severity"])


def parse_threshold(value: object) -> Threshold:
    """Return a threshold from a percentage, or from a percentage with its severity."""
    if isinstance(value, dict):
        threshold: Threshold = ThresholdSchema().load(value)
        return threshold
    percent = parse_percent(value)
    return Threshold(percent, severity_at(percent))


def parse_thresholds(value: object) -> tuple[Threshold, ...]:
    """Return a list of thresholds, sorted. No two may have the same percentage."""
    thresholds = list_of(parse_threshold, MOST_THRESHOLDS)(value)
    if len({threshold.percent for threshold in thresholds}) != len(thresholds):
        raise ValueError("has an entry twice; write each once")
    if all(threshold.percent <= 1 for threshold in thresholds):
        percentages = ", ".join(f"{100 * threshold.percent:g}" for threshold in thresholds)
        raise ValueError(
            f"are all 1 % or less; thresholds are percentages, so write [{percentages}]"
        )
    return tuple(sorted(thresholds, key=lambda threshold: threshold.percent))


THRESHOLDS_JSON = json_of_list(
    {"anyOf": [_PERCENT_JSON, json_of_schema(ThresholdSchema)]}, MOST_THRESHOLDS
)

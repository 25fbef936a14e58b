"""The schema of quotas.yaml: its keys, the parser of each value, and which keys are required.

Each field also has the JSON Schema of its value, from which quotas.schema.json is generated.
"""

from collections.abc import Callable
from functools import partial

from marshmallow import fields

from quotas import names
from quotas.file import values
from quotas.file.fields import (
    MISSING_KEY,
    NO_VALUE,
    ParsedField,
    StrictSchema,
    check_count,
    json_of_list,
    list_of,
    one_or_list_of,
    parse_mapping,
)
from quotas.file.period_parsers import PERIOD_JSON, parse_period
from quotas.file.reports import NO_REPORT, REPORT_KINDS
from quotas.file.selectors import EXCLUDED_JSON, MATCH_JSON, TEXT_JSON, parse_excluded, parse_match
from quotas.file.thresholds import THRESHOLDS_JSON, parse_thresholds
from quotas.units import UNITS

MOST_QUOTAS = 100_000
MOST_RECIPIENTS = 100
MOST_LABELS = 20
QUARTER_OF_AN_HOUR_SECONDS = 900

_SIZE_JSON = {"type": "string", "pattern": f"^[0-9]+(\\.[0-9]+)? ?({'|'.join(UNITS)})$"}
_DURATION_JSON = {"type": "string", "pattern": values.DURATION_PATTERN}
_FLAG_JSON = {"type": "boolean"}
_LABEL_LIST = [*names.SELECTOR_LABELS]
_LABELS_JSON = {
    "type": "object",
    "propertyNames": {"pattern": values.LABEL_NAME_PATTERN},
    "additionalProperties": TEXT_JSON,
    "maxProperties": MOST_LABELS,
}


def parse_resolution(value: object) -> int:
    """Return an accounting step in seconds.

    It must divide 15 minutes evenly, because periods can begin at any quarter of an hour.
    """
    seconds = values.duration_between("1s", "5m")(value)
    if QUARTER_OF_AN_HOUR_SECONDS % seconds:
        raise ValueError(
            f'found "{value}", expected a step that fits into 15 minutes without a rest, such as '
            f'"15s", "30s", "1m" or "5m"'
        )
    return seconds


def parse_labels(value: object) -> dict[str, str]:
    """Return the labels that a quota adds to its alerts, sorted by name."""
    return _parse_labels(value, values.parse_label_name, "{team: bun}")


def parse_alert_labels(value: object) -> dict[str, str]:
    """Return the labels that all alerts get, sorted by name."""
    return _parse_labels(value, values.parse_alert_label_name, "{namespace: monitoring}")


def _parse_labels(
    value: object, parse_name: Callable[[object], str], example: str
) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"is not a mapping; write for example {example}")
    check_count(value, most=MOST_LABELS, least=0)
    return dict(sorted(parse_mapping(value, parse_name, values.parse_text).items()))


def parse_version(value: object) -> int:
    """Return the version of the file format, which is 1."""
    if value != 1 or isinstance(value, bool):
        raise ValueError(f"found {values.describe_value(value)}, expected 1")
    return 1


class AccountingSchema(StrictSchema):
    """``accounting:``, for the whole file."""

    resolution = ParsedField(
        parse_resolution, _DURATION_JSON, "the step in which bytes are counted"
    )
    gap_tolerance = ParsedField(
        values.duration_between("5m", "1d"),
        _DURATION_JSON,
        "how long a gateway may be unreachable without losing bytes",
    )
    scrape_delay = ParsedField(
        values.duration_between("1s", "5m"), _DURATION_JSON, "how long a scrape may take"
    )
    new_targets = ParsedField(
        values.one_of("baseline", "count"),
        {"enum": ["baseline", "count"]},
        "what a gateway never seen before counts: from its first scrape on, or all it has",
    )
    catch_up = ParsedField(
        values.parse_boolean,
        _FLAG_JSON,
        "whether steps that were not evaluated are counted later",
    )


class DefaultsSchema(StrictSchema):
    """``defaults:``, the values of quotas that do not have these keys themselves."""

    period = ParsedField(parse_period, PERIOD_JSON, "length of the quota period")
    thresholds = ParsedField(
        parse_thresholds,
        THRESHOLDS_JSON,
        "percentages of the limit at which recipients are notified",
    )
    notify = ParsedField(
        list_of(values.parse_mail_address, MOST_RECIPIENTS),
        json_of_list({"type": "string", "format": "email"}, MOST_RECIPIENTS),
        "mail addresses to notify",
    )
    notify_resolved = ParsedField(
        values.parse_boolean, _FLAG_JSON, "also notify when an alert is resolved"
    )
    report = ParsedField(
        values.one_of(*REPORT_KINDS, NO_REPORT),
        {"enum": [*REPORT_KINDS, NO_REPORT]},
        "mail a report at the end of each week or month",
    )


class QuotaSchema(DefaultsSchema):
    """One entry of ``quotas:``."""

    name = ParsedField(
        values.parse_quota_name, {"type": "string", "pattern": values.NAME_PATTERN}, required=True
    )
    service = ParsedField(parse_match, MATCH_JSON, "only this service, these, or those that match")
    route = ParsedField(parse_match, MATCH_JSON, "only this route, these, or those that match")
    consumer = ParsedField(
        parse_match, MATCH_JSON, "only this consumer, these, or those that match"
    )
    workspace = ParsedField(
        parse_match, MATCH_JSON, "only this workspace, these, or those that match"
    )
    direction = ParsedField(
        values.one_of(names.EGRESS, names.INGRESS, names.BOTH),
        {"enum": [names.EGRESS, names.INGRESS, names.BOTH]},
        "to clients, from clients, or their sum",
    )
    limit = ParsedField(values.parse_limit, _SIZE_JSON, "bytes allowed in a period", required=True)
    labels = ParsedField(
        parse_labels, _LABELS_JSON, "added to series and alerts, for Alertmanager's routes"
    )
    forecast = ParsedField(
        values.parse_boolean, _FLAG_JSON, "also notify when the forecast exceeds the limit"
    )
    for_each = ParsedField(
        one_or_list_of(values.one_of(*_LABEL_LIST)),
        {"anyOf": [{"enum": _LABEL_LIST}, json_of_list({"enum": _LABEL_LIST}, len(_LABEL_LIST))]},
        "the limit applies separately to each value of these labels",
    )
    except_ = ParsedField(
        parse_excluded, EXCLUDED_JSON, "values that for_each leaves out", data_key="except"
    )
    opening_balance = ParsedField(
        values.parse_bytes,
        _SIZE_JSON,
        "bytes used in opening_period before counting began",
    )
    opening_period = ParsedField(
        values.parse_text,
        TEXT_JSON,
        "the one period in which opening_balance counts, such as 2026-11",
    )


class SeveritiesSchema(StrictSchema):
    """``severities:``, the label of alerts by the severity of thresholds."""

    info = ParsedField(values.parse_text, TEXT_JSON, "of thresholds below 90 %")
    warning = ParsedField(values.parse_text, TEXT_JSON, "of thresholds below 100 %, and forecasts")
    critical = ParsedField(values.parse_text, TEXT_JSON, "of thresholds from 100 % on")


class QuotaFileSchema(StrictSchema):
    """The whole quotas.yaml."""

    version = ParsedField(parse_version, {"const": 1}, required=True)
    accounting = fields.Nested(AccountingSchema, error_messages={"null": NO_VALUE})
    defaults = fields.Nested(DefaultsSchema, error_messages={"null": NO_VALUE})
    runbook_url = ParsedField(
        values.parse_page_url,
        {"type": "string", "pattern": values.PAGE_PATTERN, "maxLength": values.LONGEST_VALUE},
        "address of the page that says what to do about each alert (docs/operations.md)",
    )
    labels = ParsedField(
        parse_alert_labels,
        _LABELS_JSON,
        "added to all alerts, those about the pipeline included, for Alertmanager's routes",
    )
    severities = fields.Nested(SeveritiesSchema, error_messages={"null": NO_VALUE})
    quotas = fields.List(
        fields.Nested(QuotaSchema, error_messages={"null": NO_VALUE}),
        required=True,
        error_messages={
            "required": MISSING_KEY,
            "null": "has no value; write a list of quotas",
            "invalid": "is not a list of quotas",
        },
        validate=partial(check_count, most=MOST_QUOTAS),
    )

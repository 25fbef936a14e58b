"""Loading quotas.yaml: from a file to dataclasses, or to every mistake with line and column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.file.consistency import (
    check_keys,
    check_names_and_recipients,
    find_duplicates,
    find_patterns,
)
from quotas.file.document import LARGEST_FILE_BYTES, Document, DocumentError, Mistake, read_document
from quotas.file.fields import MISSING_KEY, UNKNOWN_KEY, KeyPlace, key_of
from quotas.file.period_parsers import PeriodSchema, parse_period_id
from quotas.file.reports import NO_REPORT, report_calendar
from quotas.file.schema import (
    AccountingSchema,
    DefaultsSchema,
    QuotaFileSchema,
    QuotaSchema,
    SeveritiesSchema,
)
from quotas.file.selectors import MatchSchema
from quotas.file.thresholds import ThresholdSchema
from quotas.file.values import did_you_mean
from quotas.model import DEFAULT_SEVERITIES, DEFAULT_THRESHOLDS, Match, Quota, QuotaFile

# The schema of the mapping below a key, for hints about unknown keys.
_SCHEMA_BELOW: dict[str | int, type[Schema]] = {
    "accounting": AccountingSchema,
    "defaults": DefaultsSchema,
    "quotas": QuotaSchema,
    "period": PeriodSchema,
    "severities": SeveritiesSchema,
    "thresholds": ThresholdSchema,
    **dict.fromkeys(names.SELECTOR_LABELS, MatchSchema),
}

# Where a key belongs that is at the wrong level.
_PARENTS: dict[str, type[Schema]] = {
    "period": PeriodSchema,
    "accounting": AccountingSchema,
    "severities": SeveritiesSchema,
    "defaults, or a quota": DefaultsSchema,
    "a quota": QuotaSchema,
}

Place = tuple[str | int, ...]


class QuotasError(Exception):
    """quotas.yaml is wrong. The message has a line with file, line and column for each mistake."""

    def __init__(self, path: Path, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(f"{path}:{mistake}" for mistake in self.mistakes))


def load_quotas(path: Path) -> QuotaFile:
    """Return the content of a quotas.yaml.

    Raises:
        QuotasError: the file cannot be read or is wrong. The error has every mistake.

    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
        return parse_quotas(content)
    except OSError as error:
        raise QuotasError(path, [Mistake(1, 1, "", f"cannot be read: {error.strerror}")]) from error
    except DocumentError as error:
        raise QuotasError(path, error.mistakes) from error


def parse_quotas(content: bytes) -> QuotaFile:
    """Return the content of a quotas.yaml that was already read.

    Raises:
        DocumentError: the content is wrong. The error has every mistake.

    """
    document = read_document(content)
    mistakes = [*document.mistakes, *check_names_and_recipients(document)]
    loaded: dict[str, Any] = {}
    try:
        loaded = QuotaFileSchema().load(document.data)
    except ValidationError as error:
        mistakes += [
            _locate(document, place, message) for place, message in _flatten(error.messages)
        ]
        # The quotas without mistakes are checked further.
        if isinstance(error.valid_data, dict):
            loaded = error.valid_data
    mistakes += check_keys(document, loaded)
    if mistakes:
        raise DocumentError(mistakes)
    return _quota_file(loaded, document)


def _flatten(messages: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the place and message of each of marshmallow's nested errors."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            # "_schema" means the mapping itself, unless the file has an unknown key of that name.
            is_mapping = step == "_schema" and isinstance(inner, list) and inner != [UNKNOWN_KEY]
            yield from _flatten(inner, place if is_mapping else (*place, step))
    else:
        for message in messages:
            yield place, message


def _locate(document: Document, place: Place, message: str) -> Mistake:
    """Return one of marshmallow's errors as a mistake, with its position and a hint."""
    if message == UNKNOWN_KEY:
        below = (_SCHEMA_BELOW[step] for step in reversed(place[:-1]) if step in _SCHEMA_BELOW)
        schema = next(below, QuotaFileSchema)
        known = [key_of(name, field) for name, field in schema().fields.items()]
        hint = (
            _belongs(str(place[-1]), schema)
            or did_you_mean(str(place[-1]), known)
            or f"; expected one of {', '.join(known)}"
        )
        return document.mistake(place, f"is not a key that is known here{hint}", at_key=True)
    if message == MISSING_KEY and place[0] == "quotas" and len(place) == 3:  # noqa: PLR2004 - quotas, index, key
        message += " from this quota"
    return document.mistake(place, message, at_key=bool(place) and isinstance(place[-1], KeyPlace))


def _belongs(key: str, found_in: type[Schema]) -> str:
    """Return the hint ``; it belongs under period``, if the key is known there and not here."""
    for parent, schema in _PARENTS.items():
        if schema is not found_in and key in schema().fields:
            return f"; it belongs under {parent}"
    return ""


def _quota_file(loaded: dict[str, Any], document: Document) -> QuotaFile:
    defaults = loaded.get("defaults", {})
    default_calendar = defaults.get("period", MONTH)
    quotas = tuple(
        _quota(defaults | quota, default_calendar, document.mistake(("quotas", index), "").line)
        for index, quota in enumerate(loaded["quotas"])
    )
    return QuotaFile(
        accounting=_accounting(loaded.get("accounting", {})),
        notify=tuple(defaults.get("notify", ())),
        quotas=quotas,
        warnings=tuple(
            str(warning)
            for find in (find_duplicates, find_patterns)
            for warning in find(quotas, document)
        ),
        notify_resolved=defaults.get("notify_resolved", False),
        runbook_url=loaded.get("runbook_url", ""),
        labels=loaded.get("labels", {}),
        severities={**DEFAULT_SEVERITIES, **loaded.get("severities", {})},
    )


def _accounting(loaded: dict[str, Any]) -> Accounting:
    default = Accounting()
    return Accounting(
        resolution_seconds=loaded.get("resolution", default.resolution_seconds),
        gap_tolerance_seconds=loaded.get("gap_tolerance", default.gap_tolerance_seconds),
        scrape_delay_seconds=loaded.get("scrape_delay", default.scrape_delay_seconds),
        count_new_targets=loaded.get("new_targets") == "count",
        catch_up=loaded.get("catch_up", default.catch_up),
    )


def _quota(loaded: dict[str, Any], default: Calendar | Rolling, line: int) -> Quota:
    calendar = loaded.get("period", MONTH)
    selector: dict[str, Match] = {
        label: loaded[label]
        for label in names.SELECTOR_LABELS
        if label in loaded and label != names.DIRECTION
    }
    opening = loaded.get("opening_period")
    limit_bytes, limit_unit = loaded["limit"]
    return Quota(
        name=loaded["name"],
        limit_bytes=limit_bytes,
        limit_unit=limit_unit,
        selector=selector,
        direction=loaded.get("direction", names.BOTH),
        calendar=calendar,
        thresholds=loaded.get("thresholds", DEFAULT_THRESHOLDS),
        notify=loaded.get("notify", ()),
        labels=loaded.get("labels", {}),
        forecast=loaded.get("forecast", False),
        for_each=loaded.get("for_each", ()),
        excluded=loaded.get("except_", {}),
        opening_bytes=loaded.get("opening_balance", 0),
        opening_period=None if opening is None else parse_period_id(opening, calendar),
        notify_resolved=loaded.get("notify_resolved", False),
        report=report_calendar(loaded.get("report", NO_REPORT), calendar, default),
        line=line,
    )

"""From quotas.yaml to values: every mistake at once, each with its line and column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from quotas import calendars, names
from quotas.document import LARGEST_FILE_BYTES, Document, DocumentError, Mistake, read_document
from quotas.model import DEFAULT_THRESHOLDS, Accounting, Quota, QuotaFile
from quotas.schema import (
    MISSING_KEY,
    UNKNOWN_KEY,
    AccountingSchema,
    DefaultsSchema,
    QuotaFileSchema,
    QuotaSchema,
)
from quotas.values import nearest

_SCHEMA_BY_KEY: dict[str, type[Schema]] = {
    "accounting": AccountingSchema,
    "defaults": DefaultsSchema,
    "quotas": QuotaSchema,
}


class QuotasError(Exception):
    """quotas.yaml is wrong; as text, one mistake a line, each with file, line and column."""

    def __init__(self, path: Path, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(f"{path}:{mistake}" for mistake in self.mistakes))


def load_quotas(path: Path) -> QuotaFile:
    """Return what a quotas.yaml says.

    Raises:
        QuotasError: the file cannot be read or is wrong; it holds every mistake.

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
    """Return what the content of a quotas.yaml says.

    Raises:
        DocumentError: it is wrong; ``mistakes`` holds every mistake.

    """
    document = read_document(content)
    mistakes = [*document.mistakes, *_across_quotas(document)]
    loaded: dict[str, Any] = {}
    try:
        loaded = QuotaFileSchema().load(document.data)
    except ValidationError as error:
        mistakes += [
            _mistake(document, place, message) for place, message in _flatten(error.messages)
        ]
    if mistakes:
        raise DocumentError(mistakes)
    return _quota_file(loaded, document)


def _across_quotas(document: Document) -> Iterator[Mistake]:
    """Yield what no key shows by itself: names that are there twice, and quotas without anybody."""
    data = document.data if isinstance(document.data, dict) else {}
    quotas, defaults = data.get("quotas"), data.get("defaults")
    somebody = isinstance(defaults, dict) and "notify" in defaults
    first: dict[str, int] = {}
    for index, quota in enumerate(quotas if isinstance(quotas, list) else []):
        if not isinstance(quota, dict):
            continue
        if not somebody and "notify" not in quota:
            message = "nobody is notified; add notify: [...], here or under defaults"
            yield document.mistake(("quotas", index), message)
        name, place = quota.get("name"), ("quotas", index, "name")
        if isinstance(name, str):
            line = document.mistake(place, "").line
            if name in first:
                message = f'"{name}" is also the name of the quota at line {first[name]}'
                yield document.mistake(place, message)
            first.setdefault(name, line)


def _flatten(
    messages: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and message of each of marshmallow's nested errors."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            # "_schema" stands for the mapping itself; a key of that name can only be unknown.
            itself = step == "_schema" and isinstance(inner, list) and inner != [UNKNOWN_KEY]
            yield from _flatten(inner, place if itself else (*place, step))
    else:
        for message in messages:
            yield place, message


def _mistake(document: Document, place: tuple[str | int, ...], message: str) -> Mistake:
    if "labels" in place and place[-1] in ("key", "value"):
        # marshmallow tells a wrong name of a label from a wrong value by a further step.
        return document.mistake(place[:-1], message, at_key=place[-1] == "key")
    if message == MISSING_KEY and place[0] == "quotas" and len(place) > 1:
        message += " from this quota"
    if message != UNKNOWN_KEY:
        return document.mistake(place, message)
    schema = _SCHEMA_BY_KEY.get(str(place[0]), QuotaFileSchema) if place[1:] else QuotaFileSchema
    known = list(schema().fields)
    word = str(place[-1])
    hint = nearest(word, known) or f"; expected one of {', '.join(known)}"
    return document.mistake(place, f"is not a key that is known here{hint}", at_key=True)


def _quota_file(loaded: dict[str, Any], document: Document) -> QuotaFile:
    defaults = loaded.get("defaults", {})
    return QuotaFile(
        accounting=_accounting(loaded.get("accounting", {})),
        notify=tuple(defaults.get("notify", ())),
        quotas=tuple(
            _quota(defaults | quota, document.mistake(("quotas", index), "").line)
            for index, quota in enumerate(loaded["quotas"])
        ),
    )


def _accounting(loaded: dict[str, Any]) -> Accounting:
    default = Accounting()
    resolution = loaded.get("resolution", default.resolution_seconds)
    return Accounting(
        resolution_seconds=resolution,
        gap_tolerance_seconds=loaded.get("gap_tolerance", default.gap_tolerance_seconds),
        scrape_delay_seconds=loaded.get("scrape_delay", default.scrape_delay_seconds),
        count_new_targets=loaded.get("new_targets") == "count",
    )


def _quota(loaded: dict[str, Any], line: int) -> Quota:
    thresholds = loaded.get("thresholds", DEFAULT_THRESHOLDS)
    return Quota(
        name=loaded["name"],
        limit_bytes=loaded["limit"],
        selector={
            label: loaded[label]
            for label in names.SELECTOR_LABELS
            if label in loaded and label != names.DIRECTION
        },
        direction=loaded.get("direction", names.BOTH),
        calendar=loaded.get("period", calendars.MONTH),
        thresholds=tuple(sorted(thresholds, key=lambda threshold: threshold.percent)),
        notify=tuple(loaded.get("notify", ())),
        labels=loaded.get("labels", {}),
        forecast=loaded.get("forecast", False),
        line=line,
    )

"""From quotas.yaml to values: every mistake at once, each with its line and column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from quotas import calendars, names
from quotas.file.consistency import AGREEING, disagreements, period_id
from quotas.file.document import LARGEST_FILE_BYTES, Document, DocumentError, Mistake, read_document
from quotas.file.fields import MISSING_KEY, UNKNOWN_KEY, AtKey
from quotas.file.schema import (
    AccountingSchema,
    DefaultsSchema,
    MatchSchema,
    PeriodSchema,
    QuotaFileSchema,
    QuotaSchema,
    ThresholdSchema,
)
from quotas.file.values import nearest
from quotas.model import DEFAULT_THRESHOLDS, Accounting, Match, Quota, QuotaFile

# Which keys there are below a key, for the hint to a misspelt one.
_SCHEMA_BELOW: dict[str | int, type[Schema]] = {
    "accounting": AccountingSchema,
    "defaults": DefaultsSchema,
    "quotas": QuotaSchema,
    "period": PeriodSchema,
    "thresholds": ThresholdSchema,
    **dict.fromkeys(names.SELECTOR_LABELS, MatchSchema),
}

Place = tuple[str | int, ...]


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
        # Quotas that are right by themselves are looked at all the same.
        if isinstance(error.valid_data, dict):
            loaded = error.valid_data
    mistakes += _within_quotas(document, loaded)
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


def _within_quotas(document: Document, loaded: dict[str, Any]) -> Iterator[Mistake]:
    """Yield where the keys of one quota do not go together."""
    data = document.data if isinstance(document.data, dict) else {}
    defaults, quotas = loaded.get("defaults") or {}, loaded.get("quotas") or []
    written = data.get("quotas")
    if not isinstance(written, list) or len(quotas) != len(written):
        return
    for index, quota in enumerate(quotas):
        # What is wrong by itself was told, and would only seem to disagree.
        wrong = _wrong(data.get("defaults"), defaults) | _wrong(written[index], quota)
        if wrong & AGREEING:
            continue
        for key, message in disagreements(defaults | (quota or {})):
            yield document.mistake(("quotas", index, key), message, at_key=True)


def _wrong(written: Any, loaded: dict[str, Any] | None) -> set[str]:
    """Return the keys of a mapping whose values were not taken."""
    taken = {key.rstrip("_") for key in loaded or {}}
    return set(written) - taken if isinstance(written, dict) else set()


def _flatten(messages: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield place and message of each of marshmallow's nested errors."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            # "_schema" stands for the mapping itself; a key of that name can only be unknown.
            itself = step == "_schema" and isinstance(inner, list) and inner != [UNKNOWN_KEY]
            yield from _flatten(inner, place if itself else (*place, step))
    else:
        for message in messages:
            yield place, message


def _mistake(document: Document, place: Place, message: str) -> Mistake:
    if message == UNKNOWN_KEY:
        below = (_SCHEMA_BELOW[step] for step in reversed(place[:-1]) if step in _SCHEMA_BELOW)
        known = [
            field.data_key or name for name, field in next(below, QuotaFileSchema)().fields.items()
        ]
        hint = nearest(str(place[-1]), known) or f"; expected one of {', '.join(known)}"
        return document.mistake(place, f"is not a key that is known here{hint}", at_key=True)
    if message == MISSING_KEY and place[0] == "quotas" and len(place) == 3:  # noqa: PLR2004 - quotas, index, key
        message += " from this quota"
    return document.mistake(place, message, at_key=bool(place) and isinstance(place[-1], AtKey))


def _quota_file(loaded: dict[str, Any], document: Document) -> QuotaFile:
    defaults = loaded.get("defaults", {})
    quotas = tuple(
        _quota(defaults | quota, document.mistake(("quotas", index), "").line)
        for index, quota in enumerate(loaded["quotas"])
    )
    return QuotaFile(
        accounting=_accounting(loaded.get("accounting", {})),
        notify=tuple(defaults.get("notify", ())),
        quotas=quotas,
        warnings=tuple(_doubles(quotas, document)),
        notify_resolved=defaults.get("notify_resolved", False),
        runbook_url=loaded.get("runbook_url", ""),
    )


def _doubles(quotas: tuple[Quota, ...], document: Document) -> Iterator[Mistake]:
    """Yield a warning for each quota that is like an earlier one but for its name."""
    first: dict[Any, Quota] = {}
    for index, quota in enumerate(quotas):
        same = first.setdefault(_all_but_name(quota), quota)
        if same is not quota:
            message = (
                f'"{quota.name}" is the same as "{same.name}" at line {same.line} but for the '
                f"name; keep one"
            )
            yield document.mistake(("quotas", index), message)


def _all_but_name(quota: Quota) -> Any:
    return (
        tuple(quota.selector.items()),
        tuple(quota.labels.items()),
        tuple(quota.excluded.items()),
        (quota.limit_bytes, quota.direction, quota.calendar, quota.thresholds, quota.notify),
        (quota.forecast, quota.for_each, quota.opening_bytes, quota.opening_period),
        quota.notify_resolved,
    )


def _accounting(loaded: dict[str, Any]) -> Accounting:
    default = Accounting()
    return Accounting(
        resolution_seconds=loaded.get("resolution", default.resolution_seconds),
        gap_tolerance_seconds=loaded.get("gap_tolerance", default.gap_tolerance_seconds),
        scrape_delay_seconds=loaded.get("scrape_delay", default.scrape_delay_seconds),
        count_new_targets=loaded.get("new_targets") == "count",
    )


def _quota(loaded: dict[str, Any], line: int) -> Quota:
    calendar = loaded.get("period", calendars.MONTH)
    selector: dict[str, Match] = {
        label: loaded[label]
        for label in names.SELECTOR_LABELS
        if label in loaded and label != names.DIRECTION
    }
    opening = loaded.get("opening_period")
    return Quota(
        name=loaded["name"],
        limit_bytes=loaded["limit"],
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
        opening_period=None if opening is None else period_id(opening, calendar),
        notify_resolved=loaded.get("notify_resolved", False),
        line=line,
    )

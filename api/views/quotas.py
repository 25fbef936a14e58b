"""GET /api/v1/quotas: who is near a limit, and how it came to that."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint

from api.amounts import whole
from api.bandwidth.windows import to_ms
from api.http.operation import Answer, Caller, dump_json, operation
from api.http.parameters import ParametersError, WrongParameter
from api.refusals import NotFoundError
from api.usage.entries import Entry, reach_of, read_entries
from api.usage.history import read_burn_up, read_history
from api.usage.notifications import Telling, read_tellings
from api.views.schemas.answers import (
    BurnUpSchema,
    HistorySchema,
    NotificationsSchema,
    QuotaPageSchema,
)
from api.views.schemas.bandwidth import PUBLIC
from api.views.schemas.quotas import (
    EntriesQuestion,
    EntriesQuestionSchema,
    EntrySchema,
    HistoryQuestion,
    HistoryQuestionSchema,
    NotificationsQuestion,
    NotificationsQuestionSchema,
)
from quotas import names
from quotas.calendars import Period

_NEVER = float("-inf")
_SORT_BY: dict[str, Callable[[Entry], Any]] = {
    "ratio": lambda entry: _NEVER if entry.ratio is None else entry.ratio,
    "used": lambda entry: entry.used_bytes,
    "left": lambda entry: _NEVER if entry.left_bytes is None else entry.left_bytes,
    "forecast": lambda entry: _NEVER if entry.forecast_bytes is None else entry.forecast_bytes,
    "name": lambda entry: entry.quota,
}
_FRESH_SECONDS = 60

blueprint = Blueprint("quotas", __name__)


@blueprint.get("/api/v1/quotas")
@operation(EntriesQuestionSchema(), QuotaPageSchema(), summary="All quotas, the worst first")
def list_quotas(caller: Caller, question: EntriesQuestion) -> Answer:
    """Return the entries of all quotas."""
    now = caller.context.clock()
    accounting = caller.context.settings.accounting
    entries = read_entries(caller.context.upstream, caller.scope, to_ms(now), accounting=accounting)
    return dump_json(_page(entries, question, now), caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>")
@operation(
    EntriesQuestionSchema(),
    QuotaPageSchema(),
    summary="One quota; with for_each, each of those it holds for",
    statuses=(404,),
)
def show_quota(caller: Caller, question: EntriesQuestion, name: str) -> Answer:
    """Return the entries of a quota."""
    now = caller.context.clock()
    entries = _entries_of(caller, name, now)
    return dump_json(_page(entries, question, now), caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>/series")
@operation(
    EntrySchema(),
    BurnUpSchema(),
    summary="Used so far over the period, the limit, and the forecast to its end",
    statuses=(404,),
)
def show_burn_up(caller: Caller, labels: Mapping[str, str], name: str) -> Answer:
    """Return what a quota had used at each moment of its period."""
    now = caller.context.clock()
    entry = _find_entry(caller, name, labels, now)
    reach = reach_of(caller.context.settings.accounting)
    burn_up = read_burn_up(caller.context.upstream, entry, now, reach)
    forecast: list[tuple[int, float]] = []
    if entry.forecast_bytes is not None and burn_up.end > now:
        forecast = [
            (to_ms(now), whole(entry.used_bytes)),
            (to_ms(burn_up.end), whole(entry.forecast_bytes)),
        ]
    body = {
        "meta": {
            "start": burn_up.start.isoformat(),
            "end": burn_up.end.isoformat(),
            "step_seconds": burn_up.step_seconds,
            "unit": "bytes",
        },
        "quota": _as_json(entry, now),
        "used": [(time_ms, _whole(value)) for time_ms, value in burn_up.points],
        "limit_bytes": _whole(entry.limit_bytes),
        "forecast": forecast,
    }
    return dump_json(body, caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>/history")
@operation(
    HistoryQuestionSchema(), HistorySchema(), summary="Totals of past periods", statuses=(404,)
)
def show_history(caller: Caller, question: HistoryQuestion, name: str) -> Answer:
    """Return the totals of the quota's periods, newest first."""
    now = caller.context.clock()
    entry = _find_entry(caller, name, question.labels, now)
    totals = read_history(caller.context.upstream, entry, question.lookback_seconds, now)
    periods = [
        {
            "period": _period(total.period),
            "used_bytes": whole(total.used_bytes),
            "ratio": total.used_bytes / entry.limit_bytes if entry.limit_bytes else None,
            "is_over": total.is_over,
        }
        for total in totals
    ]
    body = {"quota": _as_json(entry, now), "periods": periods}
    return dump_json(body, _FRESH_SECONDS)


@blueprint.get("/api/v1/quotas/<name>/notifications")
@operation(
    NotificationsQuestionSchema(),
    NotificationsSchema(),
    summary="Who was told of it, and what became of that",
    statuses=(404,),
)
def show_notifications(caller: Caller, question: NotificationsQuestion, name: str) -> Answer:
    """Return who was told of the entry, newest first; null where no webhook can be asked."""
    context, now = caller.context, caller.context.clock()
    entry = _find_entry(caller, name, question.labels, now)
    told = None
    if context.webhook is not None:
        memory = context.upstream.memory
        tellings = read_tellings(context.webhook, memory, entry, question.limit)
        told = [_telling(telling) for telling in tellings]
    body = {"quota": _as_json(entry, now), "notifications": told}
    return dump_json(body, context.fresh_seconds)


def _entries_of(caller: Caller, name: str, now: datetime) -> list[Entry]:
    accounting = caller.context.settings.accounting
    entries = read_entries(caller.context.upstream, caller.scope, to_ms(now), name, accounting)
    if not entries:
        raise NotFoundError("no quota of this name is known; /api/v1/quotas lists those that are")
    return entries


def _find_entry(caller: Caller, name: str, labels: Mapping[str, str], now: datetime) -> Entry:
    entries = _entries_of(caller, name, now)
    found = [entry for entry in entries if labels.items() <= entry.labels.items()]
    if not found:
        raise NotFoundError("the quota has no entry with these labels")
    missing = [
        WrongParameter(PUBLIC[label], None, "a value: the quota holds for each by itself")
        for label in names.SELECTOR_LABELS
        if len({entry.labels.get(label) for entry in found}) > 1
    ]
    if missing:
        raise ParametersError(missing)
    return found[0]


def _page(entries: Sequence[Entry], question: EntriesQuestion, now: datetime) -> dict[str, Any]:
    wanted = [entry for entry in entries if _is_wanted(entry, question)]
    key = question.sort.removeprefix("-")
    wanted.sort(key=_SORT_BY[key], reverse=question.sort.startswith("-"))
    first = (question.page - 1) * question.page_size
    return {
        "quotas": [_as_json(entry, now) for entry in wanted[first : first + question.page_size]],
        "page": question.page,
        "page_size": question.page_size,
        "total": len(wanted),
    }


def _is_wanted(entry: Entry, question: EntriesQuestion) -> bool:
    if question.state and entry.state not in question.state:
        return False
    return all(entry.labels.get(name, "") == value for name, value in question.label)


def _as_json(entry: Entry, now: datetime) -> dict[str, Any]:
    full_at = entry.full_at(now)
    selected = {
        PUBLIC[label]: entry.labels[label]
        for label in names.SELECTOR_LABELS
        if label in entry.labels
    }
    own = {name: value for name, value in entry.labels.items() if name not in PUBLIC}
    return {
        "name": entry.quota,
        "selector": selected,
        "labels": own,
        "calendar": entry.calendar_name,
        "period": None if entry.period is None else _period(entry.period),
        "used_bytes": _whole(entry.used_bytes),
        "limit_bytes": _whole(entry.limit_bytes),
        "left_bytes": _whole(entry.left_bytes),
        "ratio": entry.ratio,
        "state": entry.state,
        "forecast_bytes": _whole(entry.forecast_bytes),
        "full_at": None if full_at is None else full_at.isoformat(timespec="seconds"),
    }


def _telling(telling: Telling) -> dict[str, Any]:
    settled_at = telling.settled_at
    return {
        "queued_at": telling.queued_at.isoformat(),
        "settled_at": None if settled_at is None else settled_at.isoformat(),
        "kind": telling.kind,
        "threshold": _whole(telling.percent),
        "period": None if telling.period is None else _period(telling.period),
        "recipient": telling.recipient,
        "state": telling.state,
        "attempts": telling.attempts,
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "id": period.id,
        "title": period.title,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
    }


def _whole(value: float | None) -> float | None:
    return None if value is None else whole(value)

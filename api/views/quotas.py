"""GET /api/v1/quotas: how much of each quota is used, over time, and who was notified."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from api.access import sees_quota
from api.http.answer_cache import Answer
from api.http.operation import Caller, dump_json, operation
from api.http.parameters import ParametersError, WrongParameter
from api.labels import PUBLIC
from api.usage.entries import reach_of, read_entries
from api.usage.formats import as_burn_up, as_history, as_notifications, as_page
from api.usage.history import read_burn_up, read_history
from api.usage.links import make_links
from api.usage.model import Entry, NotFoundError
from api.usage.notifications import read_notifications
from api.usage.without_data import make_entry_without_data
from api.views.schemas.quotas import (
    BurnUpSchema,
    EntriesQuestion,
    EntriesQuestionSchema,
    EntrySchema,
    HistoryQuestion,
    HistoryQuestionSchema,
    HistorySchema,
    NotificationsQuestion,
    NotificationsQuestionSchema,
    NotificationsSchema,
    QuotaPageSchema,
)
from api.windows import to_ms
from quotas import names

_FRESH_SECONDS = 60

blueprint = Blueprint("quotas", __name__)


@blueprint.get("/api/v1/quotas")
@operation(EntriesQuestionSchema(), QuotaPageSchema(), summary="All quotas, the worst first")
def list_quotas(caller: Caller, question: EntriesQuestion) -> Answer:
    """Return the entries of all quotas."""
    body = _page(caller, _read_entries(caller), question)
    return dump_json(body, caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>")
@operation(
    EntriesQuestionSchema(),
    QuotaPageSchema(),
    summary="One quota; with for_each, each of those it holds for",
    statuses=(404,),
)
def show_quota(caller: Caller, question: EntriesQuestion, name: str) -> Answer:
    """Return the entries of a quota."""
    body = _page(caller, _entries_of(caller, name, {}), question)
    return dump_json(body, caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>/series")
@operation(
    EntrySchema(),
    BurnUpSchema(),
    summary="Used so far over the period, the limit, and the forecast to its end",
    statuses=(404,),
)
def show_burn_up(caller: Caller, labels: Mapping[str, str], name: str) -> Answer:
    """Return what a quota had used at each moment of its period."""
    entry = _find_entry(caller, name, labels)
    reach = reach_of(caller.quotas.accounting)
    burn_up = read_burn_up(caller.context.upstream, entry, caller.now, reach)
    links = make_links(entry, caller.context.settings.links)
    return dump_json(as_burn_up(entry, burn_up, links, caller.now), caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>/history")
@operation(
    HistoryQuestionSchema(), HistorySchema(), summary="Totals of past periods", statuses=(404,)
)
def show_history(caller: Caller, question: HistoryQuestion, name: str) -> Answer:
    """Return the totals of the quota's periods, newest first."""
    entry = _find_entry(caller, name, question.labels)
    totals = read_history(caller.context.upstream, entry, question.lookback_seconds, caller.now)
    return dump_json(as_history(entry, totals, caller.now), _FRESH_SECONDS)


@blueprint.get("/api/v1/quotas/<name>/notifications")
@operation(
    NotificationsQuestionSchema(),
    NotificationsSchema(),
    summary="Who was notified about it, and whether the mail was sent",
    statuses=(404,),
)
def show_notifications(caller: Caller, question: NotificationsQuestion, name: str) -> Answer:
    """Return the notifications about an entry, newest first; null if no webhook is set."""
    entry = _find_entry(caller, name, question.labels)
    webhook, found = caller.context.webhook, None
    if webhook is not None:
        found = read_notifications(webhook, caller.context.upstream.cache, entry, question.limit)
    return dump_json(as_notifications(entry, found, caller.now), caller.context.fresh_seconds)


def _read_entries(caller: Caller, name: str | None = None) -> list[Entry]:
    upstream, now_ms = caller.context.upstream, to_ms(caller.now)
    return read_entries(
        upstream,
        caller.scope,
        now_ms,
        name,
        caller.quotas,
        fresh_seconds=caller.context.fresh_seconds,
    )


def _entries_of(caller: Caller, name: str, labels: Mapping[str, str]) -> list[Entry]:
    entries = _read_entries(caller, name)
    quota = caller.quotas.find(name)
    if not entries and quota is not None:
        expected = make_entry_without_data(quota, labels, caller.now)
        entries = [expected] if sees_quota(caller.scope, name, expected.labels) else []
    if not entries:
        raise NotFoundError("no quota of this name is known; /api/v1/quotas lists those that are")
    return entries


def _find_entry(caller: Caller, name: str, labels: Mapping[str, str]) -> Entry:
    found = [e for e in _entries_of(caller, name, labels) if labels.items() <= e.labels.items()]
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


def _page(caller: Caller, entries: Sequence[Entry], question: EntriesQuestion) -> dict[str, Any]:
    wanted = [entry for entry in entries if _is_wanted(entry, question)]
    return as_page(
        wanted,
        caller.now,
        sort=question.sort,
        page=question.page,
        page_size=question.page_size,
    )


def _is_wanted(entry: Entry, question: EntriesQuestion) -> bool:
    if question.state and entry.state not in question.state:
        return False
    return all(entry.labels.get(name, "") == value for name, value in question.label)

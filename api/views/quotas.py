"""GET /api/v1/quotas: how much of each quota is used, over time, and who was notified."""

from collections.abc import Mapping

from flask import Blueprint

from api.access import sees_quota
from api.http.answer_cache import Answer
from api.http.operation import Caller, dump_json, operation
from api.http.parameters import ParametersError, WrongParameter
from api.usage.entries import reach_of, read_entries
from api.usage.formats import as_burn_up, as_history, as_notifications, as_page, as_summaries
from api.usage.history import read_burn_up, read_history
from api.usage.links import make_links
from api.usage.lists import Wanted, differing_labels, find_wanted, summarize
from api.usage.model import Entry, NotFoundError
from api.usage.notifications import read_notifications
from api.usage.without_data import make_entry_without_data
from api.views.schemas.entries import EntriesQuestionSchema
from api.views.schemas.quotas import (
    BurnUpSchema,
    EntrySchema,
    HistoryQuestion,
    HistoryQuestionSchema,
    HistorySchema,
    NotificationsQuestion,
    NotificationsQuestionSchema,
    NotificationsSchema,
    QuotaPageSchema,
    SummariesSchema,
)
from api.windows import to_ms

_FRESH_SECONDS = 60

blueprint = Blueprint("quotas", __name__)


@blueprint.get("/api/v1/quotas")
@operation(EntriesQuestionSchema(), QuotaPageSchema(), summary="All quotas, the worst first")
def list_quotas(caller: Caller, wanted: Wanted) -> Answer:
    """Return the entries of all quotas."""
    body = as_page(find_wanted(_read_entries(caller), wanted, caller.now), wanted, caller.now)
    return dump_json(body, caller.context.fresh_seconds)


@blueprint.get("/api/v1/quota-summaries")
@operation(
    EntriesQuestionSchema(),
    SummariesSchema(),
    summary="Each quota once, the worst first: how many entries it has in each state",
)
def list_summaries(caller: Caller, wanted: Wanted) -> Answer:
    """Return the quotas that have wanted entries."""
    body = as_summaries(summarize(_read_entries(caller), wanted, caller.now), wanted, caller.now)
    return dump_json(body, caller.context.fresh_seconds)


@blueprint.get("/api/v1/quotas/<name>")
@operation(
    EntriesQuestionSchema(),
    QuotaPageSchema(),
    summary="One quota; with for_each, each of those it holds for",
    statuses=(404,),
)
def show_quota(caller: Caller, wanted: Wanted, name: str) -> Answer:
    """Return the entries of a quota."""
    body = as_page(
        find_wanted(_entries_of(caller, name, {}), wanted, caller.now), wanted, caller.now
    )
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
        WrongParameter(label, None, "a value, since the quota has an entry for each")
        for label in differing_labels(found)
    ]
    if missing:
        raise ParametersError(missing)
    return found[0]

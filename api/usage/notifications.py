"""Who was told of a quota: asked of the webhook. What it answers is checked, never trusted."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import requests
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from requests.auth import AuthBase

from api.clients.cache import Entry as Kept
from api.clients.cache import Memory
from api.usage.entries import Entry, find_period
from quotas import names
from quotas.calendars import Period
from quotas.http.exchange import (
    OK,
    BadAnswerError,
    Bounds,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
    exchange,
    open_session,
)

WHO = "The webhook"
# The webhook waits for its database for 5 seconds; what it says of that must still arrive.
BOUNDS = Bounds(WHO, longest_seconds=7, largest_bytes=2 * 2**20)
# A mail tells of one entry once, or of some thresholds of it.
_MOST_TOPICS = 20
_GREATEST_PERCENT = 1_000
# However many ask: the others of our threads are for those who ask for something else.
_AT_ONCE = threading.BoundedSemaphore(4)
_PATIENCE_SECONDS = 1

KINDS = ("usage", "forecast", "over")
STATES = ("queued", "sending", "sent", "failed", "expired")

_UNAUTHORIZED = 401
_UNAVAILABLE = (429, 503)
_GATEWAY_TIMEOUT = 504
_LONGEST_LOGGED = 500

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Webhook:
    """Where to ask, and the token that is wanted there."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    session: requests.Session = field(default_factory=open_session, repr=False, compare=False)


@dataclass(frozen=True)
class Telling:
    """One recipient was, or is to be, told of one thing: its kind is one of KINDS.

    ``percent`` is the threshold, 100 for a forecast. Of a rolling window there is no period.
    """

    queued_at: datetime
    settled_at: datetime | None
    kind: str
    percent: float
    period: Period | None
    recipient: str
    state: str
    attempts: int


class _Bearer(AuthBase):
    """The token, where a .netrc file cannot take its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _TopicSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    quota = fields.String(required=True)
    selector = fields.Dict(fields.String(), fields.String(), required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    threshold = fields.Float(required=True, validate=validate.Range(0, _GREATEST_PERCENT))
    calendar = fields.String(required=True)
    period = fields.String(required=True, allow_none=True)


class _NotificationSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    recipient = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31))
    queued_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    topics = fields.List(fields.Nested(_TopicSchema), required=True)


_schema = _NotificationSchema()


def read_tellings(webhook: Webhook, memory: Memory, entry: Entry, limit: int) -> list[Telling]:
    """Return who was told of this entry and of no other, newest first, at most so many.

    Equal questions at the same time are asked once.

    Raises:
        UpstreamError: there is no answer that can be used.

    """
    selector = {
        label: entry.labels[label] for label in names.SELECTOR_LABELS if label in entry.labels
    }
    # An empty value is that of no such label: entries with more labels are others.
    every = dict.fromkeys(names.SELECTOR_LABELS, "") | selector
    question = {"quota": entry.quota, **every, "limit": str(limit)}

    def ask() -> Kept:
        return Kept(_read_answer(_ask_in_turn(webhook, question), limit), 0, 0)

    notifications = memory.once(("notifications", *question.items()), ask)
    found = [
        _make_telling(told, topic)
        for told in notifications
        for topic in told["topics"]
        if topic["quota"] == entry.quota and topic["selector"] == selector
    ]
    return sorted(found, key=lambda telling: telling.queued_at, reverse=True)[:limit]


def _make_telling(told: Mapping[str, Any], topic: Mapping[str, Any]) -> Telling:
    return Telling(
        queued_at=told["queued_at"],
        settled_at=told["settled_at"],
        kind=topic["kind"],
        percent=topic["threshold"],
        period=find_period(topic["calendar"], topic["period"] or "")[1],
        recipient=told["recipient"],
        state=told["state"],
        attempts=told["attempts"],
    )


def _ask_in_turn(webhook: Webhook, question: Mapping[str, str]) -> bytes:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise UnavailableError("it is slow, and others wait for it already", WHO)
    try:
        return _ask(webhook, question)
    finally:
        _AT_ONCE.release()


def _ask(webhook: Webhook, question: Mapping[str, str]) -> bytes:
    try:
        status, body = exchange(
            webhook.session,
            "GET",
            f"{webhook.url}/notifications",
            BOUNDS,
            parameters=question,
            auth=_Bearer(webhook.token),
        )
    except TooLargeError as error:
        # To ask for less helps with Prometheus; this is no answer of a webhook.
        raise BadAnswerError(str(error), WHO) from error
    if status != OK:
        raise _refusal(status, body)
    return body


def _read_answer(body: bytes, limit: int) -> list[Any]:
    try:
        answer = orjson.loads(body)
    except ValueError as error:
        raise BadAnswerError("its answer is not JSON", WHO) from error
    match answer:
        case {"notifications": list(told)} if len(told) <= limit and all(map(_is_small, told)):
            pass
        case _:
            raise BadAnswerError("its answer is no list of notifications", WHO)
    try:
        # One by one: what is wrong throughout is looked at once.
        return [_schema.load(one) for one in told]
    except ValidationError as error:
        _logger.warning("the webhook's answer is wrong: %.500s", error.messages)
        raise BadAnswerError("its answer is no list of notifications", WHO) from None


def _is_small(notification: Any) -> bool:
    """Return whether it takes no longer to look at than any notification does."""
    match notification:
        case {"topics": list(topics)}:
            return len(topics) <= _MOST_TOPICS and all(map(_has_few_labels, topics))
    return False


def _has_few_labels(topic: Any) -> bool:
    match topic:
        case {"selector": dict(selector)}:
            return len(selector) <= len(names.SELECTOR_LABELS)
    return False


def _refusal(status: int, body: bytes) -> UpstreamError:
    """Return the error that an answer stands for; its words only go to the log."""
    _logger.warning("the webhook answered HTTP %d: %r", status, body[:_LONGEST_LOGGED])
    if status in _UNAVAILABLE:
        return UnavailableError(f"it is not ready (HTTP {status})", WHO)
    if status == _GATEWAY_TIMEOUT:
        return TooSlowError("it took too long", WHO)
    if status == _UNAUTHORIZED:
        return BadAnswerError("it does not know the token in WEBHOOK_TOKEN (HTTP 401)", WHO)
    return BadAnswerError(f"it refused the question (HTTP {status})", WHO)

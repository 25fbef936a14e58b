"""Ask the webhook which notifications it has queued and sent. Its answers are validated."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from quotas import names
from quotas.http.exchange import (
    BadAnswerError,
    Server,
    TooLargeError,
    UnavailableError,
    UpstreamError,
    ask,
)
from quotas.http.headers import bearer

NAME = "The webhook"
# The webhook waits for its database for 5 seconds; its answer to that must still arrive.
TIMEOUT_SECONDS = 7
LARGEST_ANSWER_BYTES = 2 * 2**20
# A mail is about an entry once, or about some of its thresholds.
_MOST_TOPICS = 20
_GREATEST_PERCENT = 1_000
# At most so many requests wait for the webhook; the other threads stay free for other requests.
_AT_ONCE = threading.BoundedSemaphore(4)
_PATIENCE_SECONDS = 1

# "over" means that the quota is below the threshold again, not that it is over its limit.
KINDS = ("usage", "forecast", "over")
STATES = ("queued", "sending", "sent", "failed", "expired")

_UNAUTHORIZED = 401

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Webhook:
    """Where to ask, and the bearer token to send."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    server: Server = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        headers = bearer(self.token)
        server = Server(NAME, self.url, TIMEOUT_SECONDS, LARGEST_ANSWER_BYTES, headers)
        object.__setattr__(self, "server", server)


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


def list_notifications(webhook: Webhook, parameters: Mapping[str, str], limit: int) -> list[Any]:
    """Return the notifications that match, as mappings, at most ``limit``.

    Raises:
        UpstreamError: the webhook gave no usable answer.

    """
    with one_of_few():
        answer: Any = ask(
            webhook.server,
            "GET",
            "/notifications",
            parameters={**parameters, "limit": str(limit)},
            explain=_explain,
        )
    return _validate(answer, limit)


@contextmanager
def one_of_few() -> Iterator[None]:
    """Ask the webhook inside the ``with`` block, unless many others wait for it already.

    Raises:
        UnavailableError: many wait for it.
        BadAnswerError: its answer is too large.

    """
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise UnavailableError("it is slow, and others wait for it already", NAME)
    try:
        yield
    except TooLargeError as error:
        # Asking for less would not help, as it does with Prometheus: this is no webhook's answer.
        raise BadAnswerError(str(error), NAME) from error
    finally:
        _AT_ONCE.release()


def _explain(status: int, _body: bytes) -> UpstreamError | None:
    if status == _UNAUTHORIZED:
        return BadAnswerError("it does not know the token in WEBHOOK_TOKEN (HTTP 401)", NAME)
    return None


def _validate(answer: Any, limit: int) -> list[Any]:
    match answer:
        case {"notifications": list(found)} if len(found) <= limit and all(map(_is_small, found)):
            pass
        case _:
            raise BadAnswerError("its answer is no list of notifications", NAME)
    try:
        # One by one: validation ends at the first that is wrong.
        return [_schema.load(one) for one in found]
    except ValidationError as error:
        _logger.warning("the webhook's answer is wrong: %.500s", error.messages)
        raise BadAnswerError("its answer is no list of notifications", NAME) from None


def _is_small(notification: Any) -> bool:
    """Return whether a notification is no larger than a real one, so that validation is quick."""
    match notification:
        case {"topics": list(topics)}:
            return len(topics) <= _MOST_TOPICS and all(map(_has_few_labels, topics))
    return False


def _has_few_labels(topic: Any) -> bool:
    match topic:
        case {"selector": dict(selector)}:
            return len(selector) <= len(names.SELECTOR_LABELS)
    return False

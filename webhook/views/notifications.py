"""GET /notifications: all mails with their recipient, state and topics."""

from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, request
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from problem_json.whole_numbers import WholeNumber
from quotas.file.values import LONGEST_VALUE
from webhook.store.database import Store
from webhook.store.notifications import FILTERS, Notification, list_notifications, list_topics
from webhook.store.tables import STATES
from webhook.store.topics import Topic
from webhook.views.access import check_token

MOST_AT_ONCE = 500
LARGEST_ID = 2**62


class _QuerySchema(Schema):
    class Meta:
        unknown = RAISE

    quota = fields.String(validate=validate.Length(1, 200))
    state = fields.String(validate=validate.OneOf(STATES))
    recipient = fields.String(validate=validate.Length(1, 320))
    # An empty value matches topics without this label.
    service = fields.String(validate=validate.Length(0, LONGEST_VALUE))
    route = fields.String(validate=validate.Length(0, LONGEST_VALUE))
    consumer = fields.String(validate=validate.Length(0, LONGEST_VALUE))
    workspace = fields.String(validate=validate.Length(0, LONGEST_VALUE))
    direction = fields.String(validate=validate.Length(0, LONGEST_VALUE))
    limit = WholeNumber(most=MOST_AT_ONCE, load_default=100)
    before = WholeNumber(most=LARGEST_ID, load_default=None)


def create_blueprint(token: str, store: Store) -> Blueprint:
    """Return the blueprint, which reads the store."""
    blueprint = Blueprint("notifications", __name__)

    @blueprint.get("/notifications")
    def show_notifications() -> dict[str, Any]:
        """Return a page, newest first. ``next`` is the ``before`` of the next page, or null."""
        check_token(token)
        query = _read_query()
        filters = {name: query[name] for name in FILTERS if name in query}
        with store.reading() as connection:
            # One more than the page holds, to know whether there is another page.
            found = list_notifications(connection, filters, query["limit"] + 1, query["before"])
            page = found[: query["limit"]]
            topics = list_topics(connection, page, filters)
        more = len(found) > len(page)
        return {
            "notifications": [shape(*pair) for pair in zip(page, topics, strict=True)],
            "next": page[-1].id if more else None,
        }

    return blueprint


def shape(notification: Notification, topics: Sequence[Topic]) -> dict[str, Any]:
    """Return a notification and its topics as JSON values, with times as in RFC 3339.

    The ``period`` of a topic is the id of a period in its calendar, or null for a rolling window.
    """
    times = {
        name: time and time.isoformat()
        for name, time in (
            ("queued_at", notification.queued_at),
            ("due_at", notification.due_at),
            ("settled_at", notification.settled_at),
        )
    }
    return asdict(notification) | times | {"topics": [_shape_topic(topic) for topic in topics]}


def _shape_topic(topic: Topic) -> dict[str, Any]:
    return {
        "quota": topic.quota,
        "selector": topic.selector,
        "kind": topic.kind,
        "threshold": topic.percent,
        "calendar": topic.calendar,
        "period": topic.period or None,
    }


def _read_query() -> dict[str, Any]:
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        abort(HTTPStatus.BAD_REQUEST, f"{', '.join(twice)}: more than one value; send one")
    given = request.args.to_dict()
    if any("\0" in value for value in given.values()):
        abort(HTTPStatus.BAD_REQUEST, "a value has a NUL character; leave it out")
    try:
        query: dict[str, Any] = _QuerySchema().load(given)
    except ValidationError as error:
        messages = dict(error.messages_dict)
        mistakes = "; ".join(f"{name}: {' '.join(found)}" for name, found in messages.items())
        abort(HTTPStatus.BAD_REQUEST, mistakes)
    return query

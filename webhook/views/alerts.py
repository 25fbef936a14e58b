"""POST /alerts: Alertmanager posts firing and resolved alerts here."""

import io
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

from flask import Blueprint, abort, request

from quotas import names
from webhook.alerts.payload import (
    LARGEST_BODY_BYTES,
    Alert,
    Payload,
    PayloadError,
    parse_payload,
)
from webhook.alerts.refusals import guess_group, left_out_alert, refused_alert
from webhook.intake import IntakeResult
from webhook.store.database import StoreError
from webhook.text import clean_line
from webhook.views.access import check_token

MOST_LOGGED = 20
_LOGGED_LABELS = ("alertname", names.QUOTA, names.THRESHOLD, names.PERIOD)

_log = logging.getLogger(__name__)

# Commits the mails of a payload to the outbox.
Queue = Callable[[Payload], IntakeResult]


def create_blueprint(
    token: str,
    queue: Queue,
    count: Callable[[Payload, IntakeResult], None],
    count_refused: Callable[[PayloadError], None],
) -> Blueprint:
    """Return the blueprint.

    Args:
        token: the bearer token of requests.
        queue: commits the mails of a payload to the outbox.
        count: counts the alerts of a payload for ``/metrics``.
        count_refused: counts a payload that is refused because of this error.

    """
    blueprint = Blueprint("alerts", __name__)

    @blueprint.post("/alerts")
    def receive_alerts() -> dict[str, int]:
        """Return 200 once all mails of the payload are committed. Another process sends them.

        Return 503 if they cannot be committed. Alertmanager posts the same alerts again then. If
        a payload is refused, or lacks alerts, the default recipients are notified of that.
        """
        check_token(token)
        check_content_type()
        body = read_body()
        try:
            payload = parse_payload(body)
        except PayloadError as error:
            count_refused(error)
            report_refused(error, body, queue)
            raise
        request_id = secrets.token_hex(6)
        result = queue(payload)
        count(payload, result)
        log_payload(request_id, payload, result)
        if payload.truncated_alerts > 0:
            report_left_out(payload, queue)
        return {"alerts": len(payload.alerts), "mails": len(result.mails)}

    return blueprint


def read_body() -> bytes:
    """Return the body, or only its beginning if it is larger than LARGEST_BODY_BYTES."""
    # Flask would refuse a large body before its beginning, which names the group, can be read.
    request.max_content_length = max(2 * LARGEST_BODY_BYTES, request.content_length or 0)
    # A single read of the stream may return less than there is.
    stream = io.BufferedReader(cast("io.RawIOBase", request.stream))
    try:
        return stream.read(LARGEST_BODY_BYTES + 1)
    except OSError:
        abort(HTTPStatus.BAD_REQUEST, "the body ends before its announced end")


def report_refused(error: PayloadError, body: bytes, queue: Queue) -> None:
    """Log that a payload is refused, and notify the default recipients."""
    size_bytes = max(len(body), request.content_length or 0)
    group = clean_line(guess_group(body))
    _log.warning("refused: group=%r bytes=%d: %s", group, size_bytes, clean_line(str(error)))
    notify(refused_alert(error, group, size_bytes, datetime.now(UTC)), queue)


def report_left_out(payload: Payload, queue: Queue) -> None:
    """Log that Alertmanager has left out alerts, and notify the default recipients."""
    group = clean_line(payload.group_key)
    _log.warning("left out: group=%r alerts=%d", group, payload.truncated_alerts)
    notify(left_out_alert(payload, datetime.now(UTC)), queue)


def notify(alert: Alert, queue: Queue) -> None:
    """Queue the mails about an alert of the webhook itself."""
    try:
        queue(Payload((alert,)))
    except StoreError as error:
        # The answer to Alertmanager stays the same, which posts the payload again.
        _log.error("nobody is notified: %s", clean_line(str(error)))


def check_content_type() -> None:
    """Abort with 415 unless the body is declared as JSON."""
    if not request.is_json:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, with Content-Type: application/json")


def log_payload(request_id: str, payload: Payload, result: IntakeResult) -> None:
    """Log one line for the request. If anything was new, also one for each mail and alert."""
    alerts = [alert for alert in payload.alerts if alert.name != names.WATCHDOG_ALERT]
    # The watchdog arrives each minute, which would fill the log.
    level = logging.INFO if alerts else logging.DEBUG
    _log.log(
        level,
        "request=%s group=%r alerts=%d truncated=%d mails=%d",
        request_id,
        clean_line(payload.group_key),
        len(payload.alerts),
        payload.truncated_alerts,
        len(result.mails),
    )
    if not result.new:
        return
    for mail in result.mails:
        _log.info("request=%s mail=%s to=%s queued", request_id, mail.message_id, mail.recipient)
    for alert in alerts[:MOST_LOGGED]:
        shown = {
            name: clean_line(alert.labels[name], 80)
            for name in _LOGGED_LABELS
            if name in alert.labels
        }
        _log.info(
            "request=%s alert=%r status=%s %s",
            request_id,
            clean_line(alert.fingerprint, 32),
            alert.status,
            " ".join(f"{name}={value!r}" for name, value in shown.items()),
        )

"""POST /alerts: Alertmanager posts firing and resolved alerts here."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, abort, request

from quotas import names
from webhook.alerts.payload import Payload, parse_payload
from webhook.intake import IntakeResult
from webhook.text import clean_line
from webhook.views.access import check_token

MOST_LOGGED = 20
LARGEST_BODY_BYTES = 10 * 1024 * 1024
_LOGGED_LABELS = ("alertname", names.QUOTA, names.THRESHOLD, names.PERIOD)

_log = logging.getLogger(__name__)


def create_blueprint(
    token: str,
    queue: Callable[[Payload], IntakeResult],
    count: Callable[[IntakeResult, int], None],
) -> Blueprint:
    """Return the blueprint.

    Args:
        token: the bearer token of requests.
        queue: commits the mails of a payload to the outbox.
        count: counts the result and the number of alerts for ``/metrics``.

    """
    blueprint = Blueprint("alerts", __name__)

    @blueprint.post("/alerts")
    def receive_alerts() -> dict[str, int]:
        """Return 200 once all mails of the payload are committed. Another process sends them.

        Return 503 if they cannot be committed. Alertmanager posts the same alerts again then.
        """
        check_token(token)
        check_content_type()
        payload = parse_payload(read_body())
        request_id = secrets.token_hex(6)
        result = queue(payload)
        count(result, len(payload.alerts))
        log_payload(request_id, payload, result)
        return {"alerts": len(payload.alerts), "mails": len(result.mails)}

    return blueprint


def read_body() -> bytes:
    """Return the body, or abort with 413 if it is too large.

    Flask silently cuts a chunked body at MAX_CONTENT_LENGTH, which is one byte above the limit. A
    body that long was too large.
    """
    body = request.get_data()
    if len(body) > LARGEST_BODY_BYTES:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


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

"""POST /alerts: where Alertmanager posts what fires and what is resolved."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, abort, request

from quotas import names
from quotas.model import QuotaFile
from webhook.alerts.payload import Payload, parse_payload
from webhook.intake import Taken
from webhook.text import clean_line
from webhook.views.access import check_token

MOST_LOGGED = 20
LARGEST_BODY_BYTES = 10 * 1024 * 1024

_log = logging.getLogger(__name__)


def create_blueprint(
    token: str,
    read_quotas: Callable[[], QuotaFile],
    take: Callable[[Payload, QuotaFile], Taken],
    count: Callable[[Taken, int], None],
) -> Blueprint:
    """Return the blueprint, which commits payloads with ``take``, and counts their alerts."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.post("/alerts")
    def receive_alerts() -> dict[str, int]:
        """Answer 200 once what must be mailed is committed; it is sent by another process.

        503 asks Alertmanager to try again; nothing is queued then. Who was told already is not
        told again.
        """
        check_token(token)
        check_content_type()
        payload = parse_payload(read_body())
        request_id = secrets.token_hex(6)
        taken = take(payload, read_quotas())
        count(taken, len(payload.alerts))
        log_payload(request_id, payload, taken)
        return {"alerts": len(payload.alerts), "mails": len(taken.mails)}

    return blueprint


def read_body() -> bytes:
    """Return the body; abort with 413 where it is too large.

    One that comes in chunks, its length untold, is read up to a byte more than is allowed and then
    silently cut: that byte tells.
    """
    body = request.get_data()
    if len(body) > LARGEST_BODY_BYTES:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


def check_content_type() -> None:
    """Abort with 415 unless the body is said to be JSON."""
    if not request.is_json:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, with Content-Type: application/json")


def log_payload(request_id: str, payload: Payload, taken: Taken) -> None:
    """Log one line for the request, and for each alert that is told of and each mail."""
    told = [alert for alert in payload.alerts if alert.name != names.WATCHDOG_ALERT]
    # The watchdog comes each minute: it is news only when it stays away.
    level = logging.INFO if told else logging.DEBUG
    _log.log(
        level,
        "request=%s group=%r alerts=%d truncated=%d mails=%d",
        request_id,
        clean_line(payload.group_key),
        len(payload.alerts),
        payload.truncated_alerts,
        len(taken.mails),
    )
    if not taken.news:
        return
    for mail in taken.mails:
        _log.info("request=%s mail=%s to=%s queued", request_id, mail.message_id, mail.recipient)
    for alert in told[:MOST_LOGGED]:
        shown = {
            name: clean_line(alert.labels[name], 80)
            for name in ("alertname", names.QUOTA, names.THRESHOLD, names.PERIOD)
            if name in alert.labels
        }
        _log.info(
            "request=%s alert=%r status=%s %s",
            request_id,
            clean_line(alert.fingerprint, 32),
            alert.status,
            " ".join(f"{name}={value!r}" for name, value in shown.items()),
        )

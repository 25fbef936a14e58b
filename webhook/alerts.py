"""POST /alerts: where Alertmanager posts what fires and what is resolved."""

import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, abort, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from quotas import names
from quotas.model import QuotaFile
from webhook.delivery import deliver
from webhook.mails import compose_mails
from webhook.payload import Payload, parse_payload
from webhook.settings import Settings
from webhook.smtp import Connection
from webhook.texts import clean_line

LARGEST_BODY_BYTES = 10 * 1024 * 1024

_log = logging.getLogger(__name__)


def create_blueprint(
    settings: Settings,
    read_quotas: Callable[[], QuotaFile],
    connect: Callable[[], Connection],
) -> Blueprint:
    """Return the blueprint, which reads recipients and sends mail with these two functions."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.post("/alerts")
    def receive_alerts() -> dict[str, int]:
        """Mail what the alerts tell; answer 200 once every mail is accepted or refused for good.

        503 asks Alertmanager to try again. Those who were told already are then told again, with
        the same Message-ID: nothing here remembers them before an outbox does.
        """
        check_token(settings.token)
        check_content_type()
        payload = parse_payload(request.get_data())
        request_id = secrets.token_hex(6)
        sender = settings.mail.sender
        mails = compose_mails(payload.alerts, read_quotas(), sender, datetime.now(UTC))
        log_payload(request_id, payload, len(mails))
        delivery = deliver(mails, sender.addr_spec, connect, request_id)
        if delivery.failed:
            abort(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{delivery.failed} of {len(mails)} mails could not be sent now; try again",
            )
        return {
            "alerts": len(payload.alerts),
            "mails": delivery.sent,
            "refused": delivery.refused,
        }

    return blueprint


def check_token(token: str) -> None:
    """Abort with 401 unless the request carries the bearer token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # As bytes: compare_digest refuses text beyond ASCII, which a header can hold.
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise Unauthorized(
            "send the header Authorization: Bearer with the webhook's token",
            www_authenticate=WWWAuthenticate("bearer"),
        )


def check_content_type() -> None:
    """Abort with 415 unless the body is said to be JSON."""
    if not request.is_json:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, with Content-Type: application/json")


def log_payload(request_id: str, payload: Payload, mails: int) -> None:
    """Log one line for the request and one for each alert that people can be told of."""
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
        mails,
    )
    for alert in told:
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

"""The JSON API of the sink, below /api, for tests and for its own page."""

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, request
from marshmallow import Schema, ValidationError, fields, post_load, validate

from local.sink.current import get_mailbox, get_refusals
from local.sink.mailbox import Mail
from local.sink.refusals import Refusal

MAX_ADDRESS_CHARACTERS = 320
MAX_TIMES = 1000

blueprint = Blueprint("api", __name__, url_prefix="/api")


class RefusalSchema(Schema):
    """The body of ``PUT /api/refuse``; see `Refusal`."""

    recipient = fields.String(
        required=True, validate=validate.Length(min=1, max=MAX_ADDRESS_CHARACTERS)
    )
    code = fields.Integer(required=True, strict=True, validate=validate.Range(400, 599))
    times = fields.Integer(
        allow_none=True, load_default=None, strict=True, validate=validate.Range(1, MAX_TIMES)
    )
    at = fields.String(load_default="rcpt", validate=validate.OneOf(["rcpt", "data"]))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Refusal:
        """Return the loaded body as a refusal."""
        return Refusal(**data)


@blueprint.get("/mails")
def list_mails() -> list[dict[str, Any]]:
    """Return all mails, oldest first."""
    return [_shape(mail) for mail in get_mailbox().mails()]


@blueprint.get("/mails/<mail_id>")
def get_mail(mail_id: str) -> dict[str, Any]:
    """Return one mail, or 404."""
    mail = get_mailbox().get(mail_id)
    if mail is None:
        abort(404, f'there is no mail "{mail_id}", or none any more')
    return _shape(mail)


@blueprint.delete("/mails")
def delete_mails() -> tuple[str, int]:
    """Drop all mails."""
    get_mailbox().clear()
    return "", 204


@blueprint.get("/revision")
def get_revision() -> dict[str, str]:
    """Return a text that changes with the mails, so that the page can poll it cheaply."""
    return {"revision": get_mailbox().revision()}


@blueprint.get("/refuse")
def list_refusals() -> list[dict[str, Any]]:
    """Return the active refusals."""
    return [asdict(refusal) for refusal in get_refusals().all()]


@blueprint.put("/refuse")
def put_refusal() -> tuple[dict[str, Any], int]:
    """Add a refusal; a wrong body is answered with 400 and all its mistakes."""
    try:
        refusal = RefusalSchema().load(request.get_json())
        get_refusals().put(refusal)
    except ValidationError as error:
        abort(400, json.dumps(error.messages))
    except ValueError as error:
        abort(400, str(error))
    return asdict(refusal), 200


@blueprint.delete("/refuse")
def clear_refusals() -> tuple[str, int]:
    """Accept everything again."""
    get_refusals().clear()
    return "", 204


def _shape(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(),
        "envelope_from": mail.envelope_from,
        "envelope_to": mail.envelope_to,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "from": mail.sender,
        "to": mail.to,
        "cc": mail.cc,
        "text": mail.text,
        "html": mail.html,
        "size_bytes": mail.size_bytes,
    }

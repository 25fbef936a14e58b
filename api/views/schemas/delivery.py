"""Parameters and answer of /api/v1/delivery."""

from typing import Any

from marshmallow import Schema, fields, post_load


class DeliveryQuestionSchema(Schema):
    """The parameters of /api/v1/delivery: none."""

    @post_load
    def _make(self, _values: dict[str, Any], **_: object) -> None:
        return None


class CheckSchema(Schema):
    """One check of the webhook, and what it found."""

    name = fields.String(required=True)
    ok = fields.Boolean(required=True)
    detail = fields.String(required=True)


class DeliverySchema(Schema):
    """All checks; null if no webhook is set, or if the token does not see everything."""

    checks = fields.List(fields.Nested(CheckSchema), required=True, allow_none=True)

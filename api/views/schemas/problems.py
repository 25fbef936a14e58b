"""The answer of every failure."""

from marshmallow import Schema, fields


class WrongParameterSchema(Schema):
    """A parameter that is wrong."""

    parameter = fields.String(required=True)
    value = fields.String(required=True, allow_none=True)
    expected = fields.String(required=True)


class ProblemSchema(Schema):
    """A failure, as RFC 9457 has it. If points are too many, ``step`` is one that would do."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(WrongParameterSchema))
    step = fields.String()

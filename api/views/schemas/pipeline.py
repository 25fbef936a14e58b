"""Answer of /api/v1/pipeline."""

from marshmallow import Schema, fields


class GatewaysSchema(Schema):
    """Gateways that Prometheus scrapes, those that answer, and some of those that do not."""

    known = fields.Integer(required=True)
    up = fields.Integer(required=True)
    down = fields.List(fields.String(), required=True)


class EvaluationsSchema(Schema):
    """Evaluations of the rules in the last hour; ``missed`` is null if the rules are newer."""

    expected = fields.Integer(required=True)
    missed = fields.Integer(required=True, allow_none=True)
    caught_up = fields.Boolean(required=True)


class TroubleSchema(Schema):
    """An alert about the pipeline that fires; ``url`` says what to do, empty without a runbook."""

    name = fields.String(required=True)
    severity = fields.String(required=True)
    summary = fields.String(required=True)
    advice = fields.String(required=True)
    url = fields.String(required=True)


class PipelineSchema(Schema):
    """``is_recorded``: Prometheus has evaluated the quota rules within a day."""

    is_recorded = fields.Boolean(required=True)
    gateways = fields.Nested(GatewaysSchema, required=True)
    evaluations = fields.Nested(EvaluationsSchema, required=True)
    troubles = fields.List(fields.Nested(TroubleSchema), required=True)


class PipelineAnswerSchema(Schema):
    """The state of the pipeline; null if the token does not see everything."""

    pipeline = fields.Nested(PipelineSchema, required=True, allow_none=True)

"""GET /api/v1/pipeline: whether the numbers can be trusted."""

from dataclasses import asdict

from flask import Blueprint

from api.access import ALL
from api.http.answer_cache import Answer
from api.http.operation import Caller, dump_json, operation
from api.pipeline.reading import read_pipeline
from api.views.schemas.delivery import DeliveryQuestionSchema
from api.views.schemas.pipeline import PipelineAnswerSchema
from api.windows import to_ms

_FRESH_SECONDS = 10

blueprint = Blueprint("pipeline", __name__)


@blueprint.get("/api/v1/pipeline")
@operation(
    DeliveryQuestionSchema(), PipelineAnswerSchema(), summary="Whether the numbers can be trusted"
)
def show_pipeline(caller: Caller, _question: None) -> Answer:
    """Return gateways, evaluations and doubts, which name all gateways."""
    if caller.scope != ALL:
        return dump_json({"pipeline": None}, _FRESH_SECONDS)
    found = read_pipeline(caller.context.upstream, caller.quotas, to_ms(caller.now))
    return dump_json({"pipeline": asdict(found)}, _FRESH_SECONDS)

"""GET /api/v1/delivery: whether alerts arrive at the webhook and become mail."""

from dataclasses import asdict

from flask import Blueprint

from api.access import ALL
from api.clients.cache import CacheEntry
from api.clients.webhook_health import read_checks
from api.http.answer_cache import Answer
from api.http.operation import Caller, dump_json, operation
from api.views.schemas.delivery import DeliveryQuestionSchema, DeliverySchema

_FRESH_SECONDS = 10

blueprint = Blueprint("delivery", __name__)


@blueprint.get("/api/v1/delivery")
@operation(
    DeliveryQuestionSchema(),
    DeliverySchema(),
    summary="Whether alerts arrive at the webhook and become mail",
)
def show_delivery(caller: Caller, _question: None) -> Answer:
    """Return the webhook's checks. Their details can name any recipient."""
    webhook = caller.context.webhook
    if webhook is None or caller.scope != ALL:
        return dump_json({"checks": None}, _FRESH_SECONDS)

    def make() -> CacheEntry:
        return CacheEntry(read_checks(webhook), 0, _FRESH_SECONDS)

    checks = caller.context.upstream.cache.get_or_make("delivery", make)
    return dump_json({"checks": [asdict(check) for check in checks]}, _FRESH_SECONDS)

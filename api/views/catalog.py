"""GET /api/v1/catalog: which services, routes and consumers were seen lately."""

from flask import Blueprint

from api.access import match_scope
from api.clients.range_cache import read_instant
from api.http.answer_cache import Answer
from api.http.operation import Caller, dump_json, operation
from api.labels import PUBLIC
from api.views.schemas.catalog import CatalogQuestion, CatalogQuestionSchema, CatalogSchema
from api.windows import to_ms
from quotas import names
from quotas.promql import selector
from quotas.units import format_duration

MOST_NAMES = 10_000
_FRESH_SECONDS = 30

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/api/v1/catalog")
@operation(
    CatalogQuestionSchema(), CatalogSchema(), summary="Services, routes, consumers seen lately"
)
def show_catalog(caller: Caller, question: CatalogQuestion) -> Answer:
    """Return the values of each label, sorted; the empty one stands for no value."""
    catalog = {
        f"{PUBLIC[label]}s": sorted(_read_values(caller, label, question.lookback_seconds))
        for label in names.SELECTOR_LABELS
    }
    truncated = any(len(found) > MOST_NAMES for found in catalog.values())
    shown = {key: found[:MOST_NAMES] for key, found in catalog.items()}
    return dump_json({"truncated": truncated, **shown}, _FRESH_SECONDS)


def _read_values(caller: Caller, label: str, lookback_seconds: int) -> set[str]:
    counters = f"{names.GATEWAY_BYTES}{selector(match_scope(caller.scope))}"
    back = format_duration(lookback_seconds)
    query = f"group by ({label}) (last_over_time({counters}[{back}]))"
    found = read_instant(caller.context.upstream, query, to_ms(caller.now))
    return {series.labels.get(label, "") for series in found}

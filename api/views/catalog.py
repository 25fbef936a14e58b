"""GET /api/v1/catalog: which services, routes, consumers were seen lately, for pickers."""

from dataclasses import dataclass

from flask import Blueprint
from marshmallow import Schema, post_load

from api.access import Scope
from api.bandwidth.windows import to_ms
from api.clients.range_cache import Upstream, read_at
from api.http.operation import Answer, Caller, dump_json, operation
from api.http.parameters import Duration
from api.selectors import braces, match_scope
from api.views.schemas.answers import CatalogSchema
from api.views.schemas.bandwidth import PUBLIC
from quotas import names
from quotas.calendars import DAY_SECONDS
from quotas.units import format_duration

LONGEST_SECONDS = 45 * DAY_SECONDS
MOST_NAMES = 10_000
_FRESH_SECONDS = 30

blueprint = Blueprint("catalog", __name__)


@dataclass(frozen=True)
class CatalogQuestion:
    """How far to look back."""

    lookback_seconds: int = DAY_SECONDS


class CatalogQuestionSchema(Schema):
    """The parameters of /api/v1/catalog."""

    lookback_seconds = Duration(
        data_key="lookback",
        longest_seconds=LONGEST_SECONDS,
        metadata={"description": 'how far to look back; by default "1d"'},
    )

    @post_load
    def _make(self, values: dict[str, int], **_: object) -> CatalogQuestion:
        return CatalogQuestion(**values)


@blueprint.get("/api/v1/catalog")
@operation(
    CatalogQuestionSchema(), CatalogSchema(), summary="Services, routes, consumers seen lately"
)
def show_catalog(caller: Caller, question: CatalogQuestion) -> Answer:
    """Return the values of each label, sorted; the empty one is that of no consumer."""
    now_ms = to_ms(caller.context.clock())
    catalog = {
        f"{PUBLIC[label]}s": sorted(
            _read_names(caller.context.upstream, label, question, caller.scope, now_ms)
        )
        for label in names.SELECTOR_LABELS
    }
    body = {key: found[:MOST_NAMES] for key, found in catalog.items()}
    truncated = any(len(found) > MOST_NAMES for found in catalog.values())
    return dump_json({"truncated": truncated, **body}, _FRESH_SECONDS)


def _read_names(
    upstream: Upstream, label: str, question: CatalogQuestion, scope: Scope, now_ms: int
) -> set[str]:
    counters = f"{names.GATEWAY_BYTES}{braces(match_scope(scope))}"
    back = format_duration(question.lookback_seconds)
    query = f"group by ({label}) (last_over_time({counters}[{back}]))"
    return {series.labels.get(label, "") for series in read_at(upstream, query, now_ms)}

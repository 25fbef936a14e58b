"""Parameters and answer of /api/v1/catalog."""

from dataclasses import dataclass

from marshmallow import Schema, fields, post_load

from api.http.fields import Duration
from quotas.calendars import DAY_SECONDS

LONGEST_LOOKBACK_SECONDS = 45 * DAY_SECONDS


@dataclass(frozen=True)
class CatalogQuestion:
    """How far to look back."""

    lookback_seconds: int = DAY_SECONDS


class CatalogQuestionSchema(Schema):
    """The parameters of /api/v1/catalog."""

    lookback_seconds = Duration(
        data_key="lookback",
        longest_seconds=LONGEST_LOOKBACK_SECONDS,
        metadata={"description": 'how far to look back; by default "1d"'},
    )

    @post_load
    def _make(self, values: dict[str, int], **_: object) -> CatalogQuestion:
        return CatalogQuestion(**values)


class CatalogSchema(Schema):
    """Values seen within the lookback, sorted; the empty one stands for no value."""

    services = fields.List(fields.String(), required=True)
    routes = fields.List(fields.String(), required=True)
    consumers = fields.List(fields.String(), required=True)
    workspaces = fields.List(fields.String(), required=True)
    types = fields.List(fields.String(), required=True)
    truncated = fields.Boolean(required=True)

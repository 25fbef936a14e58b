"""quotas.schema.json, from the schema itself: editors complete and check quotas.yaml with it."""

import json

from quotas.file.fields import object_of
from quotas.file.schema import QuotaFileSchema


def render_json_schema() -> str:
    """Return the text of quotas.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "quotas.yaml",
        "description": "Bandwidth quotas for Kong gateways",
        **object_of(QuotaFileSchema),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

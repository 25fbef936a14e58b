"""quotas.schema.json, generated from the schema. Editors complete and check quotas.yaml with it."""

import json

from quotas.file.fields import json_of_schema
from quotas.file.schema import QuotaFileSchema


def render_json_schema() -> str:
    """Return the text of quotas.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "quotas.yaml",
        "description": "Bandwidth quotas for Kong gateways",
        **json_of_schema(QuotaFileSchema),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

"""Check objects, given as a JSON list, against the schemas of Kubernetes and the Operator.

The tests run this as a program, with the folder of the schemas on the module path. It prints one
line for each mistake.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import kubernetes_validate
from cloudcoil.models.prometheus_operator import v1, v1alpha1

# The oldest version that the chart allows, and the newest one that there are schemas for.
KUBERNETES_VERSIONS = ("1.25", "1.37")
OPERATOR_SCHEMAS = {
    "PodMonitor": v1.PodMonitor,
    "PrometheusRule": v1.PrometheusRule,
    "AlertmanagerConfig": v1alpha1.AlertmanagerConfig,
}


def refuse_unknown_keys(schema: Any) -> None:
    """Make each object of a schema refuse keys that it does not list."""
    if isinstance(schema, list):
        for entry in schema:
            refuse_unknown_keys(entry)
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for entry in schema.values():
            refuse_unknown_keys(entry)


def innermost(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Yield the errors that lead to an error, but for optional values not being null."""
    for one in error.context or ():
        if one.validator != "type" or one.validator_value != "null":
            yield from innermost(one)
    if not error.context:
        yield error


def find_mistakes(data: dict[str, Any]) -> list[str]:
    """Return what is wrong with an object."""
    if data["kind"] in OPERATOR_SCHEMAS:
        schema = OPERATOR_SCHEMAS[data["kind"]].model_json_schema()
        refuse_unknown_keys(schema)
        errors = jsonschema.Draft202012Validator(schema).iter_errors(data)
        return [f"{one.json_path}: {one.message}" for error in errors for one in innermost(error)]
    found = []
    for version in KUBERNETES_VERSIONS:
        try:
            kubernetes_validate.validate(data, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"Kubernetes {version}: {list(error.path)}: {error.message}")
    return found


if __name__ == "__main__":
    for item in json.load(sys.stdin):
        for mistake in find_mistakes(item):
            print(f"{item['kind']} {item['metadata']['name']}: {mistake}")

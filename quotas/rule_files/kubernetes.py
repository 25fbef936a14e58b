"""PrometheusRule objects of Kubernetes: which groups are in which object, and its labels."""

from collections.abc import Iterable

from quotas.rule_files.rule import RuleFile
from quotas.rule_files.splitting import json_bytes

# How long the rules of an object may be as JSON. kubectl apply stores the whole object in one of
# its annotations, and Kubernetes allows 262,144 bytes of annotations. The rest is for names, labels
# and what others annotate.
MOST_BYTES = 250_000

API_VERSION = "monitoring.coreos.com/v1"
KIND = "PrometheusRule"
NAME_LABEL = "app.kubernetes.io/name"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
# The name of the object as a label, since a selector cannot ask for names.
COMPONENT_LABEL = "app.kubernetes.io/component"
MANAGED_BY = "generate-rules"


def split_objects(files: Iterable[RuleFile]) -> list[RuleFile]:
    """Return rule files of which each fits into a PrometheusRule object.

    A file that is too large becomes one for each of its groups, named after the group. So a changed
    group changes no other object.

    Args:
        files: the rules, in groups of MOST_BYTES at most.

    """
    return [part for file in files for part in _split(file)]


def object_labels(name: str) -> dict[str, str]:
    """Return the labels of the object with this name."""
    return {
        NAME_LABEL: "gateway-quotas",
        MANAGED_BY_LABEL: MANAGED_BY,
        COMPONENT_LABEL: name,
    }


def delete_command(kept: Iterable[str]) -> str:
    """Return the command that deletes the objects of earlier runs, except those with these names.

    It has no namespace, like the objects.
    """
    names = ",".join(sorted(kept))
    selector = f"{MANAGED_BY_LABEL}={MANAGED_BY},{COMPONENT_LABEL} notin ({names})"
    return f"kubectl delete prometheusrules --selector='{selector}'"


def _split(file: RuleFile) -> list[RuleFile]:
    if sum(json_bytes(group.rules) for group in file.groups) <= MOST_BYTES:
        return [file]
    return [RuleFile(group.name, [group], note=file.note) for group in file.groups]

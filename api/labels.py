"""The public names of labels."""

from quotas import names

# The public API calls a direction type, as Kong 2 did.
LABELS = {
    "service": names.SERVICE,
    "route": names.ROUTE,
    "consumer": names.CONSUMER,
    "workspace": names.WORKSPACE,
    "type": names.DIRECTION,
}
PUBLIC = {label: public for public, label in LABELS.items()}

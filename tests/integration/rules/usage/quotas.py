"""Quotas, and the used bytes that Prometheus must compute for them."""

from quotas import names
from tests.integration.support.promtool import Samples

# The head of a quotas.yaml; with steps of five minutes, long stories need fewer evaluations.
# Steps are not counted again: other tests see to that, and it takes longer.
HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\naccounting: {catch_up: false}\nquotas:\n"
HEAD_OF_LONG_STEPS = HEAD.replace("{catch_up", "{resolution: 5m, catch_up")


def used(*expected: tuple[str, str, float], at: str) -> Samples:
    """Expect these used bytes, each as quota, period and value, and no others."""
    query = f"sum by ({names.QUOTA}, {names.PERIOD}) ({names.USED})"
    return Samples(
        query,
        at,
        [({"period": period, "quota": quota}, value) for quota, period, value in expected],
    )


def used_in(period: str, value: float, *, at: str) -> Samples:
    """Expect the used bytes of one period, ignoring other periods."""
    query = f'sum by ({names.PERIOD}) ({names.USED}{{{names.PERIOD}="{period}"}})'
    return Samples(query, at, [({"period": period}, value)])

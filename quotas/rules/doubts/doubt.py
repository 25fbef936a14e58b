"""A doubt: a query, and the texts about each element that it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template


@dataclass(frozen=True)
class Doubt:
    """A state in which the numbers may be wrong.

    Attributes:
        alert: the name of the alert.
        query: PromQL. It finds one element for each gateway in doubt, or one without labels.
        summary: one line that names the gateway, without a full stop.
        cause: what happens to the numbers, and why, in whole sentences.
        cure: what to do, in whole sentences.
        for_seconds: how long the doubt must last before it is an alert. A restart or a rolling
            deployment of gateways is over by then.
        severity: ``critical`` if bytes are wrong now, ``warning`` if they may become so.

    The texts have holes for the labels and the value of an element: ``$instance``, ``$value``.

    """

    alert: str
    query: str
    summary: str
    cause: str
    cure: str
    for_seconds: int
    severity: str = "critical"

    @property
    def description(self) -> str:
        """Return cause and cure as one text."""
        return f"{self.cause} {self.cure}"

    def line(self, labels: Mapping[str, str], value: float) -> str:
        """Return all texts about one element as a line."""
        text = f"{self.summary}. {self.description}"
        return Template(text).substitute({**labels, "value": f"{value:.0f}"})


class _Holes(dict[str, str]):
    """For each hole, the template of Prometheus for the same label."""

    def __missing__(self, name: str) -> str:
        return f"{{{{ $labels.{name} }}}}"


def as_annotation(text: str) -> str:
    """Return a text of a doubt as an annotation, in Prometheus's own template language."""
    return Template(text).substitute(_Holes(value='{{ printf "%.0f" $value }}'))

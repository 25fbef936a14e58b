"""All engines that the suite knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local import programs
from local.programs import Program
from tests.engines.engine import Engine, Site
from tests.engines.setups import mimir, prometheus, thanos, victoria_metrics


@dataclass(frozen=True)
class Setup:
    """The programs of an engine, and how they are arranged.

    ``downloaded`` says that the programs may also be found where other programs are, and not only
    in their variables.
    """

    programs: tuple[Program, ...]
    set_up: Callable[[Site], Engine]
    downloaded: bool = False


SETUPS: Mapping[str, Setup] = {
    "prometheus": Setup((programs.PROMETHEUS,), prometheus.set_up, downloaded=True),
    "victoria-metrics": Setup(
        (programs.VICTORIA_METRICS, programs.VMALERT), victoria_metrics.set_up, downloaded=True
    ),
    "victoria-metrics-pair": Setup(
        (programs.VICTORIA_METRICS, programs.VMALERT, programs.PROMETHEUS),
        victoria_metrics.set_up_pair,
        downloaded=True,
    ),
    "thanos": Setup((programs.THANOS, programs.PROMETHEUS), thanos.set_up),
    "cortex": Setup((programs.CORTEX, programs.PROMETHEUS), mimir.set_up_cortex),
}

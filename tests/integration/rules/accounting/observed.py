"""Scrapes of real gateways on which simpler rules miscounted, with the bounds of a right result.

One gateway is scraped every 15 seconds for three hours. Unless a case says otherwise, its counter
begins at 7,000,000,000 bytes and grows by 15,000 between two scrapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quotas import names
from tests.integration.support.promtool import series

UNTIL = "10785s"
_GROWTH = 15_000
_START = 7_000_000_000
_TARGET = {"job": names.GATEWAY_JOB, "instance": "g1"}
_REQUESTS = "kong_nginx_requests_total"
_NODES = "kong_node_info"


@dataclass(frozen=True)
class Observed:
    """What was scraped, and the least and most bytes that service ``shop`` may have moved.

    ``most_bytes`` is the truth.
    """

    name: str
    least_bytes: int
    most_bytes: int
    counter: str
    requests: str = "5000+9x719"
    others: Mapping[str, str] = field(default_factory=dict)
    answers: str = "1x719"
    nodes: str = "1x719"

    @property
    def scraped(self) -> dict[str, str]:
        """Return the series by name, in the notation of promtool."""
        return {**_gateway(self.answers, self.requests, self.nodes, self.counter), **self.others}


def _gateway(answers: str, requests: str, nodes: str, counter: str, **more: str) -> dict[str, str]:
    target = {**_TARGET, **more}
    return {
        series("up", **target): answers,
        series(_REQUESTS, **target, node_id="n-g1", subsystem="http"): requests,
        series(_NODES, **target, node_id="n-g1", version="3.9.1"): nodes,
        series(names.GATEWAY_BYTES, **target, **_route("shop")): counter,
    }


def _route(service: str) -> dict[str, str]:
    labels = {"route": "r", "direction": "egress", "workspace": "default", "consumer": ""}
    return {"service": service, **labels}


def _from(scrape: int, count: int) -> str:
    """Return ``count`` values of the counter from this scrape on."""
    first = f"{_START + _GROWTH * scrape}"
    return first if count == 1 else f"{first}+{_GROWTH}x{count - 1}"


def _without(gaps: Mapping[int, int], marker: str = "stale") -> str:
    """Return the counter without the scrapes of some gaps, by first scrape and length."""
    parts, scrape = [], 0
    for first, length in gaps.items():
        parts.append(_from(scrape, first - scrape))
        rest = f" _x{length - 1}" if length > 1 else ""
        parts.append(f"{marker}{rest}" if marker == "stale" else " ".join([marker] * length))
        scrape = first + length
    return " ".join([*parts, _from(scrape, 720 - scrape)])


OBSERVED = (
    Observed(
        "a counter is gone for 80 seconds while its gateway answers",
        10_665_000,
        10_785_000,
        _without({201: 6}),
    ),
    Observed(
        "a counter is gone for seven minutes while its gateway answers",
        10_665_000,
        10_785_000,
        _without({201: 30}),
    ),
    Observed(
        "one scrape in twelve lacks the counter",
        10_665_000,
        10_785_000,
        _without(dict.fromkeys((16, *range(28, 712, 12)), 1)),
    ),
    Observed(
        "all counters are gone for 90 minutes, while the plugin is not configured",
        5_250_000,
        10_785_000,
        _without({120: 360}),
    ),
    Observed(
        "the counter is not a number now and then",
        10_620_000,
        10_785_000,
        _without(dict.fromkeys(range(41, 700, 40), 2), "NaN"),
    ),
    Observed(
        "a label is added to the target",
        10_575_000,
        10_785_000,
        f"{_from(0, 301)} stale _x418",
        requests="5000+9x300 stale _x418",
        answers="1x300 _x419",
        nodes="1x300 stale _x418",
        others=_gateway(
            "_x301 1x418", "_x301 7709+9x418", "_x301 1x418", f"_x301 {_from(301, 419)}", env="prod"
        ),
    ),
    Observed(
        "the gateway restarts, and its counter is larger than before at the first scrape",
        904_609_030,
        904_729_030,
        "1000+10x403 900000000+15000x315",
        requests="50000+9x403 40+9x315",
    ),
    Observed(
        "the gateway restarts, and its first request for ten minutes is larger than all before",
        904_609_030,
        904_729_030,
        "1000+10x403 stale _x39 900600000+15000x275",
        requests="50000+9x403 40+9x315",
    ),
    Observed(
        "a gateway serves its only request after an idle hour",
        9_133,
        9_133,
        "_x250 9133x469",
        requests="2+1x719",
    ),
    Observed(
        "a new route serves its only request",
        9_133,
        9_133,
        "_x250 9133x469",
        others={series(names.GATEWAY_BYTES, **_TARGET, **_route("other")): _from(0, 720)},
    ),
    Observed(
        "scrapes fail for half an hour",
        10_665_000,
        10_785_000,
        _without({300: 120}),
        answers="1x299 0x119 1x299",
        requests="5000+9x299 stale _x119 8780+9x299",
        nodes="1x299 stale _x119 1x299",
    ),
)

"""What versions of Kong and collectors expose, and what Prometheus has to store of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """The text of one ``/metrics``, and the series to store, in the same notation."""

    name: str
    exposed: str
    stored: str


# Label names, their order and empty values are those of Kong's prometheus plugin. The route
# without a service is counted since Kong 3.6, with an empty service.
KONG_3_9 = Answer(
    "Kong 3.9",
    """
# HELP kong_bandwidth_bytes Total bandwidth (ingress/egress) throughput in bytes
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes{service="",route="open",direction="egress",workspace="default",consumer=""} 30
kong_bandwidth_bytes{service="bun",route="r",direction="egress",workspace="team",consumer="acme"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress",workspace="team",consumer="acme"} 2
# HELP kong_http_requests_total HTTP status codes per consumer/service/route in Kong
# TYPE kong_http_requests_total counter
kong_http_requests_total{service="bun",route="r",code="200",source="service",consumer="acme"} 4
kong_http_requests_total{service="ban",route="r",code="200",source="service",consumer=""} 5
# HELP kong_node_info Kong Node metadata information
# TYPE kong_node_info gauge
kong_node_info{node_id="5f0ccf5e-2b4d-4a43-a54f-7c5be1a1bd41",version="3.9.1"} 1
""",
    """
kong_bandwidth_bytes{route="open",direction="egress",workspace="default"} 30
kong_bandwidth_bytes{service="bun",route="r",direction="egress",workspace="team",consumer="acme"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress",workspace="team",consumer="acme"} 2
kong_http_requests_total{service="bun",route="r",code="200",source="service",consumer="acme"} 4
kong_http_requests_total{service="ban",route="r",code="200",source="service"} 5
kong_node_info{node_id="5f0ccf5e-2b4d-4a43-a54f-7c5be1a1bd41",version="3.9.1"} 1
""",
)
KONG_3_4 = Answer(
    "Kong 3.4, without workspaces",
    """
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes{service="bun",route="r",direction="egress",consumer=""} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress",consumer="acme"} 2
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress",consumer="acme"} 2
""",
)
KONG_2_8 = Answer(
    "Kong 2.8",
    """
# HELP kong_bandwidth Total bandwidth in bytes consumed per service/route in Kong
# TYPE kong_bandwidth counter
kong_bandwidth{service="bun",route="r",type="egress"} 10
kong_bandwidth{service="bun",route="r",type="ingress"} 2
# TYPE kong_latency histogram
kong_latency_bucket{service="bun",route="r",type="kong",le="+Inf"} 7
kong_latency_count{service="bun",route="r",type="kong"} 7
kong_latency_sum{service="bun",route="r",type="kong"} 70
kong_latency_bucket{service="bun",route="r",type="request",le="+Inf"} 6
kong_latency_count{service="bun",route="r",type="request"} 6
kong_latency_sum{service="bun",route="r",type="request"} 60
# TYPE kong_nginx_http_current_connections gauge
kong_nginx_http_current_connections{state="total"} 9
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress"} 2
kong_latency_bucket{service="bun",route="r",type="kong",le="+Inf"} 7
kong_latency_count{service="bun",route="r",type="kong"} 7
kong_latency_sum{service="bun",route="r",type="kong"} 70
kong_latency_bucket{service="bun",route="r",type="request",le="+Inf"} 6
kong_latency_count{service="bun",route="r",type="request"} 6
kong_latency_sum{service="bun",route="r",type="request"} 60
kong_nginx_http_current_connections{state="total"} 9
""",
)
KONG_1_3 = Answer(
    "Kong 1.3, without routes",
    """
# TYPE kong_bandwidth counter
kong_bandwidth{type="egress",service="bun"} 10
""",
    """
kong_bandwidth_bytes{service="bun",direction="egress"} 10
""",
)
KONG_0_14 = Answer(
    "Kong 0.14, with a total that repeats all bytes",
    """
# TYPE kong_bandwidth counter
kong_bandwidth{type="egress",service="bun"} 10
# TYPE kong_bandwidth_total counter
kong_bandwidth_total{type="egress"} 10
""",
    """
kong_bandwidth_bytes{service="bun",direction="egress"} 10
kong_bandwidth_total{type="egress",direction="egress"} 10
""",
)
COLLECTED_3 = Answer(
    "Kong 3 behind a collector that adds _total",
    """
# TYPE kong_bandwidth_bytes_total counter
kong_bandwidth_bytes_total{service="bun",route="r",direction="egress",consumer="acme"} 10
kong_bandwidth_bytes_total{service="",route="open",direction="ingress",consumer=""} 2
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress",consumer="acme"} 10
kong_bandwidth_bytes{route="open",direction="ingress"} 2
""",
)
COLLECTED_2 = Answer(
    "Kong 2 behind a collector that adds _total",
    """
# TYPE kong_bandwidth_total counter
kong_bandwidth_total{service="bun",route="r",type="egress"} 10
kong_bandwidth_total{service="bun",route="r",type="ingress"} 2
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress"} 2
""",
)
MOVED_ASIDE = Answer(
    "an answer whose labels were moved aside before",
    """
# TYPE kong_bandwidth counter
kong_bandwidth{exported_service="bun",exported_route="r",exported_type="egress"} 10
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes{exported_service="ban",exported_direction="egress",exported_consumer="a"} 3
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 10
kong_bandwidth_bytes{service="ban",direction="egress",consumer="a"} 3
""",
)
RENAMED = Answer(
    "Kong 2 behind a collector that changes the name alone",
    """
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes{service="bun",route="r",type="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",type="ingress"} 2
""",
    """
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="ingress"} 2
""",
)
ANSWERS = (
    KONG_3_9,
    KONG_3_4,
    KONG_2_8,
    KONG_1_3,
    KONG_0_14,
    COLLECTED_3,
    COLLECTED_2,
    MOVED_ASIDE,
    RENAMED,
)

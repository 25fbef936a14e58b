"""GET /metrics: the API's own metrics."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.http.context import get_context

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Return the metrics in Prometheus's text format."""
    registry = get_context().metrics.registry
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

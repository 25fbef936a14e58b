"""Every failure of the API leaves as application/problem+json (RFC 9457)."""

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from api.prometheus import BadAnswerError, PrometheusError, TooSlowError, UnavailableError
from api.schemas import ParametersError
from api.series import TooManyRowsError

RETRY_AFTER_SECONDS = 5

_STATUS: dict[type[PrometheusError], HTTPStatus] = {
    BadAnswerError: HTTPStatus.BAD_GATEWAY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooSlowError: HTTPStatus.GATEWAY_TIMEOUT,
}


def register(app: Flask) -> None:
    """Make ``app`` answer each failure with a problem; one of ours says nothing of its inside."""
    app.register_error_handler(ParametersError, _answer_parameters_error)
    app.register_error_handler(TooManyRowsError, _answer_too_many_rows)
    app.register_error_handler(PrometheusError, _answer_prometheus_error)
    # An exception nobody expected reaches this handler as 500: logged by Flask with its trace,
    # answered without.
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_parameters_error(error: ParametersError) -> Response:
    wrong = [asdict(mistake) for mistake in error.mistakes]
    return _problem(HTTPStatus.BAD_REQUEST, str(error), errors=wrong)


def _answer_too_many_rows(error: TooManyRowsError) -> Response:
    return _problem(HTTPStatus.BAD_REQUEST, str(error))


def _answer_prometheus_error(error: PrometheusError) -> Response:
    status = _STATUS[type(error)]
    current_app.logger.warning("Prometheus: %s (%r)", error, error.__cause__)
    response = _problem(status, f"Prometheus gave no answer that can be used: {error}")
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _answer_http_exception(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _problem(status, error.description or "")
    for name, value in error.get_headers(request.environ):
        # Allow of 405 is part of the answer; the body is ours.
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def _problem(status: HTTPStatus, detail: str, **more: Any) -> Response:
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    body = json.dumps(problem | more, ensure_ascii=False)
    return Response(body, status, content_type="application/problem+json")

"""Map every failure of the API to a status and a problem (RFC 9457)."""

from dataclasses import asdict
from http import HTTPStatus

from flask import Flask, Response, current_app

from api.access import UnauthorizedError
from api.clients.waiting import BusyError
from api.http.parameters import ParametersError, QueryTooLongError
from api.usage.model import NotFoundError
from api.windows import TooManyPointsError
from problem_json import problems
from problem_json.problems import make_problem
from quotas.http.exchange import (
    BadAnswerError,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
)
from quotas.prometheus.answers.receiving import TooManyNumbersError

RETRY_AFTER_SECONDS = 5

_STATUS: dict[type[UpstreamError], HTTPStatus] = {
    BadAnswerError: HTTPStatus.BAD_GATEWAY,
    TooLargeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyNumbersError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooSlowError: HTTPStatus.GATEWAY_TIMEOUT,
}


def register(app: Flask) -> None:
    """Make ``app`` answer each failure with a problem."""
    app.register_error_handler(ParametersError, _answer_parameters_error)
    app.register_error_handler(QueryTooLongError, _answer_query_too_long)
    app.register_error_handler(TooManyPointsError, _answer_too_many_points)
    app.register_error_handler(NotFoundError, _answer_not_found)
    app.register_error_handler(UnauthorizedError, _answer_unauthorized)
    app.register_error_handler(BusyError, _answer_busy)
    app.register_error_handler(UpstreamError, _answer_upstream_error)
    problems.register(app)


def _answer_parameters_error(error: ParametersError) -> Response:
    wrong = [asdict(mistake) for mistake in error.mistakes]
    return make_problem(HTTPStatus.BAD_REQUEST, str(error), errors=wrong)


def _answer_query_too_long(error: QueryTooLongError) -> Response:
    return make_problem(HTTPStatus.REQUEST_URI_TOO_LONG, str(error))


def _answer_too_many_points(error: TooManyPointsError) -> Response:
    return make_problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), step=error.step.name)


def _answer_not_found(error: NotFoundError) -> Response:
    return make_problem(HTTPStatus.NOT_FOUND, str(error))


def _answer_unauthorized(error: UnauthorizedError) -> Response:
    response = make_problem(HTTPStatus.UNAUTHORIZED, str(error))
    response.headers["WWW-Authenticate"] = 'Bearer realm="gateway quotas"'
    return response


def _answer_busy(error: BusyError) -> Response:
    response = make_problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _answer_upstream_error(error: UpstreamError) -> Response:
    status = _STATUS[type(error)]
    current_app.logger.warning("%s: %s (%.500r)", error.who, error, error.__cause__)
    response = make_problem(status, f"{error.who} gave no answer that can be used: {error}")
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response

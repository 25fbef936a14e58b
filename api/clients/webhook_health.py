"""Ask the webhook whether alerts arrive and become mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from api.clients.webhook import NAME, Webhook, one_of_few
from quotas.http.exchange import BadAnswerError, exchange

_ANSWERS = (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
_MOST_CHECKS = 20
_LONGEST_DETAIL = 1_000


@dataclass(frozen=True)
class Check:
    """One check of the webhook, and what it found."""

    name: str
    ok: bool
    detail: str


def read_checks(webhook: Webhook) -> Sequence[Check]:
    """Return all checks of the webhook's ``/readyz``.

    Raises:
        UpstreamError: the webhook gave no usable answer.

    """
    with one_of_few():
        answer = exchange(webhook.server, "GET", "/readyz")
    if answer.status not in _ANSWERS:
        raise BadAnswerError(f"it refused the request (HTTP {answer.status})", NAME)
    try:
        found = orjson.loads(answer.body)
    except ValueError as error:
        raise BadAnswerError("its answer is not JSON", NAME) from error
    match found:
        case {"checks": dict(checks)} if len(checks) <= _MOST_CHECKS:
            return [_read_check(name, check) for name, check in checks.items()]
    raise BadAnswerError("its answer has no checks", NAME)


def _read_check(name: str, check: Any) -> Check:
    match check:
        case {"ok": bool(ok), "detail": str(detail)}:
            return Check(name, ok, detail[:_LONGEST_DETAIL])
    raise BadAnswerError("its answer has no checks", NAME)

"""Recipients that the sink refuses on request."""

import smtplib
from typing import Any

import pytest

from local.sink.server import Sink
from tests.integration.local.sink.client import TIMEOUT_SECONDS, call, compose, get_mails, send


def test_one_recipient_is_refused_and_the_others_receive_the_mail(sink: Sink) -> None:
    call(sink, "PUT", "api/refuse", json={"recipient": "Gone@example.com", "code": 550})
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        refused = client.send_message(compose(), to_addrs=["ops@example.com", "gone@example.com"])
    assert refused == {"gone@example.com": (550, b"5.0.0 refused on request of a test")}
    assert get_mails(sink)[0]["envelope_to"] == ["ops@example.com"]


def test_a_refusal_with_a_number_of_times_ends_after_them(sink: Sink) -> None:
    rule = {"recipient": "*", "code": 451, "times": 2, "at": "data"}
    assert call(sink, "PUT", "api/refuse", json=rule).json() == rule
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            send(sink, compose())
    assert call(sink, "GET", "api/refuse").json() == []
    send(sink, compose())
    assert len(get_mails(sink)) == 1


def test_refusals_can_be_cleared(sink: Sink) -> None:
    call(sink, "PUT", "api/refuse", json={"recipient": "*", "code": 421})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sink, compose())
    assert call(sink, "DELETE", "api/refuse").status_code == 204
    send(sink, compose())
    assert len(get_mails(sink)) == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"recipient": "x", "code": 250}, "code"),
        ({"recipient": "", "code": 550}, "recipient"),
        ({"recipient": "x", "code": 550, "times": 0}, "times"),
        ({"recipient": "x", "code": 550, "at": "helo"}, "at"),
        ({"recipient": "x", "code": 550, "colour": "red"}, "colour"),
        ([], "Invalid input type"),
    ],
)
def test_an_invalid_refusal_is_answered_with_400_and_the_reason(
    sink: Sink, body: Any, found: str
) -> None:
    answer = call(sink, "PUT", "api/refuse", json=body)
    assert answer.status_code == 400
    assert found in answer.json()["detail"]
    assert call(sink, "GET", "api/refuse").json() == []


def test_the_number_of_refusals_is_limited(sink: Sink) -> None:
    codes = [
        call(sink, "PUT", "api/refuse", json={"recipient": str(n), "code": 550}).status_code
        for n in range(101)
    ]
    assert codes == [200] * 100 + [400]

import json
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from local.sink.mailbox import Mailbox
from local.sink.message import read_mail
from local.sink.server import ListenError, Sink, running
from local.sink.smtp import MAX_MAIL_BYTES

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_SECONDS = 10


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink


def compose(
    subject: str = "80 % of bun-egress",
    *,
    text: str = "Plain: 400 GB of 500 GB.",
    html: str = "<p>HTML: <b>400 GB</b> of 500 GB</p>",
    **headers: str,
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Quotas <quotas@example.com>"
    message["To"] = "ops@example.com"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def send(sink: Sink, message: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.send_message(message, to_addrs=to)


def send_raw(sink: Sink, raw: bytes, sender: str = "a@example.com") -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.sendmail(sender, ["b@example.com"], raw)


def call(sink: Sink, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, sink.page_url + path, timeout=TIMEOUT_SECONDS, **options)


def get_mails(sink: Sink) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = call(sink, "GET", "api/mails").json()
    return mails


def test_a_mail_is_answered_with_its_envelope_headers_and_both_parts(sink: Sink) -> None:
    before = datetime.now(UTC)
    send(sink, compose(Message_ID="<1@example.com>"), ["ops@example.com", "bun@example.com"])
    (mail,) = get_mails(sink)
    received_at = datetime.fromisoformat(mail.pop("received_at"))
    assert before <= received_at <= datetime.now(UTC)
    assert mail.pop("size_bytes") > 300
    assert re.fullmatch(r"\w+", mail.pop("id"))
    assert mail == {
        "envelope_from": "quotas@example.com",
        "envelope_to": ["ops@example.com", "bun@example.com"],
        "message_id": "<1@example.com>",
        "subject": "80 % of bun-egress",
        "from": "Quotas <quotas@example.com>",
        "to": "ops@example.com",
        "cc": "",
        "text": "Plain: 400 GB of 500 GB.\n",
        "html": "<p>HTML: <b>400 GB</b> of 500 GB</p>\n",
    }


def test_encoded_words_and_raw_utf_8_are_decoded(sink: Sink) -> None:
    send(sink, compose("Kontingent überschritten: 100 % 🚦"))
    send_raw(sink, "Subject: größer\r\nFrom: Jürgen <j@example.com>\r\n\r\nfünf\r\n".encode())
    encoded, raw = get_mails(sink)
    assert encoded["subject"] == "Kontingent überschritten: 100 % 🚦"
    assert raw["subject"] == "größer"
    assert raw["from"] == "Jürgen <j@example.com>"
    assert raw["text"] == "fünf\n"


def test_a_mail_to_an_address_beyond_ascii_is_kept(sink: Sink) -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.send_message(compose(), to_addrs=["jürgen@example.com"])
    assert get_mails(sink)[0]["envelope_to"] == ["jürgen@example.com"]


def test_mails_are_listed_oldest_first_and_each_has_its_address(sink: Sink) -> None:
    for subject in ("first", "second", "third"):
        send(sink, compose(subject))
    mails = get_mails(sink)
    assert [mail["subject"] for mail in mails] == ["first", "second", "third"]
    assert call(sink, "GET", f"api/mails/{mails[1]['id']}").json() == mails[1]


def test_deleting_forgets_all_mails_and_an_old_address_is_not_found(sink: Sink) -> None:
    send(sink, compose())
    (mail,) = get_mails(sink)
    assert call(sink, "DELETE", "api/mails").status_code == 204
    assert get_mails(sink) == []
    answer = call(sink, "GET", f"api/mails/{mail['id']}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert mail["id"] in answer.json()["detail"]
    page = call(sink, "GET", f"mail/{mail['id']}")
    assert (page.status_code, "This mail is gone" in page.text) == (404, True)


def test_the_source_is_what_came_byte_for_byte(sink: Sink) -> None:
    raw = b"Subject: x\r\nTo: b@example.com\r\n\r\n.dots\r\n..stay\r\n\xff\xfe\r\n"
    send_raw(sink, raw)
    (mail,) = get_mails(sink)
    answer = call(sink, "GET", f"mail/{mail['id']}/source")
    assert answer.content == raw
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{mail["id"]}.eml"'
    assert mail["size_bytes"] == len(raw)


def test_a_mail_over_the_size_limit_is_refused_announced_or_not(sink: Sink) -> None:
    raw = b"Subject: big\r\n\r\n" + (b"x" * 98 + b"\r\n") * (MAX_MAIL_BYTES // 100 + 1)
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(MAX_MAIL_BYTES)
        assert client.mail("a@example.com", [f"size={len(raw)}"])[0] == 552
        client.mail("a@example.com")
        client.rcpt("b@example.com")
        assert client.data(raw)[0] == 552
    send(sink, compose("small"))
    assert [mail["subject"] for mail in get_mails(sink)] == ["small"]


def test_the_null_sender_of_a_bounce_is_empty(sink: Sink) -> None:
    send_raw(sink, b"Subject: bounce\r\n\r\nx\r\n", sender="")
    assert get_mails(sink)[0]["envelope_from"] == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"\xff\xfe\x00: \xff\r\n\r\n\xff\xff",
        b"Subject: =?nonsense?b?////?=\r\nTo: <<<,,;:@\r\nFrom: =?utf-8?q?=FF?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nqapla\xff",
        b"Content-Type: text/plain; charset*=x'y'%FF\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Message-ID: [\r\nTo: a@b, :;\r\nSubject: a\r\n \tb\x00\x1b[31m\r\n\r\nx",
    ],
)
def test_a_broken_mail_is_kept_and_shown(sink: Sink, raw: bytes) -> None:
    send_raw(sink, raw)
    (mail,) = get_mails(sink)
    assert call(sink, "GET", f"mail/{mail['id']}").status_code == 200
    assert call(sink, "GET", f"mail/{mail['id']}/html").status_code == 200
    for name in ("subject", "from", "to", "message_id"):
        assert not mail[name] or mail[name].isprintable()


def test_what_a_mail_says_is_escaped_on_the_page(sink: Sink) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    message = compose(hostile, text="</pre><script>alert(2)</script>")
    message.replace_header("From", '"<b>x</b>" <a@example.com>')
    send(sink, message)
    (mail,) = get_mails(sink)
    assert mail["subject"] == hostile
    for path in ("", f"mail/{mail['id']}?view=text", f"mail/{mail['id']}?view=source"):
        page = call(sink, "GET", path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>x</b>" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_html_part_is_locked_up_wherever_it_is_opened(sink: Sink) -> None:
    send(sink, compose(html="<!DOCTYPE html><html><head><title>t</title></head></html>"))
    (mail,) = get_mails(sink)
    page = call(sink, "GET", f"mail/{mail['id']}").text
    (frame,) = re.findall(r"<iframe[^>]*>", page)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    answer = call(sink, "GET", f"mail/{mail['id']}/html")
    assert answer.text.startswith('<!DOCTYPE html><html><head><base target="_blank">')
    rules = answer.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'" in rules
    assert "script" not in rules


def test_the_page_runs_and_styles_itself_with_its_own_files_only(sink: Sink) -> None:
    send(sink, compose())
    page = call(sink, "GET", "")
    rules = page.headers["Content-Security-Policy"]
    assert rules.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in rules
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text) == []
    assert call(sink, "GET", "static/inbox.js").status_code == 200
    assert call(sink, "GET", "static/inbox.css").status_code == 200


def test_the_page_shows_the_newest_mail_first_and_the_part_that_is_asked_for(sink: Sink) -> None:
    send(sink, compose("older"))
    send(sink, compose("newer"))
    older, newer = get_mails(sink)
    page = call(sink, "GET", "").text
    assert page.index(f"row-{newer['id']}") < page.index(f"row-{older['id']}")
    assert f'src="/mail/{newer["id"]}/html"' in page
    page = call(sink, "GET", f"mail/{older['id']}?view=text").text
    assert '<pre class="text" tabindex="0">\nPlain: 400 GB of 500 GB.\n</pre>' in page
    page = call(sink, "GET", f"mail/{older['id']}?view=source").text
    assert "Content-Type: multipart/alternative" in page


def test_an_empty_inbox_says_what_to_do(sink: Sink) -> None:
    page = call(sink, "GET", "").text
    assert "No mail yet" in page
    assert f"<code>{sink.smtp_port}</code>" in page


def test_the_revision_changes_when_a_mail_comes_or_goes(sink: Sink) -> None:
    seen = []
    for step in (lambda: send(sink, compose()), lambda: call(sink, "DELETE", "api/mails")):
        seen.append(call(sink, "GET", "api/revision").json()["revision"])
        step()
    seen.append(call(sink, "GET", "api/revision").json()["revision"])
    assert len(set(seen)) == 3


def test_a_recipient_can_be_refused_and_the_others_get_their_mail(sink: Sink) -> None:
    call(sink, "PUT", "api/refuse", json={"recipient": "Gone@example.com", "code": 550})
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        refused = client.send_message(compose(), to_addrs=["ops@example.com", "gone@example.com"])
    assert refused == {"gone@example.com": (550, b"5.0.0 refused, as the sink was told")}
    assert get_mails(sink)[0]["envelope_to"] == ["ops@example.com"]


def test_a_refusal_for_a_number_of_times_is_over_after_them(sink: Sink) -> None:
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
def test_a_wrong_refusal_is_not_taken_and_the_answer_says_why(
    sink: Sink, body: Any, found: str
) -> None:
    answer = call(sink, "PUT", "api/refuse", json=body)
    assert answer.status_code == 400
    assert found in answer.json()["detail"]
    assert call(sink, "GET", "api/refuse").json() == []


def test_refusals_are_bounded(sink: Sink) -> None:
    codes = [
        call(sink, "PUT", "api/refuse", json={"recipient": str(n), "code": 550}).status_code
        for n in range(101)
    ]
    assert codes == [200] * 100 + [400]


def test_the_mailbox_keeps_the_newest_mails_within_its_bounds() -> None:
    by_number, by_bytes = Mailbox(max_mails=2), Mailbox(max_total_bytes=40)
    for subject in ("a", "b", "c"):
        mail = read_mail(f"Subject: {subject}\r\n\r\n".encode(), "a@x", ["b@x"])
        by_number.add(mail)
        by_bytes.add(mail)
    assert [mail.subject for mail in by_number.mails()] == ["b", "c"]
    assert [mail.subject for mail in by_bytes.mails()] == ["b", "c"]


def test_waiting_for_mails_ends_when_they_came_or_says_what_did(sink: Sink) -> None:
    send(sink, compose("only one"))
    assert len(sink.mailbox.wait_for(1)) == 1
    with pytest.raises(TimeoutError, match=r"1 mails came.*2 were expected.*only one"):
        sink.mailbox.wait_for(2, timeout_seconds=0.01)


def test_a_sink_ends_though_clients_hang_on_and_its_port_is_free_again() -> None:
    with running() as first:
        client = smtplib.SMTP(first.host, first.smtp_port, timeout=TIMEOUT_SECONDS)
        idle = socket.create_connection((first.host, first.page_port), TIMEOUT_SECONDS)
        asked_at = time.monotonic()
    assert time.monotonic() - asked_at < 1
    client.close()
    idle.close()
    with running(smtp_port=first.smtp_port, page_port=first.page_port) as second:
        send(second, compose())
        assert len(get_mails(second)) == 1


def test_a_port_in_use_is_an_error_that_names_it(sink: Sink) -> None:
    with pytest.raises(ListenError, match=f"SMTP port {sink.smtp_port} .*--smtp-port"):
        running(smtp_port=sink.smtp_port).__enter__()


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "local.sink", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_prints_its_addresses_logs_each_mail_and_ends_when_told(number: int) -> None:
    with started("--smtp-port", "0", "--page-port", "0") as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.fullmatch(
            r"mail sink ready: smtp://127\.0\.0\.1:(\d+) page (http://127\.0\.0\.1:\d+/)\n", line
        )
        assert found, line
        with smtplib.SMTP("127.0.0.1", int(found[1]), timeout=TIMEOUT_SECONDS) as client:
            client.send_message(compose("über\x1b[1m"), to_addrs=["a@example.com", "b@example.com"])
        assert (
            process.stdout.readline()
            == "mail: über\N{REPLACEMENT CHARACTER}[1m -> a@example.com, b@example.com\n"
        )
        answer = requests.get(found[2] + "api/mails", timeout=TIMEOUT_SECONDS)
        assert len(json.loads(answer.text)) == 1
        asked_at = time.monotonic()
        process.send_signal(number)
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert time.monotonic() - asked_at < 1
        assert process.stdout.read() == ""
        assert process.stderr
        assert process.stderr.read() == ""


def test_the_process_says_in_one_line_that_a_port_is_in_use(sink: Sink) -> None:
    with started("--smtp-port", "0", "--page-port", str(sink.page_port)) as process:
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 1
    assert output == ""
    assert re.fullmatch(
        f"mail sink: page port {sink.page_port} on 127.0.0.1 cannot be opened: "
        r"Address already in use; .*--page-port or --host\n",
        errors,
    )


def test_a_port_that_is_none_is_a_wrong_argument() -> None:
    with started("--smtp-port", "70000") as process:
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 2
    assert '"70000" is not a port' in errors

"""The API and the downloads of the sink."""

from local.sink.server import Sink
from tests.integration.local.sink.client import call, compose, get_mails, send, send_raw


def test_mails_are_listed_oldest_first_and_each_has_a_url(sink: Sink) -> None:
    for subject in ("first", "second", "third"):
        send(sink, compose(subject))
    mails = get_mails(sink)
    assert [mail["subject"] for mail in mails] == ["first", "second", "third"]
    assert call(sink, "GET", f"api/mails/{mails[1]['id']}").json() == mails[1]


def test_after_deletion_the_list_is_empty_and_old_urls_are_404(sink: Sink) -> None:
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


def test_the_source_is_downloaded_byte_for_byte(sink: Sink) -> None:
    raw = b"Subject: x\r\nTo: b@example.com\r\n\r\n.dots\r\n..stay\r\n\xff\xfe\r\n"
    send_raw(sink, raw)
    (mail,) = get_mails(sink)
    answer = call(sink, "GET", f"mail/{mail['id']}/source")
    assert answer.content == raw
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{mail["id"]}.eml"'
    assert mail["size_bytes"] == len(raw)


def test_the_revision_changes_when_a_mail_arrives_or_is_deleted(sink: Sink) -> None:
    seen = []
    for step in (lambda: send(sink, compose()), lambda: call(sink, "DELETE", "api/mails")):
        seen.append(call(sink, "GET", "api/revision").json()["revision"])
        step()
    seen.append(call(sink, "GET", "api/revision").json()["revision"])
    assert len(set(seen)) == 3

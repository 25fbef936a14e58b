"""The web page of the sink."""

import base64
import re

from local.sink.server import Sink
from tests.integration.local.sink.client import call, compose, get_mails, send


def test_the_content_of_a_mail_is_escaped_on_the_page(sink: Sink) -> None:
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


def test_the_html_part_is_sandboxed_inside_and_outside_of_the_page(sink: Sink) -> None:
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


def test_pictures_that_come_with_a_mail_are_shown_in_its_html(sink: Sink) -> None:
    message = compose(html='<img src="cid:a@x"><img src="cid:b@x"><img src="cid:gone@x">')
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(b"a picture", "image", "png", cid="<a@x>")
    html.add_related(b"<script>", "text", "html", cid="<b@x>")
    send(sink, message)
    (mail,) = get_mails(sink)
    answer = call(sink, "GET", f"mail/{mail['id']}/html")
    data = base64.b64encode(b"a picture").decode()
    assert f'<img src="data:image/png;base64,{data}"><img src="cid:b@x">' in answer.text
    assert "img-src data:;" in answer.headers["Content-Security-Policy"]


def test_the_page_uses_only_its_own_scripts_and_styles(sink: Sink) -> None:
    send(sink, compose())
    page = call(sink, "GET", "")
    rules = page.headers["Content-Security-Policy"]
    assert rules.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in rules
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text) == []
    assert call(sink, "GET", "static/inbox.js").status_code == 200
    assert call(sink, "GET", "static/inbox.css").status_code == 200


def test_the_page_lists_the_newest_mail_first_and_shows_the_requested_view(sink: Sink) -> None:
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


def test_an_empty_inbox_says_how_to_send_a_mail(sink: Sink) -> None:
    page = call(sink, "GET", "").text
    assert "No mail yet" in page
    assert f"<code>{sink.smtp_port}</code>" in page

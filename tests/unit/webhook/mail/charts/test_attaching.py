from email import message_from_bytes, policy
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.webhook.mail.charts.charts import chart
from tests.unit.webhook.mails import Page, compose, open_mail
from tests.unit.webhook.samples import pipeline, usage
from webhook.mail.charts.attaching import NoPlaceError, attach
from webhook.mail.charts.model import Picture
from webhook.mail.charts.picture import make_picture
from webhook.mail.rendering import CHART_PLACE
from webhook.store.outbox import Mail

PICTURE = make_picture(chart(), "bun-egress")
# Lines that end, letters from right to left, markup, formulas, single surrogates.
HOSTILE = [
    "a\r\nBcc: x@example.com",
    "חשבון",
    "<img src=x>",
    "$\\frac{1}{0}$",
    "\ud83d",
    "🧁" * 1_000,
]
any_name = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=()), max_size=90)


def opened(content: bytes) -> EmailMessage:
    return message_from_bytes(content, _class=EmailMessage, policy=policy.default)


def mail_about(consumer: str) -> Mail:
    return compose(usage(quota="each-consumer", limit_bytes=10 * 2**30, consumer=consumer))[0]


def charted(mail: Mail, picture: Picture = PICTURE) -> bytes:
    return attach(mail.content, mail.message_id, picture)


def test_the_html_shows_pictures_that_come_with_the_mail() -> None:
    message = opened(charted(compose(usage())[0]))
    html = message.get_body(("html",))
    assert html is not None
    shown = [target for target in Page(html.get_content()).targets if target.startswith("cid:")]
    pictures = {
        f"cid:{part['Content-ID'].strip('<>')}": part.get_content()
        for part in message.walk()
        if part.get_content_maintype() == "image"
    }
    assert [pictures[target] for target in shown] == [PICTURE.light, PICTURE.dark]
    assert PICTURE.words in html.get_content().replace("\N{NO-BREAK SPACE}", " ")


def test_parts_are_nested_as_mail_clients_expect() -> None:
    message = opened(charted(compose(usage())[0]))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
    ]
    related = [part for part in message.walk() if part.get_content_type() == "multipart/related"]
    assert [part.get_param("type") for part in related] == ["text/html"]
    assert not [defect for part in message.walk() for defect in part.defects]


def test_without_its_pictures_the_mail_is_the_same() -> None:
    mail = compose(usage())[0]
    plain, with_chart = open_mail(mail), opened(charted(mail))
    text, html = with_chart.get_body(("plain",)), with_chart.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == plain.text
    before, _, after = plain.html.partition(CHART_PLACE)
    shown = html.get_content().replace("\r\n", "\n")
    assert shown.startswith(before)
    assert shown.endswith(after)


@settings(deadline=None)
@given(any_name)
def test_headers_stay_as_they_are_whatever_the_name(name: str) -> None:
    mail = mail_about(name)
    content = charted(mail)
    head, _, _ = content.partition(b"\r\n\r\n")
    assert head == mail.content.partition(b"\r\n\r\n")[0]
    assert content == charted(mail)
    content.decode("ascii")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


@settings(deadline=None)
@given(any_name)
def test_words_are_text_whatever_they_hold(name: str) -> None:
    mail = compose(usage())[0]
    words = make_picture(chart(), name.encode("utf-8", "replace").decode()).words
    html = opened(charted(mail, Picture(b"", b"", words))).get_body(("html",))
    assert html is not None
    assert Page(html.get_content()).elements.count("img") == 2


def test_a_name_is_not_taken_for_the_place() -> None:
    mail = mail_about(CHART_PLACE)
    assert open_mail(mail).html.count(CHART_PLACE) == 1


def test_a_mail_about_no_quota_has_no_place() -> None:
    with pytest.raises(NoPlaceError):
        charted(compose(pipeline())[0])


def test_a_message_without_html_has_no_place() -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content(CHART_PLACE)
    with pytest.raises(NoPlaceError):
        attach(message.as_bytes(), "<id@example.com>", PICTURE)

"""Test mails: one for each event of a quota, marked, and with the numbers that they claim."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Rolling
from quotas.model import Quota, Threshold
from quotas.prometheus.endpoint import Endpoint
from tests.unit.api.answers import INSTANT_URL, URL, sample, vector
from tests.unit.webhook.mails import OpenedMail, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, NOW, QUOTAS, SENDER, usage
from webhook.mail.composing import compose_mails
from webhook.preview.mails import Preview, make_previews
from webhook.usage.reading import UsageReader

GOLDEN = Path(__file__).parent / "golden"
COMPOSE = partial(compose_mails, SENDER, ADDRESSES)
BUN = replace(QUOTAS.quotas[0], forecast=True, notify_resolved=True)
EACH = QUOTAS.quotas[2]


def preview(
    quota: Quota, *, url: str = "", now: datetime = NOW, recipient: str = ""
) -> Sequence[Preview]:
    quotas = replace(QUOTAS, quotas=(quota,))
    usage = UsageReader(Endpoint(url)) if url else None
    return make_previews(quota, quotas, usage, COMPOSE, now, recipient=recipient)


def open_all(quota: Quota, *, url: str = "") -> dict[str, OpenedMail]:
    return {one.name: open_mail(one.mails[0]) for one in preview(quota, url=url)}


def words(text: str) -> str:
    return " ".join(text.split())


def test_there_is_a_mail_for_each_event_and_recipient() -> None:
    previews = preview(BUN)
    assert [one.name for one in previews] == ["80 %", "90 %", "100 %", "forecast", "resolved"]
    for one in previews:
        assert [mail.recipient for mail in one.mails] == ["bun@example.com", "boss@example.com"]
    plain = preview(replace(BUN, forecast=False, notify_resolved=False))
    assert [one.name for one in plain] == ["80 %", "90 %", "100 %"]


def test_subjects_say_that_it_is_a_test() -> None:
    assert [one.mails[0].subject for one in preview(BUN)] == [
        "[TEST] [80 %] bun-egress: 400 GB of 500 GB used, November 2026",
        "[TEST] [90 %] bun-egress: 450 GB of 500 GB used, November 2026",
        "[TEST] [100 %] bun-egress: 500 GB of 500 GB used, November 2026",
        "[TEST] [forecast] bun-egress: 600 GB of 500 GB expected, November 2026",
        "[TEST] [resolved] bun-egress: below 80 % of 500 GB again, November 2026",
    ]


@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_test_mail_reads_as_its_golden_file(kind: str) -> None:
    """Run with UPDATE_GOLDEN=1 after an intended change, and check the difference."""
    opened = open_all(BUN)["90 %"]
    found = opened.text if kind == "txt" else opened.html
    path = GOLDEN / f"90-percent.{kind}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_text_and_html_say_so_above_everything_else() -> None:
    for opened in open_all(BUN).values():
        note = (
            "This is a test: nothing has happened, and there is nothing to do. The numbers are "
            "examples, because PROMETHEUS_URL is not set."
        )
        assert words(opened.text).startswith(note)
        assert opened.html.index(note) < opened.html.index("<h1")
        assert "An operator has sent this test mail to bun@example.com." in words(opened.text)
        assert "under notify" not in opened.text


def test_the_mails_of_one_address_have_it_alone() -> None:
    for one in preview(BUN, recipient="me@example.com"):
        [mail] = one.mails
        assert mail.recipient == open_mail(mail).headers["To"] == "me@example.com"


def test_test_mails_are_a_thread_of_their_own() -> None:
    [thread] = {opened.headers["References"] for opened in open_all(BUN).values()}
    assert thread != read(usage(calendar="month")).headers["References"]


def test_buttons_and_silences_are_those_of_the_entry() -> None:
    html = open_all(EACH)["80 %"].html
    assert "#/quotas/each-consumer?consumer=example-consumer" in html
    assert "#/silences/new?filter=" in html


def answer(used_bytes: float, forecast_bytes: float | None = None) -> None:
    at = NOW.timestamp()
    responses.post(INSTANT_URL, json=vector(sample({"consumer": "acme"}, used_bytes, at)))
    forecasts = [] if forecast_bytes is None else [sample({}, forecast_bytes, at)]
    responses.post(INSTANT_URL, json=vector(*forecasts))


@responses.activate
def test_the_threshold_that_was_reached_last_has_the_numbers_of_prometheus() -> None:
    answer(460e9, 470e9)
    mails = open_all(BUN, url=URL)
    real = [name for name, opened in mails.items() if "those of Prometheus" in words(opened.text)]
    assert real == ["90 %"]
    assert "460,000,000,000 bytes" in mails["90 %"].text
    assert "the period ends at about 470 GB" in words(mails["90 %"].text)
    note = "Its usage is an example: bun-egress has used 460 GB of 500 GB so far (92 %)."
    assert all(note in words(mails[name].text) for name in ("80 %", "100 %", "forecast"))
    # What is expected to come is the same.
    assert "410,000,000,000 bytes" in mails["80 %"].text


@responses.activate
def test_a_forecast_has_the_numbers_of_prometheus_if_the_limit_is_expected_to_be_passed() -> None:
    answer(300e9, 612e9)
    mails = open_all(BUN, url=URL)
    assert (
        "[forecast] bun-egress: 612 GB of 500 GB expected" in mails["forecast"].headers["Subject"]
    )
    assert "The numbers are those of Prometheus." in words(mails["forecast"].text)


@responses.activate
def test_the_mail_is_about_the_entry_that_has_used_most() -> None:
    answer(11e9)
    mails = open_all(EACH, url=URL)
    assert "each-consumer (acme)" in mails["80 %"].headers["Subject"]
    assert "The numbers are those of Prometheus." in words(mails["100 %"].text)
    assert "consumer=acme" in mails["80 %"].html


QUOTA = st.builds(
    Quota,
    name=st.just("any"),
    limit_bytes=st.integers(1, 2**53),
    calendar=st.sampled_from([HOUR, DAY, WEEK, MONTH, Rolling(7 * 86_400)]),
    thresholds=st.lists(st.integers(1, 99_999), min_size=1, max_size=5, unique=True).map(
        lambda hundredths: tuple(Threshold(h / 100, "warning") for h in sorted(hundredths))
    ),
    forecast=st.booleans(),
    for_each=st.sampled_from([(), ("consumer",)]),
    notify=st.just(("a@example.com",)),
)


@given(
    QUOTA,
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda at: at.replace(microsecond=0)
    ),
    st.none() | st.integers(0, 2**54),
    st.integers(0, 2**54),
)
def test_every_event_of_every_quota_has_its_mail(
    quota: Quota, now: datetime, used_bytes: int | None, to_come_bytes: int
) -> None:
    at = now.timestamp()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        if used_bytes is not None:
            mock.post(INSTANT_URL, json=vector(sample({"consumer": "c"}, used_bytes, at)))
            mock.post(INSTANT_URL, json=vector(sample({}, used_bytes + to_come_bytes, at)))
        previews = preview(quota, url="" if used_bytes is None else URL, now=now)
    expected = [f"{threshold.label} %" for threshold in quota.thresholds]
    if quota.forecast and not isinstance(quota.calendar, Rolling):
        expected.append("forecast")
    assert [one.name for one in previews] == expected
    for one in previews:
        [mail] = one.mails
        assert mail.subject.startswith(f"[TEST] [{one.name}] any")
        assert "Prometheus did not" not in open_mail(mail).html


def test_a_mail_that_cannot_be_written_is_a_plain_test_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr("webhook.mail.composing.make_quota_content", fail)
    mail = preview(BUN)[0].mails[0]
    assert mail.subject == "[TEST] [firing] BandwidthQuotaUsage"
    assert b"This is a test: nothing has happened" in mail.content

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from quotas.calendars import MONTH
from quotas.model import Quota
from tests.unit.webhook.mails import open_mail
from tests.unit.webhook.samples import ADDRESSES, SENDER
from webhook.mail.charts import picture
from webhook.mail.report.content import MOST_CHARTS
from webhook.reports import writing
from webhook.reports.schedule import newest_period, span_of
from webhook.reports.writing import ReportReader, ReportWriter, group_recipients
from webhook.store.outbox import Mail
from webhook.usage.model import EntryFigures, Figures
from webhook.usage.reading import UsageReader, UsageUnavailableError

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
SPAN = span_of(MONTH, newest_period(MONTH, NOW), NOW)
A, B, C = "a@example.com", "b@example.com", "c@example.com"
ONE, TWO = Quota("one", 10, notify=(B, A, B)), Quota("two", 10, notify=(C, A))
FIGURES = Figures("period", (EntryFigures({}, 5, 10),))
PNG = "image/png"
WRITER = ReportWriter(SENDER, ADDRESSES)


def test_recipients_of_the_same_quotas_are_one_group() -> None:
    reported = [(ONE, FIGURES), (TWO, None)]
    assert group_recipients(reported) == [([A], reported), ([B], reported[:1]), ([C], reported[1:])]
    assert group_recipients([(ONE, FIGURES)]) == [([A, B], [(ONE, FIGURES)])]


def test_each_recipient_gets_one_mail_about_their_quotas() -> None:
    mails = list(WRITER.write(SPAN, [(ONE, FIGURES), (TWO, None)], NOW))
    assert [(mail.recipient, mail.subject) for mail in mails] == [
        (
            A,
            (
                "[report] 1 quota stayed within its limit, and the figures of 1 quota are missing, "
                "October 2026"
            ),
        ),
        (B, "[report] one: 5 B of 10 B used, October 2026"),
        (C, "[report] two: The figures could not be read from Prometheus., October 2026"),
    ]
    assert len({mail.message_id for mail in mails}) == 3


def test_a_report_that_cannot_be_written_comes_as_plain_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(writing, "make_report_content", fail)
    [mail] = WRITER.write(SPAN, [(Quota("one", 10, notify=(A,)), FIGURES)], NOW)
    assert mail.subject == "[report] October 2026"
    assert b"one: 5 of 10 bytes" in mail.content


def with_points(name: str) -> tuple[Quota, Figures]:
    points = tuple((SPAN.period.start + timedelta(days=day), day) for day in range(31))
    quota = Quota(name, 10, notify=(A, B))
    return quota, replace(FIGURES, points=points)


def images(mail: Mail) -> list[str]:
    message = message_from_bytes(mail.content, _class=EmailMessage, policy=policy.default)
    return [str(part["Content-ID"]) for part in message.walk() if part.get_content_type() == PNG]


def test_the_first_quotas_of_a_report_have_charts_that_it_shows() -> None:
    first, second = WRITER.write(SPAN, [with_points(f"q{number}") for number in range(5)], NOW)
    assert len(images(first)) == len(set(images(first))) == 2 * MOST_CHARTS
    html = open_mail(first).html
    assert [f"cid:{found.strip('<>')}" in html for found in images(first)] == [True] * 6
    assert "Chart: q0 has used 5 B of 10 B (50 %)" in html.replace("\N{NO-BREAK SPACE}", " ")
    assert set(images(first)).isdisjoint(images(second))
    [table] = open_mail(first).headers.iter_attachments()
    assert table.get_filename() == "bandwidth-2026-10.csv"


def test_a_report_without_a_chart_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    [mail] = WRITER.write(SPAN, [(Quota("one", 10, notify=(A,)), FIGURES)], NOW)
    assert images(mail) == []

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(picture, "draw", fail)
    first, _ = WRITER.write(SPAN, [with_points("one")], NOW)
    assert images(first) == []
    assert "one: 50 %" in open_mail(first).text


def test_a_prometheus_that_is_away_is_not_asked_about_all_quotas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def fail(_reader: UsageReader, quota: Quota, *_: object) -> Figures:
        asked.append(quota.name)
        raise UsageUnavailableError

    monkeypatch.setattr(writing, "read_figures", fail)
    quotas = [Quota(f"q{number}", 1) for number in range(100)]
    reader = ReportReader(cast("UsageReader", None))
    reported = reader.read(quotas, SPAN, NOW)
    assert reported == [(quota, None) for quota in quotas]
    assert len(asked) < 5


def test_a_quota_that_cannot_be_read_does_not_harm_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(_reader: UsageReader, quota: Quota, *_: object) -> Figures:
        if quota.name.endswith("0"):
            return FIGURES
        raise UsageUnavailableError

    monkeypatch.setattr(writing, "read_figures", read)
    quotas = [Quota(f"q{number % 2}-{number}", 1) for number in (10, 21, 30, 41, 50, 60)]
    reader = ReportReader(cast("UsageReader", None))
    known = [figures is not None for _, figures in reader.read(quotas, SPAN, NOW)]
    assert known == [True, False, True, False, True, True]


def test_reading_ends_when_it_is_stopped() -> None:
    reader = ReportReader(cast("UsageReader", None))
    assert reader.read([ONE], SPAN, NOW, lambda: True) == []

"""flask --app webhook report, with a real Prometheus."""

from datetime import timedelta

import pytest
from flask import Flask

from quotas.calendars import WEEK, period_at
from tests.integration.support.scripted_smtp import Script
from tests.integration.support.webhook_app import deliver, outbox
from tests.integration.webhook.reports.history import BEFORE, LAST, RECIPIENTS
from webhook import create_app

MONTH_TEXT = f"{LAST.start:%Y-%m}"


def report(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=["report", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def words(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def test_a_report_is_shown_with_the_figures_of_prometheus(app: Flask) -> None:
    text = words(report(app, "--period", MONTH_TEXT))
    assert "To: ops@example.com Subject: [report] 1 of 2 quotas reached its limit" in text
    change = f"Change 100 % more than the 4.5 GB of {BEFORE.title}"
    assert f"9 GB of 10 GB used [###########################...] {change}" in text
    assert "Consumers acme 6 GB (66.6 %), =big-co 3 GB (33.3 %)" in text
    assert "1.2 GB of 1 GB used on the busiest day" in text
    assert f"at the limit in 1 of {(LAST.end - LAST.start).days} days" in text
    assert f"To: {', '.join(RECIPIENTS)}" in text
    assert "1 of 2 consumers reached its limit of 5 GB" in text
    assert "quiet" not in text
    assert outbox(app) == []


def test_a_report_can_be_sent_by_hand_as_often_as_one_likes(app: Flask, server: Script) -> None:
    for count in (1, 2):
        said = report(app, "--period", MONTH_TEXT, "--quota", "team", "--send")
        assert said == f"1 mail is queued, about {LAST.title}\n"
        assert deliver(app) == 0
        assert [to for to, _ in server.accepted] == ["ops@example.com"] * count
    assert len(set(server.accepted)) == 2


def test_a_quota_without_reports_can_be_reported_by_its_name(app: Flask) -> None:
    text = words(report(app, "--period", MONTH_TEXT, "--quota", "quiet"))
    assert f"quiet: Nothing was recorded in {LAST.title}." in text


def test_a_week_can_be_reported(app: Flask) -> None:
    week = period_at(WEEK, LAST.end - timedelta(days=7))
    text = words(report(app, "--period", f"{week.start:%G-W%V}", "--quota", "team"))
    assert f"Bandwidth, {week.title}" in text
    assert "used so far in" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["2026"],
            '"2026" is no period; write a month such as 2026-10, or a week such as 2026-W43',
        ),
        (["2026-13"], '"2026-13" is no period'),
        (
            ["2998-01"],
            "January 2998 is not over before 1 February 2998, 00:00 UTC; the newest month",
        ),
        (["2026-W01"], "no quota has report: weekly; add it to quotas.yaml, or name a quota with"),
        (["2026-01", "--quota", "tea"], 'quotas.yaml has no quota "tea"; did you mean "team"?'),
    ],
)
def test_what_cannot_be_reported_is_said(app: Flask, arguments: list[str], said: str) -> None:
    result = app.test_cli_runner().invoke(args=["report", "--period", *arguments])
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "PROMETHEUS_URL is not set; set it to the address of the Prometheus"),
        ("http://127.0.0.1:9", "Prometheus gave no figures"),
    ],
)
def test_nothing_is_sent_without_figures(environ: dict[str, str], url: str, said: str) -> None:
    app = create_app(environ | {"PROMETHEUS_URL": url})
    arguments = ["report", "--period", MONTH_TEXT, "--send"]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert outbox(app) == []
    app.extensions["store"].close()

import re
from pathlib import Path

from quotas import names
from tests.unit.webhook.mails import CASES, Page, read
from tests.unit.webhook.samples import ADDRESSES, usage
from webhook.alerts.payload import FIRING, Alert

ROOT = Path(__file__).parents[4]


def test_text_and_html_have_the_same_content() -> None:
    opened = read(usage())
    for words in (
        "responses to clients (egress) of service bun-service",
        "450,200,000,000 bytes",
        "49.8 GB",
        "1 December 2026, 00:00 UTC",
        "Warning",
    ):
        assert words in opened.text
        assert words in " ".join(opened.html.split())


def test_in_html_a_number_and_its_unit_stay_on_one_line() -> None:
    html = read(usage()).html
    assert "450.2\N{NO-BREAK SPACE}GB" in html
    assert "90\N{NO-BREAK SPACE}% of the limit" in html
    assert "1 December 2026" in html


def test_html_loads_nothing_and_runs_nothing() -> None:
    for alerts in CASES.values():
        html = read(*alerts, addresses=ADDRESSES).html
        assert not {"script", "img", "link", "iframe", "form"} & set(Page(html).elements)
        assert "url(" not in html
        assert len(html) < 20_000


def test_markup_in_an_alert_is_shown_as_text() -> None:
    hostile = '<img src=x onerror="alert(1)">{{ 7 * 7 }}'
    alert = Alert(FIRING, {"alertname": hostile}, {names.SUMMARY: hostile, "description": hostile})
    opened = read(alert)
    assert "img" not in Page(opened.html).elements
    assert hostile in opened.text.replace("\n", " ")


def test_severities_have_the_colours_of_the_dashboard() -> None:
    css = (ROOT / "api/static/dashboard/base.css").read_text(encoding="utf-8")
    template = (ROOT / "webhook/mail/templates/mail.html").read_text(encoding="utf-8")
    for tone, name in (*((tone, tone) for tone in names.SEVERITIES), ("resolved", "ok")):
        word = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", css)
        bar = re.search(rf"--{name}-bar: light-dark\((#\w+), (#\w+)\)", css)
        assert word
        assert bar
        colours = f"'word': '{word[1]}', 'bar': '{bar[1]}', 'dark_bar': '{bar[2]}'"
        assert f"'{tone}': {{{colours}, " in template
        dark = re.search(rf"\.pill-{tone} {{[^}}]* color: (#\w+)", template)
        assert dark
        assert dark[1] == word[2]

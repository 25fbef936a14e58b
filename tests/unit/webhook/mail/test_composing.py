import os
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.unit.webhook.mails import CASES, compose, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, forecast, pipeline, resolved, usage
from webhook.alerts.payload import FIRING, Alert
from webhook.store.outbox import FIRST, SECOND

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_mail_reads_as_its_golden_file(case: str, kind: str) -> None:
    """Run with UPDATE_GOLDEN=1 after an intended change, and check the difference."""
    opened = read(*CASES[case], addresses=ADDRESSES)
    found = f"Subject: {opened.headers['Subject']}\n\n{opened.text}"
    if kind == "html":
        found = opened.html
    path = GOLDEN / f"{case}.{kind}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_each_recipient_gets_one_mail_with_a_message_id_of_its_own() -> None:
    mails = compose(usage())
    assert [mail.recipient for mail in mails] == ["bun@example.com", "boss@example.com"]
    assert [open_mail(mail).headers["To"] for mail in mails] == [mail.recipient for mail in mails]
    assert len({mail.message_id for mail in mails}) == 2


def test_recipients_of_different_alerts_get_only_their_own() -> None:
    mails = {mail.recipient: mail for mail in compose(usage(), pipeline())}
    assert set(mails) == {"bun@example.com", "boss@example.com", "ops@example.com"}
    assert "GatewayScrapeFailing" not in open_mail(mails["bun@example.com"]).text
    assert "bun-egress" not in open_mail(mails["ops@example.com"]).text


def test_a_mail_says_how_many_alerts_alertmanager_left_out() -> None:
    for alerts in ([usage()], CASES["several"]):
        assert "Alertmanager left out 7 alerts of this group" in " ".join(
            read(*alerts, left_out=7).text.split()
        )
    assert "left out" not in read(usage()).text


def test_all_mails_about_a_period_of_a_quota_are_one_thread() -> None:
    first, second = (read(usage(threshold)).headers["References"] for threshold in (80, 100))
    assert first == second
    assert first.endswith("@example.com>")
    assert read(usage(period="202612")).headers["References"] != first
    assert compose(usage(80))[0].message_id != compose(usage(100))[0].message_id != first


def test_threads_are_the_same_as_in_earlier_versions() -> None:
    for alert in (usage(calendar="month"), forecast(), resolved()):
        assert read(alert).headers["References"] == (
            "<236709ed68a7c1ab5e93fd50ceedddad2e047973@example.com>"
        )


def test_a_mail_about_several_quotas_has_no_thread() -> None:
    assert read(usage(quota="a"), usage(quota="b")).headers["References"] is None


def test_mails_about_a_reached_limit_are_delivered_first() -> None:
    assert compose(usage(100))[0].priority == FIRST < compose(usage(90))[0].priority == SECOND
    assert compose(*CASES["several"])[0].priority == FIRST
    assert compose(pipeline())[0].priority == SECOND
    assert compose(resolved(100))[0].priority == SECOND


def test_a_mail_names_its_quota_only_if_there_is_one() -> None:
    assert compose(usage())[0].quota == "bun-egress"
    assert compose(usage(quota="a"), usage(quota="b"))[0].quota == ""
    assert compose(pipeline())[0].quota == ""


def test_a_mail_has_a_topic_for_each_event_about_a_quota() -> None:
    assert [topic.kind for topic in compose(usage(), forecast())[0].topics] == ["usage", "forecast"]
    assert compose(pipeline())[0].topics == ()


@pytest.fixture
def _one_label_breaks_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a part of every mail fail if an alert has the label ``broken``: a mistake of ours."""

    def fail_for_broken(labels: Mapping[str, str], _: int = 0) -> str:
        if "broken" in labels.values():
            raise LookupError("no such thing")
        return ", ".join(labels.values())

    monkeypatch.setattr("webhook.mail.quota_content.describe_counted", fail_for_broken)
    monkeypatch.setattr("webhook.mail.summary.describe_selector", fail_for_broken)
    monkeypatch.setattr("webhook.mail.summary.name_entry", fail_for_broken)


@pytest.mark.usefixtures("_one_label_breaks_mails")
def test_alerts_that_break_a_mail_come_in_a_plain_one_and_affect_no_other() -> None:
    consumers = ["acme", "big-co", "broken", "small-co"]
    alerts = [usage(80, quota="each-consumer", consumer=consumer) for consumer in consumers]
    *others, plain = compose(*alerts)
    read_texts = "".join(open_mail(mail).text for mail in others)
    assert [name for name in consumers if name in read_texts] == ["acme", "big-co", "small-co"]
    assert {mail.recipient for mail in (*others, plain)} == {"ops@example.com"}
    message = message_from_bytes(plain.content, policy=policy.default)
    assert message["Subject"] == plain.subject == "[firing] BandwidthQuotaUsage"
    text = message.get_content()
    assert "'consumer': 'broken'" in text
    assert "acme" not in text
    assert "The usual mail about them could not be written." in text
    assert plain.topics


@pytest.mark.usefixtures("_one_label_breaks_mails")
def test_if_all_alerts_break_mails_there_is_one_bounded_plain_mail() -> None:
    alerts = [
        usage(80, quota="each-consumer", consumer=f"c{number}", service="broken")
        for number in range(300)
    ]
    (plain,) = compose(*alerts)
    text = message_from_bytes(plain.content, policy=policy.default).get_content()
    assert text.count("broken") == 100
    assert "200 more are not shown." in text


def test_a_plain_mail_can_carry_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr("webhook.mail.composing.make_mail", fail)
    hostile = "=?utf-8?q?=00?="
    (mail,) = compose(Alert(FIRING, {"alertname": hostile, "x": "\udc80\x00\r\n" * 900}))
    headers = message_from_bytes(mail.content, policy=policy.default)
    assert headers["Subject"] == f"[firing] {hostile}"
    assert len(mail.content) < 20_000

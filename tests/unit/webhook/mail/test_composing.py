import os
from pathlib import Path

import pytest

from tests.unit.webhook.mails import CASES, compose, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, forecast, pipeline, resolved, usage
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

from dataclasses import replace

from quotas.model import Quota
from tests.unit.webhook.mails import CASES, Page, compose, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, QUOTAS, resolved, usage
from webhook.alerts.payload import FIRING, Alert


def test_several_alerts_are_one_mail_with_the_highest_first() -> None:
    (mail,) = compose(*CASES["several"])
    text = open_mail(mail).text
    assert mail.subject == (
        "[100 %] each-consumer: 1 consumer over 100 %, 1 over 90 % and 1 over 80 %, "
        "24 November 2026"
    )
    assert text.count("24 November 2026") == 1
    assert text.index("acme") < text.index("big-co") < text.index("small-co")


def test_a_long_table_ends_after_a_hundred_rows_and_says_how_many_more_there_are() -> None:
    alerts = [usage(90, 450_000_000_000 + n, quota="shared", consumer=f"c{n}.") for n in range(500)]
    (mail,) = compose(*alerts)
    opened = open_mail(mail)
    assert "400 more are not shown" in opened.text
    assert len(Page(opened.html).elements) > 100
    assert "consumer c499." in opened.html
    assert "consumer c400." in opened.html
    assert "consumer c399." not in opened.html
    assert len(mail.content) < 100_000


def test_html_is_shorter_than_what_mail_clients_cut_even_with_long_names() -> None:
    alerts = [
        usage(quota="shared", consumer=f"{n}" + "&" * 200, service="\N{SNOWMAN}" * 200)
        for n in range(200)
    ]
    opened = read(*alerts)
    assert len(opened.html.encode()) < 100_000
    assert "more are not shown" in opened.text


def test_the_largest_ratio_comes_first() -> None:
    alerts = [
        usage(80, 499 * 10**9, quota="b"),
        usage(100, 500 * 10**9, quota="a"),
        usage(80, 401 * 10**9, quota="c"),
    ]
    text = read(*alerts).text
    assert text.index("  a") < text.index("  b") < text.index("  c")


def test_a_resolved_quota_is_a_row_with_the_current_limit_and_no_usage() -> None:
    text = read(usage(100), resolved(90)).text
    assert "below 90 % of 500 GB again" in text
    assert "360.2 GB" not in text
    assert text.index("100 %") < text.index("resolved")


def test_a_mail_about_many_entries_of_a_quota_counts_them_in_its_subject() -> None:
    alerts = [usage(100, quota="each-consumer", consumer=f"c{number}") for number in range(11)]
    (mail,) = compose(*alerts, addresses=ADDRESSES)
    about = "each-consumer: 11 consumers over 100 %"
    assert mail.subject == f"[100 %] {about}, November 2026"
    opened = open_mail(mail)
    assert opened.text.startswith(about)
    # The button opens the quota, and each row its entry.
    button, *rows = Page(opened.html).targets
    assert button == "https://grafana.example.com/d/quotas#/quotas/each-consumer"
    assert rows[:11] == [f"{button}?consumer=c{number}" for number in range(11)]


def test_rows_of_several_labels_say_which_is_which() -> None:
    alerts = [
        usage(100, quota="each-place", consumer=f"c{number}", service="bun") for number in range(2)
    ]
    each = Quota(
        "each-place", 500 * 10**9, for_each=("service", "consumer"), notify=("a@b.example",)
    )
    text = read(*alerts, quotas=replace(QUOTAS, quotas=(each,))).text
    assert "bun, c1\n" in text
    assert "service bun, consumer c1\n" in text


def test_names_from_right_to_left_do_not_reorder_what_follows() -> None:
    alerts = [
        usage(90, consumer=name, period=p)
        for name, p in (("\u05d0\u05d1", "202611"), ("b", "202612"))
    ]
    assert "consumer \u2068\u05d0\u05d1\u2069, November 2026" in read(*alerts).text


def test_rows_of_alerts_that_concern_no_quota_show_the_labels_in_which_they_differ() -> None:
    alerts = [
        Alert(FIRING, {"alertname": "PodDown", "pod": f"kong-{number}", "job": "kong"})
        for number in range(3)
    ]
    text = read(*alerts).text
    assert [f"pod=kong-{number}" in text for number in range(3)] == [True] * 3
    assert "job=kong" not in text


def test_alerts_without_a_name_are_named_after_their_labels() -> None:
    (mail,) = compose(Alert(FIRING, {"pod": "kong-1"}))
    assert mail.subject == "[firing] pod=kong-1"
    assert "unnamed" not in open_mail(mail).text
    assert compose(Alert(FIRING, {}))[0].subject == "[firing] an alert without labels"

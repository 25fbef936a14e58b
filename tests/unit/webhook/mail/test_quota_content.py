from dataclasses import replace

from quotas import names
from tests.unit.webhook.mails import compose, open_mail, read
from tests.unit.webhook.samples import NOW, forecast, resolved, usage
from webhook.alerts.payload import RESOLVED


def test_the_subject_has_threshold_quota_usage_and_period() -> None:
    assert compose(usage())[0].subject == (
        "[90 %] bun-egress: 450.2 GB of 500 GB used, November 2026"
    )


def test_the_subject_of_a_quota_with_for_each_names_the_consumer() -> None:
    (mail,) = compose(usage(quota="each-consumer", consumer="acme"))
    assert mail.subject.startswith("[90 %] each-consumer (acme): ")
    assert "each-consumer (acme) has used 90 % of its limit" in open_mail(mail).text
    (mail,) = compose(usage(quota="each-consumer"))
    assert mail.subject.startswith("[90 %] each-consumer (no consumer): ")


def test_a_byte_less_than_the_limit_is_shown_as_less_than_the_limit() -> None:
    opened = read(usage(90, 499_999_999_999))
    assert "499.9 GB of 500 GB used" in opened.headers["Subject"]
    assert "99.9 % of its limit" in opened.text
    assert "100 % of its limit" not in opened.text + opened.html


def test_the_reset_is_shown_in_the_time_zone_of_the_quota() -> None:
    opened = read(usage(calendar="month:15@Europe/Berlin"))
    assert "15 November to 14 December 2026" in opened.headers["Subject"]
    assert "15 December 2026, 00:00 Europe/Berlin" in opened.text
    assert "15 December 2026, 00:00 Europe/Berlin" in opened.html


def test_a_resolved_quota_is_shown_without_its_unknown_usage() -> None:
    mail = compose(resolved(90))[0]
    opened = open_mail(mail)
    assert mail.subject == "[resolved] bun-egress: below 90 % of 500 GB again, November 2026"
    assert "360.2 GB" not in opened.text + opened.html
    assert "This is over" in opened.text


def test_a_rolling_window_is_shown_with_its_length_and_without_a_reset() -> None:
    opened = read(usage(calendar="rolling:30d", period=""))
    assert "the last 30 d" in opened.text
    assert "Resets" not in opened.text


def test_a_resolved_forecast_says_that_the_limit_is_no_longer_expected_to_be_passed() -> None:
    # The limit was 400 GB and is now 500 GB.
    old = {names.LIMIT_BYTES: str(400 * 10**9), names.FORECAST_BYTES: str(450 * 10**9)}
    alert = replace(forecast(), status=RESOLVED, ends_at=NOW)
    mail = compose(replace(alert, annotations={**alert.annotations, **old}))[0]
    assert mail.subject == (
        "[resolved] bun-egress: no longer expected to pass 500 GB, November 2026"
    )

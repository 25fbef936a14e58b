from dataclasses import replace
from pathlib import Path

import pytest

from quotas import names
from quotas.calendars import Rolling
from quotas.file.loading import load_quotas
from quotas.units import parse_size
from tests.unit.webhook.mails import compose, open_mail, read
from tests.unit.webhook.samples import (
    NOW,
    QUOTAS_WITH_RESOLVED,
    QUOTAS_YAML,
    forecast,
    resolved,
    usage,
)
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


def test_a_resolved_quota_says_why() -> None:
    mail = compose(resolved(90))[0]
    opened = open_mail(mail)
    assert mail.subject == "[resolved] bun-egress: below 90 % of 500 GB again, November 2026"
    why = "The limit was raised from 400 GB to 500 GB, of which 72 % is used."
    for text in (" ".join(opened.text.split()), " ".join(opened.html.split())):
        assert why in text
    assert "Used      360.2 GB      (360,200,000,000 bytes)" in opened.text
    assert "Old limit 400 GB" in opened.text
    assert "Limit     500 GB" in opened.text


def test_a_resolved_rolling_window_is_shown_without_its_unknown_usage() -> None:
    alert = usage(90, status=RESOLVED, ends_at=NOW, calendar="rolling:30d", period="")
    quotas = replace(
        QUOTAS_WITH_RESOLVED,
        quotas=tuple(
            replace(quota, calendar=Rolling(30 * 86_400)) for quota in QUOTAS_WITH_RESOLVED.quotas
        ),
    )
    text = " ".join(read(alert, quotas=quotas).text.split())
    assert "Usage has fallen, because the window has moved on." in text
    assert "450.2 GB" not in text


@pytest.mark.parametrize(
    ("limit", "used_bytes", "expected"),
    [
        ("20 GiB", 18 * 2**30, "18 GiB of 20 GiB used"),
        ("600 KiB", 550_000, "537.1 KiB of 600 KiB used"),
        ("600 KiB", 600 * 2**10, "600 KiB of 600 KiB used"),
        ("600 kB", 599_999, "599.9 kB of 600 kB used"),
        ("1500 GB", 1_400 * 10**9, "1400 GB of 1500 GB used"),
        ("1500 GB", 1_500 * 10**9 - 1, "1499 GB of 1500 GB used"),
        ("0.5 TB", 450 * 10**9, "450 GB of 0.5 TB used"),
        ("1000 MiB", 2**30, "1024 MiB of 1000 MiB used"),
        ("1.23456789 GB", 1_200_000_000, "1.2 GB of 1.235 GB used"),
    ],
)
def test_limits_have_the_unit_of_the_quota_file_and_other_sizes_no_larger_one_of_its_family(
    limit: str, used_bytes: int, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "quotas.yaml"
    path.write_text(QUOTAS_YAML.replace("500 GB", limit), encoding="utf-8")
    quotas = load_quotas(path)
    alert = usage(90, used_bytes, limit_bytes=parse_size(limit))
    assert expected in read(alert, quotas=quotas).headers["Subject"]


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

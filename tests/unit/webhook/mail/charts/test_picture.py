import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from PIL import Image, ImageColor

from tests.unit.webhook.mail.charts.charts import CASES, any_charts, chart
from webhook.mail.charts.drawing import DARK, HEIGHT, LIGHT, WIDTH, Palette, draw
from webhook.mail.charts.model import UsageChart
from webhook.mail.charts.picture import LARGEST_BYTES, describe, make_picture

MAIL_HTML = Path(__file__).parents[5] / "webhook/mail/templates/mail.html"


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def colours_of(image: Image.Image) -> set[object]:
    return {colour for _, colour in image.getcolors(WIDTH * HEIGHT) or []}


@pytest.mark.parametrize("name", CASES)
def test_the_same_chart_gives_the_same_bytes(name: str) -> None:
    assert make_picture(CASES[name], "acme") == make_picture(CASES[name], "acme")


@settings(deadline=None, max_examples=40)
@given(any_charts())
def test_any_chart_can_be_drawn_and_is_small(any_chart: UsageChart) -> None:
    picture = make_picture(any_chart, "acme")
    assert len(picture.light) + len(picture.dark) <= LARGEST_BYTES
    for png in (picture.light, picture.dark):
        assert opened(png).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_chart_has_its_own_background_and_shows_usage_limit_and_thresholds(
    palette: Palette,
) -> None:
    image = opened(draw(chart(), palette))
    assert image.getpixel((0, 0)) == ImageColor.getrgb(palette.background)
    shown = colours_of(image)
    for colour in (palette.used, palette.area, palette.limit, *palette.severities.values()):
        assert ImageColor.getrgb(colour) in shown


def test_a_forecast_changes_the_picture() -> None:
    assert draw(chart(), LIGHT) != draw(chart(forecast_bytes=None), LIGHT)


def test_where_nothing_is_known_there_is_no_line() -> None:
    whole = chart()
    points = [point for n, point in enumerate(whole.points) if not 30 < n < 60]
    broken = UsageChart(whole.start, whole.end, points, whole.limit_bytes)
    middle = whole.points[45][0].timestamp() - whole.start.timestamp()
    share = middle / (whole.end.timestamp() - whole.start.timestamp())
    for drawn, is_filled in ((whole, True), (broken, False)):
        image = opened(draw(drawn, LIGHT))
        # The axis of sizes takes about a sixth, and that of times a tenth.
        x = int(160 + share * (WIDTH - 260))
        column = image.crop((x, 0, x + 1, HEIGHT))
        assert (ImageColor.getrgb(LIGHT.area) in colours_of(column)) is is_filled


def test_words_say_what_the_picture_shows() -> None:
    assert describe(chart(), "bun-egress") == (
        "Chart: bun-egress has used 450.2 GB of 500 GB (90 %) from 1 November 2026, 00:00 UTC "
        "to 24 November 2026, 13:37 UTC. Expected by 1 December 2026, 00:00 UTC: 571 GB."
    )


def test_words_without_a_forecast_have_the_time_zone_of_the_period() -> None:
    text = describe(chart("day@Europe/Berlin", 2**29, 2**30, "GiB", None), "acme")
    assert text == (
        "Chart: acme has used 512 MiB of 1 GiB (50 %) from 24 November 2026, 00:00 Europe/Berlin "
        "to 24 November 2026, 14:37 Europe/Berlin."
    )


def test_a_chart_has_the_background_of_the_mail_around_it() -> None:
    template = MAIL_HTML.read_text(encoding="utf-8")
    assert re.search(rf'class="card"[^>]*background-color:{LIGHT.background};', template)
    assert f".card {{ background-color: {DARK.background} !important;" in template

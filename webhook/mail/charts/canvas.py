"""Lines, areas and labels as a PNG, drawn by Pillow.

Shapes are drawn twice as large and then reduced, which gives them smooth edges. Texts follow.
"""

import io
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import Image, ImageColor, ImageDraw, ImageFont

_FINER = 2
# How much of a colour is mixed with the background. More shades make the file larger.
_SHADES = (0.25, 0.5, 0.75, 1)
# Pillow finds the nearest colour of a palette only roughly: it would take one that is nearer to the
# background for the background itself.
_LEAST_CONTRAST = 16

Point = tuple[float, float]


class Canvas:
    """A picture of ``width`` x ``height`` pixels. Colours are those of CSS."""

    def __init__(self, width: int, height: int, background: str, font_pixels: int) -> None:
        self._background = background
        self._font = _load_font(font_pixels)
        self._shapes = Image.new("RGB", (width * _FINER, height * _FINER), background)
        self._draw = ImageDraw.Draw(self._shapes)
        self._texts: list[tuple[Point, str, str, str]] = []
        # In the order of their first use, so that the same picture has the same palette.
        self._colours: dict[str, None] = {}

    def area(self, points: Sequence[Point], colour: str) -> None:
        """Fill a polygon."""
        self._colours[colour] = None
        self._draw.polygon(_finer(points), colour)

    def line(self, points: Sequence[Point], colour: str, width: float, dash: float = 0) -> None:
        """Draw a line, with dashes of this length if it is not zero."""
        self._colours[colour] = None
        for part in _dashes(points, dash) if dash else [points]:
            self._draw.line(_finer(part), colour, round(width * _FINER), joint="curve")

    def dot(self, at: Point, radius: float, colour: str) -> None:
        """Draw a filled circle."""
        self._colours[colour] = None
        self._draw.circle((at[0] * _FINER, at[1] * _FINER), radius * _FINER, colour)

    def text(self, at: Point, text: str, colour: str, anchor: str) -> None:
        """Write a text. ``anchor`` says which of its points is ``at``, as in Pillow: "lm"."""
        self._colours[colour] = None
        self._texts.append((at, text, colour, anchor))

    def width_of(self, text: str) -> float:
        """Return the width of a text in pixels."""
        return self._font.getlength(text)

    def to_png(self) -> bytes:
        """Return the picture. The same calls give the same bytes."""
        image = self._shapes.reduce(_FINER)
        draw = ImageDraw.Draw(image)
        for at, text, colour, anchor in self._texts:
            draw.text(at, text, colour, self._font, anchor)
        file = io.BytesIO()
        image.quantize(palette=self._palette(), dither=Image.Dither.NONE).save(file, "PNG")
        return file.getvalue()

    def _palette(self) -> Image.Image:
        """Return the background, the colours that were drawn, and shades of these for edges."""
        ground = ImageColor.getrgb(self._background)
        palette = [*ground]
        for colour in self._colours:
            for share in _SHADES:
                shade = _mix(ImageColor.getrgb(colour), ground, share)
                if max(abs(a - b) for a, b in zip(shade, ground, strict=True)) >= _LEAST_CONTRAST:
                    palette += shade
        image = Image.new("P", (1, 1))
        image.putpalette(palette)
        return image


def _load_font(pixels: int) -> ImageFont.FreeTypeFont:
    """Return the font that comes with Pillow, since a container has no other."""
    font = ImageFont.load_default(pixels)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - it is, with a size
    return font


def _mix(colour: Sequence[int], ground: Sequence[int], share: float) -> list[int]:
    return [round(b + (a - b) * share) for a, b in zip(colour, ground, strict=True)]


def _finer(points: Sequence[Point]) -> list[Point]:
    return [(x * _FINER, y * _FINER) for x, y in points]


def _dashes(points: Sequence[Point], length: float) -> Iterator[Sequence[Point]]:
    """Yield the dashes of a line, with gaps as long as they are."""
    for (x, y), (to_x, to_y) in pairwise(points):
        whole = math.hypot(to_x - x, to_y - y)
        for number in range(0, math.ceil(whole / length), 2):
            first, last = (min(1, n * length / whole) for n in (number, number + 1))
            yield [(x + share * (to_x - x), y + share * (to_y - y)) for share in (first, last)]

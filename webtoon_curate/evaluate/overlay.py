"""A page with its labels and detections drawn on it, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.detect import LabelledPage
from webtoon_curate.evaluate.matching import FALSE_ALARM, HIT, NEUTRAL, Outcome
from webtoon_curate.images import WHOLE_PIXELS

if TYPE_CHECKING:
    from PIL import Image

COLORS = {HIT: (0, 110, 255), FALSE_ALARM: (230, 0, 40), NEUTRAL: (150, 150, 150)}
TRUTH = (0, 190, 60)
LEGEND = (
    ("labelled face", TRUTH),
    ("found", COLORS[HIT]),
    ("false alarm", COLORS[FALSE_ALARM]),
    ("neutral: counts neither way", COLORS[NEUTRAL]),
)
_LINE = 3
_ROW = 18
"""Pixels of a line of text."""


def overlay(dataset: Dataset, page: LabelledPage, outcome: Outcome) -> NDArray[np.uint8]:
    """The page as RGB uint8 (height + legend, width, 3): labels green, detections by outcome.

    Raises:
        DatasetError: if the page is too large for one picture.
        ImageError: if it cannot be decoded any more.
    """
    from PIL import Image

    from webtoon_curate.ingest.strips import episode_strip

    with episode_strip(dataset, page.title, page.episode) as strip:
        place = next(p for p in strip.pages if p.name == page.page)
        if place.width * place.height > WHOLE_PIXELS:
            raise DatasetError(f"{page.page} is too large to be drawn: {WHOLE_PIXELS:,} pixels")
        pixels = strip.read(0, place.y, place.width, place.height)
    picture = Image.new("RGB", (place.width, place.height + _ROW), (255, 255, 255))
    picture.paste(Image.fromarray(pixels), (0, _ROW))
    _draw(picture, outcome)
    return np.asarray(picture)


def _draw(picture: Image.Image, outcome: Outcome) -> None:
    from PIL import ImageDraw, ImageFont

    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)

    def rectangle(box: NDArray, color: tuple[int, int, int], width: int = _LINE) -> None:
        x, y, w, h = (float(value) for value in box)
        draw.rectangle((x, y + _ROW, x + w, y + h + _ROW), outline=color, width=width)

    for box in outcome.truth.neutral:
        rectangle(box, COLORS[NEUTRAL], 1)
    for box in outcome.truth.boxes:
        rectangle(box, TRUTH)
    found = zip(outcome.detections.boxes, outcome.detections.scores, outcome.kinds)
    for box, score, kind in found:
        color = COLORS[int(kind)]
        rectangle(box, color, 2)
        x, y = float(box[0]), float(box[1]) + _ROW
        text = f"{score:.2f}"
        draw.rectangle((x, y, x + draw.textlength(text, font) + 4, y + 15), fill=color)
        draw.text((x + 2, y), text, fill=(255, 255, 255), font=font)
    x = 4.0
    for text, color in LEGEND:
        draw.text((x, 1), text, fill=color, font=font)
        x += draw.textlength(text, font) + 14

"""Signs of streets and shops, with letters and pictures, lit at night.

Each draws itself about `size` px large with its middle at (x, y).
"""

from __future__ import annotations

import math

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.lettering import fonts, phrases
from webtoon_curate.synth.lettering.lettering import sample_lettering
from webtoon_curate.synth.paint import Color, mix, pen, radial, solid

WHITE: Color = (250, 250, 250)
DARK: Color = (30, 28, 34)


def _words(rng: np.random.Generator) -> tuple[str, str]:
    """The text of a sign and its typeface."""
    hand = sample_lettering(rng)
    return phrases.sign(rng, hand.language), "shout" if hand.language == "en" else "sans"


def _colors(rng: np.random.Generator) -> tuple[Color, Color]:
    """Of the board and of what is on it."""
    board = hsv(rng.uniform(), rng.uniform(0, 0.9), rng.uniform(0.2, 1))
    if rng.random() < 0.3:
        board = WHITE
    light = sum(board) > 420
    return board, mix(DARK, hsv(rng.uniform(), 0.8, 0.6), rng.uniform()) if light else WHITE


def shop_sign(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A board over a shop, or one that stands out from the wall with its letters downwards."""
    text, face = _words(rng)
    board, letters = _colors(rng)
    if ink.look.grey:
        board = ink.tone(board)
        letters = DARK if sum(board) > 420 else WHITE
    column = face == "sans" and rng.random() < 0.4
    high = size * (0.3 if column else rng.uniform(0.24, 0.4))
    span = high * 0.7 * (len(text) if column else fonts.advance(face, 1.0, text)) + high * 0.5
    wide, tall = (high, span) if column else (span, high)
    if rng.random() < 0.3:  # light falls from it on the wall
        glow = radial((x, y), max(wide, tall), (board, board), (0.5, 0.0))
        ink.painter.fill(shapes.ellipse(x, y, max(wide, tall)), glow)
    ink.shape(shapes.rect(x - wide / 2, y - tall / 2, wide, tall, high * 0.06), board, shade=0.3)
    if column:
        path = fonts.column_path(face, high * 0.7, text, x, y - tall / 2 + high * 0.25)
    else:
        path = fonts.line_path(face, high * 0.7, text, x, y)
    ink.painter.stroke(path, pen(letters, high * 0.04))
    ink.painter.fill(path, solid(letters))


def neon(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Glowing tubes on a dark board: a word, a heart, a star or a ring."""
    color, r = ink.tone(hsv(rng.uniform(), rng.uniform(0.5, 0.9), 1.0)), size * 0.4
    ink.shape(shapes.rect(x - r * 1.2, y - r, 2.4 * r, 2 * r, r * 0.15), DARK, shade=0.3)
    text, face = _words(rng)
    tubes = [
        fonts.line_path(face, min(2 * r / fonts.advance(face, 1.0, text), r), text, x, y),
        shapes.heart(x, y, r * 1.2),
        shapes.star(x, y, r * 0.8, r * 0.35, 5, -math.pi / 2),
        shapes.ellipse(x, y, r * 0.8),
    ]
    path = tubes[rng.choice(4, p=[0.6, 0.15, 0.15, 0.1])]
    for wide, alpha in ((0.16, 0.25), (0.08, 0.5)):
        ink.painter.stroke(path, pen(color, r * wide, alpha))
    ink.painter.stroke(path, pen(mix(color, WHITE, 0.8), max(r * 0.03, 1)))


def road_sign(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A round or three-sided sign on a post with a number, a bar or a figure without a face."""
    r = size * 0.36
    ink.shape(shapes.rect(x - r * 0.07, y, r * 0.14, size * 0.9), (140, 144, 150))
    rim = (206, 40, 44) if rng.random() < 0.6 else (36, 84, 170)
    outline, field = shapes.ellipse(x, y, r), shapes.ellipse(x, y, r * 0.78)
    if rng.integers(3) == 1:
        outline = shapes.polygon([(x, y - r), (x + r, y + r * 0.75), (x - r, y + r * 0.75)])
        field = shapes.ellipse(x, y + 0.12 * r, r * 0.45)
    ink.shape(outline, rim, shade=0.3)
    ink.shape(field, WHITE, line=0.5, shade=0)
    if rng.random() < 0.5:
        number = str(10 * int(rng.integers(1, 12)))
        ink.painter.fill(fonts.line_path("sans", r * 0.8, number, x, y), solid(DARK))
    elif rng.random() < 0.5:
        ink.shape(shapes.rect(x - r * 0.5, y - r * 0.12, r, r * 0.24), rim, line=0, shade=0)
    else:
        ink.shape(shapes.ellipse(x, y - r * 0.4, r * 0.13), DARK, line=0, shade=0)
        ink.shape(shapes.limb([(x, y - r * 0.2), (x, y + r * 0.15)], [r * 0.3, r * 0.2]), DARK,
                  line=0, shade=0)  # fmt: skip
        for side in (-1, 1):
            leg = [(x, y + r * 0.1), (x + side * r * 0.2, y + r * 0.5)]
            ink.shape(shapes.limb(leg, [r * 0.14, r * 0.1]), DARK, line=0, shade=0)


def traffic_light(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Two to four lamps in a box, one of them lit."""
    count = int(rng.choice([2, 3, 4], p=[0.3, 0.5, 0.2]))
    r, upright = size * 0.4 / count, rng.random() < 0.5
    reach = r * 2.3 * count / 2
    box = (x - r * 1.3, y - reach, r * 2.6, 2 * reach)
    if not upright:
        box = (x - reach, y - r * 1.3, 2 * reach, r * 2.6)
    ink.shape(shapes.rect(*box, r * 0.5), (52, 56, 60))
    on = rng.integers(count)
    for i in range(count):
        along = (i - (count - 1) / 2) * r * 2.3
        px, py = (x, y + along) if upright else (x + along, y)
        color = ((230, 50, 50), (246, 190, 60), (70, 210, 130), (70, 210, 130))[i]
        ink.shape(shapes.ellipse(px, py, r), color if i == on else mix(color, DARK, 0.75), shade=0)
        if i == on:
            light = ink.tone(color)
            glow = radial((px, py), r * 2, (light, light), (0.6, 0.0))
            ink.painter.fill(shapes.ellipse(px, py, r * 2), glow)

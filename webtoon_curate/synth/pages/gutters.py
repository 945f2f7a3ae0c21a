"""What is on the gutters: even colours, gradients, patterns and pictures.

Everything is laid out in strip coordinates, cell by cell, so that blocks drawn one after the other
fit together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, Look, dots
from webtoon_curate.synth.paint import Color, Painter, linear, mix, solid
from webtoon_curate.synth.things.things import flower

CELL = 240
"""Height in pixels of the cells, as wide as the page, whose things are drawn together."""
REACH = 160
"""How far, in pixels, things of a cell may stand out of it."""


def draw_gutter(
    painter: Painter, top: Color, bottom: Color, pattern: str, y: int, seed: int
) -> None:
    """Fill a block with its gutter.

    Args:
        painter: the block.
        top: colour of its first row.
        bottom: colour of its last row.
        pattern: one of `PATTERNS`.
        y: row of the strip that its first row is.
        seed: of the title's gutters.
    """
    even = solid(top)
    painter.canvas.drawPaint(
        even if top == bottom else linear((0, 0), (0, painter.height), [top, bottom])
    )
    if pattern == "plain":
        return
    canvas = painter.canvas
    canvas.save()
    canvas.translate(0, -y)
    mark = mix(top, (0, 0, 0) if sum(top) > 380 else (255, 255, 255), 0.12)
    if pattern in _SHADED:
        _SHADED[pattern](painter, mark, y)
    else:
        for cell in range((y - REACH) // CELL, (y + painter.height + REACH) // CELL + 1):
            rng = np.random.default_rng([seed, cell + 1000])  # seeds are not negative; cells may be
            _SCATTERED[pattern](Ink(painter, Look(), rng), mark, cell * CELL)
    canvas.restore()


def _dots(painter: Painter, mark: Color, y: int) -> None:
    painter.canvas.drawPaint(skia.Paint(AntiAlias=True, Shader=dots(26.0, 0.3, mark)))


def _noise(painter: Painter, mark: Color, y: int) -> None:
    noise = skia.PerlinNoiseShader.MakeFractalNoise(0.01, 0.01, 3, 1.0)
    painter.canvas.drawPaint(skia.Paint(Shader=noise, BlendMode=skia.BlendMode.kSoftLight))


def _stripes(painter: Painter, mark: Color, y: int) -> None:
    for top in range(y - y % 44 - 44, y + painter.height + 44, 44):
        painter.canvas.drawPath(shapes.rect(0, top, painter.width, 20), solid(mark))


def _stars(ink: Ink, mark: Color, y: float) -> None:
    """A night sky."""
    for _ in range(26):
        x, row = ink.rng.uniform(0, ink.painter.width), y + ink.rng.uniform(0, CELL)
        size = 1 + 9 * ink.rng.uniform() ** 6
        spot = (
            shapes.star(x, row, size, size * 0.2, 4) if size > 3 else shapes.ellipse(x, row, size)
        )
        ink.painter.canvas.drawPath(spot, solid((255, 252, 236), ink.rng.uniform(0.4, 1)))


def _clouds(ink: Ink, mark: Color, y: float) -> None:
    for _ in range(2):
        x, row = ink.rng.uniform(0, ink.painter.width), y + ink.rng.uniform(0, CELL)
        wide = ink.rng.uniform(70, REACH)
        puff = shapes.cloud(ink.rng, x, row, wide, wide * ink.rng.uniform(0.25, 0.45), 10)
        ink.painter.canvas.drawPath(puff, solid((255, 255, 255), 0.55))


def _flowers(ink: Ink, mark: Color, y: float) -> None:
    for _ in range(5):
        x, row = ink.rng.uniform(0, ink.painter.width), y + ink.rng.uniform(0, CELL)
        tone = mix((255, 190, 206), (255, 255, 255), ink.rng.uniform())
        flower(ink, x, row, ink.rng.uniform(8, 34), tone, 5, ink.rng.uniform(0, 6))


_SHADED: dict[str, Callable[[Painter, Color, int], None]] = {
    "dots": _dots, "noise": _noise, "stripes": _stripes,
}  # fmt: skip
_SCATTERED: dict[str, Callable[[Ink, Color, float], None]] = {
    "stars": _stars, "clouds": _clouds, "flowers": _flowers,
}  # fmt: skip
PATTERNS = {
    "plain": 84, "dots": 3, "noise": 4, "stripes": 2, "stars": 3, "clouds": 2, "flowers": 2,
}  # fmt: skip
"""Patterns and how often titles have them."""

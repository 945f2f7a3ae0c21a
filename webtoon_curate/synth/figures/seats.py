"""What people sit on, and the dark spot below them."""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.figures.body import Body
from webtoon_curate.synth.figures.legs import depth
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import solid


def draw_seat(ink: Ink, body: Body, rng: np.random.Generator) -> None:
    """A chair, a sofa or a block under somebody who sits."""
    limb, way = body.build.limb, 1 if body.posture.turn >= 0 else -1
    top, foot = body.hips + 0.2 * limb, body.hips + body.leg * depth(body.posture.legs)
    color = ink.tone(hsv(rng.uniform(), rng.uniform(0.05, 0.6), rng.uniform(0.3, 0.9)))
    wide = limb * rng.uniform(0.9, 1.2)

    def part(x: float, y: float, w: float, h: float, tone: tuple[int, int, int]) -> None:
        x = x if way > 0 else -x - w
        (x0, y0), size = body.at(x, y), body.head
        path = shapes.rect(x0, y0, w * size, h * size, 0.1 * size)
        ink.shape(path, tone, label=Label.BACKGROUND)

    kind = rng.random()
    if kind < 0.4:
        for x in (-0.7 * wide, 0.75 * wide):
            part(x, top, 0.13 * limb, foot - top, darker(color, 0.3))
        part(-0.9 * wide, top - 1.9 * limb, 0.2 * limb, 2 * limb, color)
        part(-0.9 * wide, top, 2 * wide, 0.25 * limb, color)
    elif kind < 0.75:
        part(-2.4 * wide, top - 1.6 * limb, 4.8 * wide, 1.8 * limb, color)
        part(-2.4 * wide, top, 4.8 * wide, 0.8 * (foot - top), darker(color, 0.12))
    else:
        part(-1.1 * wide, top, 2 * wide, 0.95 * (foot - top), color)


def draw_ground_shadow(ink: Ink, body: Body) -> None:
    """The dark spot on the ground on which somebody stands or sits."""
    x, y = body.at(body.posture.lean, body.hips + body.leg * depth(body.posture.legs))
    wide = 1.3 * body.build.broad * body.head
    ink.painter.fill(shapes.ellipse(x, y, wide, 0.2 * wide), solid((24, 20, 34), 0.3))

"""Grounds seen from above: floors of rooms, streets and meadows, with what stands on them."""

from __future__ import annotations

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import WHITE, Color, mix, solid

FLOORS = ("planks", "tiles", "carpet", "street", "grass", "plain")
MOOD = "floor"
"""What shots call such a ground, besides the names in `moods.MOODS`."""


def draw_floor(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Fill a panel of the given size, pixels, with a ground seen from above."""
    kind = FLOORS[rng.integers(len(FLOORS))]
    canvas = ink.painter.canvas
    warm = hsv(rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.55), rng.uniform(0.45, 0.9))
    cold = hsv(rng.uniform(), rng.uniform(0, 0.25), rng.uniform(0.4, 0.95))
    green = hsv(rng.uniform(0.2, 0.38), rng.uniform(0.3, 0.6), rng.uniform(0.4, 0.8))
    base = ink.tone({"planks": warm, "grass": green}.get(kind, cold))
    canvas.save()
    canvas.clipRect(skia.Rect.MakeWH(width, height))
    canvas.drawPaint(solid(base))
    long = float(np.hypot(width, height))
    canvas.translate(width / 2, height / 2)
    canvas.scale(1, rng.uniform(0.55, 1))
    canvas.rotate(rng.uniform(-60, 60))
    line, step = darker(base, 0.25), long * rng.uniform(0.05, 0.14)
    if kind in ("planks", "tiles"):
        for i in np.arange(-long, long, step).tolist():
            joints = [((-long, i), (long, i))]
            if kind == "tiles":
                joints += [((i, -long), (i, long))]
            else:
                joints += [((x, i), (x, i + step)) for x in rng.uniform(-long, long, 4).tolist()]
            for joint in joints:
                ink.stroke(shapes.polygon(joint, closed=False), 0.7, line)
    elif kind == "carpet":
        color = ink.tone(hsv(rng.uniform(), rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.9)))
        ink.shape(shapes.rect(-0.3 * long, -0.25 * long, 0.6 * long, 0.5 * long), color, shade=0)
        ink.stroke(shapes.rect(-0.27 * long, -0.22 * long, 0.54 * long, 0.44 * long), 0.8)
    elif kind == "street":
        for i in np.arange(-0.3 * long, 0.3 * long, 0.5 * step).tolist()[::2]:
            bar = shapes.rect(-0.2 * long, i, 0.4 * long, 0.5 * step)
            ink.shape(bar, mix(base, WHITE, 0.7), line=0, shade=0)
    elif kind == "grass":
        for x, y in rng.uniform(-0.6 * long, 0.6 * long, (24, 2)).tolist():
            tuft = [(x - 5, y - 9), (x, y), (x + 4, y - 10)]
            ink.stroke(shapes.polygon(tuft, closed=False), 0.7, line)
    for _ in range(int(rng.integers(0, 4))):
        _thing(ink, rng, long, green if kind == "grass" else warm)
    canvas.restore()


def _thing(ink: Ink, rng: np.random.Generator, long: float, color: Color) -> None:
    """A table, a bed or a bush, anywhere."""
    x, y = rng.uniform(-0.45, 0.45, 2) * long
    wide, tall = rng.uniform(0.1, 0.28, 2) * long
    color = ink.tone(mix(color, WHITE, float(rng.uniform(0, 0.4))))
    if rng.random() < 0.4:
        ink.shape(shapes.blob(rng, x, y, wide / 2, tall / 2, 9, 0.12), color)
        return
    low = shapes.rect(x, y + 0.05 * long, wide, tall, 0.01 * long)
    ink.shape(low, darker(color, 0.35))
    ink.shape(shapes.rect(x, y, wide, tall, 0.01 * long), color)

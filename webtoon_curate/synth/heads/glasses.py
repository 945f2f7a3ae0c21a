"""Glasses: lenses, rims and arms."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, pen, polygon, smooth, solid
from webtoon_curate.synth.sketch import WHITE, Sketch

Array = NDArray[Any]

_ANGLE = np.linspace(0, 2 * math.pi, 17)[:-1]
_COS, _SIN = np.cos(_ANGLE), np.sin(_ANGLE)


@cache
def _rounded(power: float) -> Array:
    """(16, 2) points of a superellipse: power 2 a circle, larger ones boxier."""
    return np.stack(
        [np.sign(_COS) * np.abs(_COS) ** (2 / power), np.sign(_SIN) * np.abs(_SIN) ** (2 / power)],
        axis=1,
    )


LENSES: dict[str, tuple[float, float, float, float]] = {
    "round": (2.0, 1.0, 1.0, 1.0),
    "square": (5.0, 1.1, 0.85, 1.0),
    "oval": (2.0, 1.1, 0.72, 0.9),
    "thin": (6.0, 1.15, 0.52, 0.8),
    "rimless": (3.5, 1.1, 0.72, 0.0),
    "half rim": (4.0, 1.12, 0.68, 1.0),
    "thick": (4.0, 1.15, 0.9, 2.4),
    "sun": (3.0, 1.2, 0.92, 1.4),
    "cat": (3.0, 1.15, 0.8, 1.6),
}
"""Power of the superellipse, half width and half height over the lens's size, weight of the rim."""

TEMPLE_HIDDEN = 8
"""Degrees of yaw beyond which the far side hides a temple."""
LENS_STANDOFF = 0.05
"""How far lenses stand before the eyes, in heads."""
GLARE_SHARE = 0.06
"""Share of drawings where glasses reflect and hide the eyes."""


def draw_glasses(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Draws the character's glasses over both eyes."""
    kind = sketch.character.glasses
    if kind is None:
        return
    color, width = _rim(sketch, kind)
    glare = sketch.rng.random() < GLARE_SHARE and kind != "sun"
    left, right = lenses = [_lens(sketch, eye, kind) for eye in eyes]
    for eye, lens in zip(eyes, lenses):
        if eye.facing < -0.05:
            continue
        rim = smooth(lens, closed=True)
        _glass(sketch, rim, kind, glare)
        if kind == "half rim":
            with sketch.painter.group(clip=skia.Path.Rect(_upper_half(rim.getBounds()))):
                sketch.painter.stroke(rim, pen(color, width), Label.GLASSES)
        else:
            sketch.painter.stroke(rim, pen(color, width), Label.GLASSES)
    inner = np.stack([left[0], (left[0] + right[8]) / 2 + [0, -0.012], right[8]])
    sketch.painter.stroke(smooth(inner), pen(color, width * 0.9), Label.GLASSES)


def draw_arms(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Draws the arms of the character's glasses back to the ears, under the hair."""
    kind = sketch.character.glasses
    if kind is None:
        return
    head, s = sketch.head, sketch.style
    color, width = _rim(sketch, kind)
    for eye in eyes:
        if head.hides(eye.side, TEMPLE_HIDDEN):
            continue
        lens = _lens(sketch, eye, kind)
        outer = lens[8] if eye.side < 0 else lens[0]
        ear = np.array([[eye.side * s.width, s.eye_y - 0.01, 0.0]])
        arm = np.stack([outer, head.project(ear)[0][0]])
        paint = pen(color, width * 0.9)
        sketch.painter.stroke(polygon(arm, closed=False), paint, Label.GLASSES)


def _lens(sketch: Sketch, eye: Eye, kind: str) -> Array:
    """(16, 2) outline of a lens in the picture; its plane runs back to the temple a little."""
    power, wide, tall, _ = LENSES[kind]
    s = sketch.style
    gap = abs(float(eye.center[0]))
    size = min(max(1.35 * s.eye_size, 0.085), 0.86 * gap / wide)
    tall_size = max(size, 0.8 * s.eye_size * s.eye_open)
    shape = _rounded(power) * [size * wide, tall_size * tall]
    if kind == "cat":
        shape[:, 1] -= 0.3 * np.clip(eye.side * shape[:, 0], 0, None)
    flat = shape + eye.center + [0, 0.15 * size]
    depth = sketch.head.surface(eye.center[None])[0, 2] + LENS_STANDOFF
    lean = -0.35 * (np.abs(flat[:, 0]) - gap)
    spots = np.column_stack([flat, depth + lean])
    return sketch.head.project(spots)[0]


def _upper_half(box: skia.Rect) -> skia.Rect:
    return skia.Rect.MakeLTRB(box.left() - 1, box.top() - 1, box.right() + 1, box.centerY())


def _glass(sketch: Sketch, rim: skia.Path, kind: str, glare: bool) -> None:
    painter = sketch.painter
    if kind == "sun":
        painter.fill(rim, solid((24, 22, 30), 0.93), Label.GLASSES)
    elif glare:
        painter.fill(rim, solid(WHITE, 0.95), Label.GLASSES)
    else:
        painter.fill(rim, solid((225, 240, 255), 0.14))
    if kind == "sun" or (not glare and sketch.style.detail > 0.5):
        box = rim.getBounds()
        x, y, w, h = box.left(), box.top(), box.width(), box.height()
        streak = np.array([[x + 0.2 * w, y + 0.15 * h], [x + 0.4 * w, y + 0.15 * h],
                           [x + 0.2 * w, y + 0.8 * h], [x + 0.08 * w, y + 0.7 * h]])  # fmt: skip
        painter.fill(polygon(streak), solid(WHITE, 0.35))


def _rim(sketch: Sketch, kind: str) -> tuple[Color, float]:
    """Color and width of the frame."""
    own = np.random.default_rng(sketch.character.seed + 5)
    weight = LENSES[kind][3] * between(own, 0.8, 1.5)
    color = sketch.tone(sketch.character.glasses_color, paper_from=200)
    width = max(sketch.pen_width(1.0), 0.008) * max(weight, 0.45)
    return (color if weight else mix(color, WHITE, 0.6)), width

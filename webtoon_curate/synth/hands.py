"""Hands: palms with fingers, in the gestures that panels are full of."""

from __future__ import annotations

import math

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, darker
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color

# Fingers from index to little: (where on the palm's far edge -1..1, spread angle, length); then
# the thumb's angle and length. Lengths in palms.
_Fingers = tuple[tuple[tuple[float, float, float], ...], tuple[float, float]]
GESTURES: dict[str, _Fingers] = {
    "open": (((-0.75, -0.32, 0.9), (-0.25, -0.1, 1.0), (0.25, 0.1, 0.95), (0.72, 0.34, 0.75)),
             (-1.05, 0.8)),
    "flat": (((-0.72, -0.06, 0.95), (-0.24, -0.02, 1.05), (0.24, 0.03, 1.0), (0.7, 0.1, 0.8)),
             (-0.6, 0.7)),
    "fist": (((-0.72, 0.0, 0.28), (-0.24, 0.0, 0.32), (0.24, 0.0, 0.3), (0.7, 0.0, 0.25)),
             (-0.35, 0.4)),
    "point": (((-0.72, -0.05, 1.1), (-0.24, 0.0, 0.34), (0.24, 0.0, 0.32), (0.7, 0.0, 0.28)),
              (-0.5, 0.5)),
    "peace": (((-0.6, -0.25, 1.1), (-0.1, 0.18, 1.15), (0.3, 0.0, 0.32), (0.7, 0.0, 0.28)),
              (-0.3, 0.4)),
    "relaxed": (((-0.72, 0.12, 0.75), (-0.24, 0.16, 0.85), (0.24, 0.2, 0.8), (0.7, 0.26, 0.62)),
                (-0.55, 0.65)),
    "claw": (((-0.8, -0.45, 0.8), (-0.3, -0.18, 0.95), (0.25, 0.14, 0.9), (0.75, 0.45, 0.7)),
             (-1.2, 0.75)),
}  # fmt: skip


def draw_hand(
    ink: Ink,
    x: float,
    y: float,
    size: float,
    angle: float,
    gesture: str,
    skin: Color,
    side: int = 1,
    label: Label = Label.OCCLUDER,
) -> None:
    """A hand whose wrist is at (x, y).

    Args:
        ink: what draws it.
        x: wrist, pixels.
        y: wrist, pixels.
        size: wrist to the tip of the middle finger, pixels.
        angle: direction of the fingers, radians clockwise from the x axis.
        gesture: one of `GESTURES`.
        skin: colour.
        side: 1 with the thumb anticlockwise of the fingers, -1 mirrored.
        label: of its pixels.
    """
    fingers, thumb = GESTURES[gesture]
    palm = size * 0.5
    half = palm * 0.46

    def at(along: float, across: float) -> tuple[float, float]:
        c, s = math.cos(angle), math.sin(angle)
        across *= side
        return x + along * c - across * s, y + along * s + across * c

    thick = half * 0.5
    root = at(palm * 0.3, -half * 0.8)
    knee = at(palm * (0.3 + 0.42 * thumb[1]), -half * (0.8 + 0.9 * abs(math.sin(thumb[0]))))
    tip = at(
        palm * (0.3 + thumb[1] * math.cos(thumb[0]) * 1.1),
        -half * 0.8 + palm * thumb[1] * math.sin(thumb[0]) * 0.9,
    )
    ink.shape(
        shapes.limb([root, knee, tip], [thick * 1.4, thick * 1.1, thick * 0.8]), skin, label=label
    )
    for across, spread, length in reversed(fingers):
        start = at(palm * 0.86, across * half * 0.86)
        reach = palm * length
        end = at(
            palm * 0.86 + reach * math.cos(spread), across * half * 0.86 + reach * math.sin(spread)
        )
        ink.shape(
            shapes.limb([start, end], [thick * 1.02, thick * 0.72]),
            skin,
            label=label,
            line=0.8,
            shade=0.6,
        )
    outline = [
        at(-palm * 0.1, -half * 0.62),
        at(palm * 0.35, -half * 1.0),
        at(palm * 0.9, -half * 1.02),
        at(palm * 1.0, 0),
        at(palm * 0.88, half * 1.0),
        at(palm * 0.3, half * 0.9),
        at(-palm * 0.1, half * 0.6),
    ]
    ink.shape(shapes.smooth(outline), skin, label=label, line=0, shade=0.6)
    edge = shapes.smooth(
        [at(palm * 0.95, half), at(palm * 0.4, half * 0.93), at(0, half * 0.62)], False
    )
    ink.stroke(edge, 0.8, label=label)
    if gesture in ("fist", "point", "peace"):
        for across in (-0.45, 0.0, 0.45):
            knuckle = [at(palm * 0.86, across * half), at(palm * 1.05, across * half)]
            ink.stroke(shapes.polygon(knuckle, closed=False), 0.6, darker(skin, 0.8), label=label)

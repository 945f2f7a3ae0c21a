"""Hands: palms with fingers, in the gestures that panels are full of."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    label: Label | None = Label.OCCLUDER,
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
        label: of its pixels; None for the ink's own.
    """
    fingers, thumb = GESTURES[gesture]
    hand = _Hand(ink, x, y, size * 0.5, angle, skin, side, label)
    hand.draw_thumb(*thumb)
    for finger in reversed(fingers):
        hand.draw_finger(*finger)
    hand.draw_palm()
    if gesture in ("fist", "point", "peace"):
        hand.draw_knuckles()


@dataclass(frozen=True)
class _Hand:
    """A hand while it is drawn; `palm` is the palm's length in pixels, the rest as `draw_hand`."""

    ink: Ink
    x: float
    y: float
    palm: float
    angle: float
    skin: Color
    side: int
    label: Label | None

    @property
    def half(self) -> float:
        """Half the palm's width, pixels."""
        return self.palm * 0.46

    def at(self, along: float, across: float) -> tuple[float, float]:
        """Pixels from the wrist, along the hand and across it, to the picture."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across *= self.side
        return self.x + along * cos - across * sin, self.y + along * sin + across * cos

    def draw_thumb(self, bend: float, length: float) -> None:
        """Angle and length as in `GESTURES`."""
        palm, half = self.palm, self.half
        thick = half * 0.5
        root = self.at(palm * 0.3, -half * 0.8)
        knee = self.at(palm * (0.3 + 0.42 * length), -half * (0.8 + 0.9 * abs(math.sin(bend))))
        tip = self.at(
            palm * (0.3 + length * math.cos(bend) * 1.1),
            -half * 0.8 + palm * length * math.sin(bend) * 0.9,
        )
        path = shapes.limb([root, knee, tip], [thick * 1.4, thick * 1.1, thick * 0.8])
        self.ink.shape(path, self.skin, label=self.label)

    def draw_finger(self, across: float, spread: float, length: float) -> None:
        """Place on the palm's edge, angle and length as in `GESTURES`."""
        palm, root = self.palm, across * self.half * 0.86
        thick, reach = self.half * 0.5, palm * length
        start = self.at(palm * 0.86, root)
        end = self.at(palm * 0.86 + reach * math.cos(spread), root + reach * math.sin(spread))
        path = shapes.limb([start, end], [thick * 1.02, thick * 0.72])
        self.ink.shape(path, self.skin, label=self.label, line=0.8, shade=0.6)

    def draw_palm(self) -> None:
        """Over the roots of the fingers, with one edge."""
        palm, half, at = self.palm, self.half, self.at
        outline = [
            at(-palm * 0.1, -half * 0.62),
            at(palm * 0.35, -half * 1.0),
            at(palm * 0.9, -half * 1.02),
            at(palm * 1.0, 0),
            at(palm * 0.88, half * 1.0),
            at(palm * 0.3, half * 0.9),
            at(-palm * 0.1, half * 0.6),
        ]
        self.ink.shape(shapes.smooth(outline), self.skin, label=self.label, line=0, shade=0.6)
        edge = [at(palm * 0.95, half), at(palm * 0.4, half * 0.93), at(0, half * 0.62)]
        self.ink.stroke(shapes.smooth(edge, closed=False), 0.8, label=self.label)

    def draw_knuckles(self) -> None:
        """Lines between bent fingers."""
        for across in (-0.45, 0.0, 0.45):
            x = across * self.half
            path = shapes.polygon(
                [self.at(self.palm * 0.86, x), self.at(self.palm * 1.05, x)], closed=False
            )
            self.ink.stroke(path, 0.6, darker(self.skin, 0.8), label=self.label)

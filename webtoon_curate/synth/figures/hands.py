"""Hands: palms with bent fingers, in the gestures that panels are full of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, darker
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix

# Fingers from index to little: (where on the palm's far edge -1..1, spread angle, length, how far
# the outer half is bent to the little finger's side); then the thumb's angle and length. Angles in
# radians, lengths in palms.
_Fingers = tuple[tuple[tuple[float, float, float, float], ...], tuple[float, float]]
GESTURES: dict[str, _Fingers] = {
    "open": (((-0.75, -0.34, 0.9, 0.14), (-0.25, -0.1, 1.0, 0.06), (0.25, 0.1, 0.95, -0.04),
              (0.72, 0.36, 0.75, -0.1)), (-1.05, 0.8)),
    "flat": (((-0.72, -0.1, 0.95, 0.12), (-0.24, -0.04, 1.05, 0.06), (0.24, 0.03, 1.0, 0.0),
              (0.7, 0.12, 0.8, -0.08)), (-0.6, 0.7)),
    "fist": (((-0.72, 0.0, 0.28, 0.0), (-0.24, 0.0, 0.32, 0.0), (0.24, 0.0, 0.3, 0.0),
              (0.7, 0.0, 0.25, 0.0)), (-0.35, 0.4)),
    "point": (((-0.72, -0.08, 1.1, 0.1), (-0.24, 0.0, 0.34, 0.0), (0.24, 0.0, 0.32, 0.0),
               (0.7, 0.0, 0.28, 0.0)), (-0.5, 0.5)),
    "peace": (((-0.6, -0.25, 1.1, 0.05), (-0.1, 0.18, 1.15, -0.05), (0.3, 0.0, 0.32, 0.0),
               (0.7, 0.0, 0.28, 0.0)), (-0.3, 0.4)),
    "relaxed": (((-0.72, 0.02, 0.8, 0.4), (-0.24, 0.1, 0.9, 0.42), (0.24, 0.16, 0.85, 0.4),
                 (0.7, 0.24, 0.66, 0.34)), (-0.55, 0.65)),
    "claw": (((-0.8, -0.5, 0.8, 0.5), (-0.3, -0.18, 0.95, 0.2), (0.25, 0.14, 0.9, -0.2),
              (0.75, 0.5, 0.7, -0.5)), (-1.2, 0.75)),
    "two": (((-0.7, -0.06, 1.05, 0.06), (-0.22, -0.02, 1.15, 0.02), (0.26, 0.1, 0.42, 0.9),
             (0.7, 0.14, 0.36, 0.9)), (-0.45, 0.5)),
    "curled": (((-0.72, 0.2, 0.62, 1.5), (-0.24, 0.24, 0.66, 1.5), (0.24, 0.28, 0.6, 1.5),
                (0.7, 0.3, 0.5, 1.5)), (-0.3, 0.6)),
    "pinch": (((-0.72, -0.5, 0.85, -0.35), (-0.24, 0.05, 0.62, 0.7), (0.24, 0.14, 0.55, 0.9),
               (0.7, 0.2, 0.46, 1.0)), (-1.0, 0.75)),
    "drooping": (((-0.72, -0.3, 0.9, 0.5), (-0.24, 0.0, 0.95, 0.6), (0.24, 0.18, 0.85, 0.65),
                  (0.7, 0.34, 0.68, 0.7)), (-0.8, 0.75)),
}  # fmt: skip
NAILED = 0.55
"""Length of a finger, in palms, from which it shows its nail."""
SLIGHT, THIN = 0.07, 2.5
"""Bends in radians, and fingers in pixels, below which fingers are drawn straight."""


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
    nails: Color | None = None,
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
        nails: their colour where the back of the hand is seen.
    """
    fingers, thumb = GESTURES[gesture]
    hand = _Hand(ink, x, y, size * 0.5, angle, skin, side, label, nails)
    hand.draw_thumb(*thumb)
    for finger in reversed(fingers):
        hand.draw_finger(*finger)
    hand.draw_palm()
    if gesture in ("fist", "point", "peace", "two"):
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
    nails: Color | None

    @property
    def half(self) -> float:
        """Half the palm's width, pixels."""
        return self.palm * 0.44

    def at(self, along: float, across: float) -> tuple[float, float]:
        """Pixels from the wrist, along the hand and across it, to the picture."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across *= self.side
        return self.x + along * cos - across * sin, self.y + along * sin + across * cos

    def draw_thumb(self, bend: float, length: float) -> None:
        """Angle and length as in `GESTURES`."""
        palm, half = self.palm, self.half
        thick = half * 0.5
        root = self.at(palm * 0.22, -half * 0.55)
        knee = self.at(palm * (0.3 + 0.42 * length), -half * (0.8 + 0.9 * abs(math.sin(bend))))
        tip = self.at(
            palm * (0.3 + length * math.cos(bend) * 1.1),
            -half * 0.8 + palm * length * math.sin(bend) * 0.9,
        )
        path = shapes.limb([root, knee, tip], [thick * 1.9, thick * 1.15, thick * 0.72])
        self.ink.shape(path, self.skin, label=self.label)

    def draw_finger(self, across: float, spread: float, length: float, bend: float) -> None:
        """Place on the palm's edge, angle, length and bend as in `GESTURES`."""
        palm, root = self.palm, across * self.half * 0.86
        thick, reach = self.half * 0.5, palm * length
        spots = [(palm * 0.86, root)]
        for share, turn in ((0.5, spread), (0.5, spread + bend)):
            along, beside = spots[-1]
            step = share * reach
            spots.append((along + step * math.cos(turn), beside + step * math.sin(turn)))
        joints = [self.at(*spot) for spot in spots]
        if abs(bend) < SLIGHT or thick < THIN:
            joints = [joints[0], joints[-1]]
        widths = [thick * 1.02, thick * 0.94, thick * 0.66][: len(joints)]
        widths[-1] = thick * 0.66
        path = shapes.limb(joints, widths)
        self.ink.shape(path, self.skin, label=self.label, line=0.8, shade=0.6)
        if self.nails and length > NAILED and thick > 4:
            self._draw_nail(spots[-1], spread + bend, thick)

    def _draw_nail(self, tip: tuple[float, float], turn: float, thick: float) -> None:
        along, beside = tip
        cos, sin = math.cos(turn), math.sin(turn)
        rim = [(-0.22, -0.2), (0.3, -0.17), (0.46, 0), (0.3, 0.17), (-0.22, 0.2)]
        spots = [
            self.at(along + thick * (a * cos - b * sin), beside + thick * (a * sin + b * cos))
            for a, b in rim
        ]
        color = self.nails or self.skin
        self.ink.shape(shapes.smooth(spots), color, label=self.label, line=0.4, shade=0)

    def draw_palm(self) -> None:
        """Over the roots of the fingers, with its two edges."""
        palm, half, at = self.palm, self.half, self.at
        outline = [
            at(-palm * 0.12, -half * 0.6),
            at(palm * 0.35, -half * 0.98),
            at(palm * 0.9, -half * 1.0),
            at(palm * 1.0, 0),
            at(palm * 0.88, half * 1.0),
            at(palm * 0.3, half * 0.9),
            at(-palm * 0.12, half * 0.58),
        ]
        self.ink.shape(shapes.smooth(outline), self.skin, label=self.label, line=0, shade=0.6)
        edge = [at(palm * 0.95, half), at(palm * 0.4, half * 0.93), at(0, half * 0.62)]
        self.ink.stroke(shapes.smooth(edge, closed=False), 0.8, label=self.label)
        near = [at(palm * 0.92, -half), at(palm * 0.62, -half * 1.0)]
        self.ink.stroke(shapes.polygon(near, closed=False), 0.8, label=self.label)
        if palm > 24:
            creases = skia.Path()
            for across in (-0.5 * half, 0.0, 0.5 * half):
                creases.moveTo(*at(palm * 0.92, across))
                creases.lineTo(*at(palm * 1.04, across * 1.04))
            self.ink.stroke(creases, 0.6, self.ink.look.ink(self.skin), label=self.label)

    def draw_knuckles(self) -> None:
        """Lines between bent fingers."""
        path = skia.Path()
        for across in (-0.45 * self.half, 0.0, 0.45 * self.half):
            path.moveTo(*self.at(self.palm * 0.86, across))
            path.lineTo(*self.at(self.palm * 1.05, across))
        self.ink.stroke(path, 0.6, darker(self.skin, 0.8), label=self.label)


def nail_color(skin: Color, painted: Color | None = None) -> Color:
    """Nails as they grow, or as they are painted."""
    return painted if painted is not None else mix(skin, (255, 214, 214), 0.6)

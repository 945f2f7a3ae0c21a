"""The frame that things before a face are drawn in: face boxes, with the face's own points.

Places are in face boxes: (0, 0) is the middle of the box, v -0.5 its top (the hairline's
neighbourhood) and 0.5 the chin, u to the picture's right. The frame leans as the head does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth import shapes
from webtoon_curate.synth.figures.hands import draw_hand, nail_color
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, solid
from webtoon_curate.synth.shapes import Point

WHITE: Color = (250, 250, 250)
DARK: Color = (30, 28, 34)
SLEEVES, CUFFS, GLOVES, NAILS = 0.8, 0.2, 0.06, 0.12
"""Shares of arms in sleeves, of these with a white cuff, of hands in gloves, of painted nails."""
TURNED = 0.35
"""How far to a side the nose lies, half face widths, where people use the hand of the near side."""


@dataclass(frozen=True)
class Cover:
    """Something before a face.

    Attributes:
        kind: one of `covers.COVERS`.
        x, y: middle of the face box, pixels.
        face: its height, pixels.
        roll: of the head, degrees.
        skin, hair, cloth: the person's own colours.
        seed: of everything else.
    """

    kind: str
    x: float
    y: float
    face: float
    roll: float
    skin: Color
    hair: Color
    cloth: Color
    seed: int


class Frame:
    """A cover while it is drawn.

    Attributes:
        points: (68, 2) float64, the face's points in face boxes, iBUG order.
        mouth: middle of the lips.
        nose, bridge, chin: tip of the nose, its root between the eyes, and lowest point of the jaw.
        eyes: middles of both, the picture's left first.
        ears: where the jaw begins, the picture's left first.
        way: -1 to 1, how far to a side the face is turned; positive to the picture's right.
        glove, nails: colours of gloves and painted nails, where hands have them.
        side: -1 or 1, the side that this cover uses; of turned faces the near one.
    """

    def __init__(
        self, ink: Ink, cover: Cover, rng: np.random.Generator, points: NDArray[Any]
    ) -> None:
        self.ink, self.cover, self.rng = ink, cover, rng
        angle = math.radians(cover.roll)
        self.cos, self.sin = math.cos(angle) * cover.face, math.sin(angle) * cover.face
        self.skin = ink.look.tone(cover.skin, paper_from=90)
        self.points = self._inside(points)
        self.nose, self.bridge, self.chin, left, right = self.spots(30, 27, 8, 0, 16)
        self.ears, self.mouth = (left, right), self._middle(48, 60)
        self.eyes = self._middle(36, 42), self._middle(42, 48)
        turn = (2 * self.nose[0] - left[0] - right[0]) / max(abs(right[0] - left[0]), 1e-3)
        self.way = min(max(turn, -1.0), 1.0)
        self.glove = (WHITE if self.coin(0.5) else DARK) if self.coin(GLOVES) else None
        self.nails = self.color((0.4, 0.9), (0.4, 0.95)) if self.coin(NAILS) else None
        any_side = 1 if rng.random() < 0.5 else -1
        self.side = any_side if abs(self.way) < TURNED else (-1 if self.way > 0 else 1)

    def _inside(self, points: NDArray[Any]) -> NDArray[Any]:
        """The places of pixels, (n, 2)."""
        cover = self.cover
        off = (np.asarray(points, float) - (cover.x, cover.y)) / cover.face**2
        return off @ np.array([[self.cos, -self.sin], [self.sin, self.cos]])

    def spots(self, *numbers: int) -> list[Point]:
        """Some of the face's points."""
        return [(float(u), float(v)) for u, v in self.points[list(numbers)]]

    def _middle(self, first: int, stop: int) -> Point:
        u, v = self.points[first:stop].mean(0).tolist()
        return u, v

    def near(self, pair: tuple[Point, Point]) -> Point:
        """Of a pair, that on the cover's side."""
        return pair[(self.side + 1) // 2]

    def u(self, low: float, high: float) -> float:
        """A number, evenly from a range."""
        return float(self.rng.uniform(low, high))

    def coin(self, chance: float) -> bool:
        """Whether a chance comes true."""
        return bool(self.rng.random() < chance)

    def color(self, saturation: tuple[float, float], value: tuple[float, float]) -> Color:
        """Any hue."""
        return hsv(self.u(0, 1), self.u(*saturation), self.u(*value))

    def at(self, u: float, v: float) -> Point:
        """Pixels of a place."""
        c = self.cover
        return c.x + u * self.cos - v * self.sin, c.y + u * self.sin + v * self.cos

    def path(self, points: list[Point], smooth: bool = False) -> skia.Path:
        """The outline through places."""
        spots = [self.at(*p) for p in points]
        return shapes.smooth(spots) if smooth else shapes.polygon(spots)

    def shape(
        self,
        points: list[Point],
        color: Color,
        smooth: bool = False,
        line: float = 1.0,
        label: Label | None = None,
    ) -> None:
        """Fills and outlines a shape through places."""
        self.ink.shape(self.path(points, smooth), color, line=line, label=label)

    def oval(
        self, at: Point, wide: float, high: float, color: Color, line: float = 1.0,
        label: Label | None = None,
    ) -> None:  # fmt: skip
        """An ellipse of these half sides, leaning with the frame."""
        self.ink.shape(self.path(ring(at, wide, high), True), color, line=line, label=label)

    def line(
        self, points: list[Point], width: float = 0.7, color: Color | None = None,
        label: Label | None = None,
    ) -> None:  # fmt: skip
        """A smooth line through places."""
        path = shapes.smooth([self.at(*p) for p in points], closed=False)
        self.ink.stroke(path, width, color, label=label)

    def limb(
        self,
        points: list[Point],
        widths: list[float],
        color: Color,
        label: Label | None = None,
    ) -> None:
        """A tapering tube of these widths."""
        spots = [self.at(*p) for p in points]
        path = shapes.limb(spots, [w * self.cover.face for w in widths])
        self.ink.shape(path, color, label=label)

    def band(
        self, points: list[Point], wide: float, color: Color, label: Label | None = None
    ) -> None:
        """A strip of cloth of one width through places, with lines along its edges only."""
        edges = [[(u, v + k * wide) for u, v in points] for k in (-0.5, 0.5)]
        self.shape(edges[0] + edges[1][::-1], color, line=0, label=label)
        for edge in edges:
            path = shapes.polygon([self.at(*p) for p in edge], closed=False)
            self.ink.stroke(path, 0.8, label=label)

    def face_outline(self) -> skia.Path:
        """Jaw and forehead."""
        (left, high), (right, low) = self.ears
        top = [(right, low - 0.25), (0.6 * right, -0.62), (0.6 * left, -0.62), (left, high - 0.25)]
        return self.path(self.spots(*range(17)) + top)

    def lock(self, points: list[Point], widths: list[float], color: Color) -> None:
        """A strand of the person's hair through places, of these widths in pixels."""
        path = shapes.limb([self.at(*p) for p in points], widths)
        self.ink.painter.fill(path, solid(color), Label.HAIR)
        self.ink.stroke(path, 0.35, self.ink.look.ink(color), label=Label.HAIR)

    def hand(self, wrist: Point, tip: Point, size: float, gesture: str, side: int) -> None:
        """A hand with forearm and sleeve from below; its fingers point to `tip`."""
        du, dv = tip[0] - wrist[0], tip[1] - wrist[1]
        reach = max(math.hypot(du, dv), 1e-6)
        du, dv = du / reach * size, dv / reach * size
        low = (wrist[0] - 2.2 * du + self.u(-0.2, 0.2), wrist[1] - 1.6 * dv + 0.7)
        arm = (wrist[0] - 0.5 * du, wrist[1] - 0.5 * dv)
        self._arm([low, arm, wrist], size, self.skin, self.cover.cloth)
        self.palm(wrist, (du, dv), size, gesture, side)

    def _arm(self, joints: list[Point], size: float, skin: Color, cloth: Color) -> None:
        """A forearm through elbow, middle and wrist, most often in a sleeve up to the middle."""
        self.limb(joints, [0.46 * size, 0.38 * size, 0.27 * size], skin)
        if not self.coin(SLEEVES):
            return
        ends = joints[:2]
        if self.coin(CUFFS):
            (u, v), (eu, ev) = ends[1], joints[2]
            self.limb([(u, v), (u + 0.35 * (eu - u), v + 0.35 * (ev - v))], [0.44 * size] * 2,
                      WHITE)  # fmt: skip
        self.limb(ends, [0.62 * size, 0.5 * size], cloth)

    def palm(
        self, wrist: Point, along: Point, size: float, gesture: str, side: int,
        skin: Color | None = None,
    ) -> None:  # fmt: skip
        """A hand without an arm; `along` is the direction of its fingers."""
        (x, y), (tx, ty) = self.at(*wrist), self.at(wrist[0] + along[0], wrist[1] + along[1])
        angle, skin = math.atan2(ty - y, tx - x), skin or self.skin
        nails = self.nails or nail_color(skin)
        if self.glove:
            skin = nails = self.glove
        size *= self.cover.face
        draw_hand(self.ink, x, y, size, angle, gesture, skin, side, None, nails)

    def reach(
        self,
        at: Point,
        turn: float,
        size: float,
        gesture: str,
        thumb: int,
        share: float,
        stranger: bool = False,
    ) -> None:
        """A hand of which a point lies at a place.

        Args:
            at: the place.
            turn: where the fingers point: degrees clockwise from the picture's right.
            size: of the hand, face boxes.
            gesture: one of `hands.GESTURES`.
            thumb: 1 with the thumb anticlockwise of the fingers, -1 mirrored.
            share: how far along the hand the point lies, from the wrist 0 to the tips 1.
            stranger: it is somebody else's, with the arm straight behind it.
        """
        angle = math.radians(turn)
        du, dv = math.cos(angle) * size, math.sin(angle) * size
        wrist = (at[0] - share * du, at[1] - share * dv)
        skin, cloth = self.skin, self.cover.cloth
        elbow = (wrist[0] - 1.3 * du + self.u(-0.2, 0.2), wrist[1] - dv + 1.5 * size)
        if stranger:
            skin = self.ink.look.tone(mix((255, 226, 206), (150, 100, 76), self.u(0, 1) ** 2), 90)
            cloth = self.color((0, 0.7), (0.08, 0.95))
            elbow = (wrist[0] - 3 * du, wrist[1] - 3 * dv + self.u(0, 0.6))
        middle = (wrist[0] - 0.5 * du, wrist[1] - 0.5 * dv)
        self._arm([elbow, middle, wrist], size, skin, cloth)
        self.palm(wrist, (du, dv), size, gesture, thumb, skin)

    def fingers(self, at: Point, into: int, long: float = 0.16, pitch: float = 0.085) -> None:
        """Four fingers that come over an edge at a place; `into` 1 to the picture's right."""
        for i in range(4):
            v = at[1] + pitch * (i - 1.5)
            back = 0.75 if i == 3 else 1.0
            ends = [(at[0] - into * 0.05, v + 0.02), (at[0] + into * long * back, v)]
            self.limb(ends, [0.095, 0.075], self.glove or self.skin)

    def holding(self, at: Point, side: int, size: float = 0.6) -> None:
        """Forearm and palm behind something held at a place, from below at a side."""
        wrist = (at[0] + side * 0.2, at[1] + 0.42 * size + 0.1)
        elbow = (wrist[0] + side * self.u(0.3, 0.7), wrist[1] + 1.3)
        middle = (wrist[0] + side * 0.12, wrist[1] + 0.3)
        self._arm([elbow, middle, wrist], size, self.skin, self.cover.cloth)
        self.palm(wrist, (at[0] - wrist[0], at[1] - wrist[1]), size, "relaxed", side)


Kinds = dict[str, tuple[Callable[[Frame], None], float]]
"""Covers: how each is drawn, and how often it comes."""


def ring(at: Point, wide: float, high: float, count: int = 12) -> list[Point]:
    """Places around an ellipse of these half sides."""
    angles = [2 * math.pi * i / count for i in range(count)]
    return [(at[0] + wide * math.cos(a), at[1] + high * math.sin(a)) for a in angles]

"""Things before faces: hands, arms, phones, books, scarves, brims, doors, leaves, other heads.

A cover is planned around a face and drawn over everybody. Places are in face boxes: (0, 0) is the
middle of the box, v -0.5 its top (the hairline's neighbourhood) and 0.5 the chin, u to the
picture's right; eyes lie at about v -0.12, the mouth at 0.27. The frame leans as the head does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.distractors import draw_distractor
from webtoon_curate.synth.hands import draw_hand
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, linear, mix, solid
from webtoon_curate.synth.shapes import Point

WHITE: Color = (250, 250, 250)
BRIM = "brim"
"""The cover that is a hat of the person behind it."""
SMALL_THINGS = ("flower", "cup", "cookie", "bird", "cat", "doll", "bowl")


@dataclass(frozen=True)
class Cover:
    """Something before a face.

    Attributes:
        kind: one of `COVERS`.
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


class _Frame:
    """A cover while it is drawn."""

    def __init__(self, ink: Ink, cover: Cover, rng: np.random.Generator) -> None:
        self.ink, self.cover, self.rng = ink, cover, rng
        angle = math.radians(cover.roll)
        self.cos, self.sin = math.cos(angle) * cover.face, math.sin(angle) * cover.face
        self.skin = ink.look.tone(cover.skin, paper_from=90)
        self.side = 1 if rng.random() < 0.5 else -1

    def u(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def at(self, u: float, v: float) -> Point:
        c = self.cover
        return c.x + u * self.cos - v * self.sin, c.y + u * self.sin + v * self.cos

    def path(self, points: list[Point], smooth: bool = False) -> skia.Path:
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
        self.ink.shape(self.path(points, smooth), color, line=line, label=label)

    def line(self, points: list[Point], width: float = 0.7) -> None:
        self.ink.stroke(shapes.smooth([self.at(*p) for p in points], closed=False), width)

    def limb(self, points: list[Point], widths: list[float], color: Color) -> None:
        spots = [self.at(*p) for p in points]
        self.ink.shape(shapes.limb(spots, [w * self.cover.face for w in widths]), color)

    def hand(self, wrist: Point, tip: Point, size: float, gesture: str, side: int = 1) -> None:
        """A hand with forearm and sleeve, from the side away from the tip."""
        du, dv = tip[0] - wrist[0], tip[1] - wrist[1]
        reach = max(math.hypot(du, dv), 1e-6)
        du, dv = du / reach * size, dv / reach * size
        low = (wrist[0] - 2.2 * du + self.u(-0.2, 0.2), wrist[1] - 1.6 * dv + 0.7)
        arm = (wrist[0] - 0.5 * du, wrist[1] - 0.5 * dv)
        self.limb([low, arm, wrist], [0.42 * size, 0.36 * size, 0.27 * size], self.skin)
        (x, y), (tx, ty) = self.at(*wrist), self.at(wrist[0] + du, wrist[1] + dv)
        angle = math.atan2(ty - y, tx - x)
        draw_hand(self.ink, x, y, size * self.cover.face, angle, gesture, self.skin, side, None)
        if self.rng.random() < 0.8:
            self.limb([low, arm], [0.62 * size, 0.5 * size], self.cover.cloth)


def _hand_mouth(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.4, 0.6), f.u(0.4, 0.7)), (-s * 0.2, 0.24), f.u(0.6, 0.85), "flat", -s)


def _hand_eyes(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.5, 0.7), f.u(0.1, 0.5)), (-s * 0.2, f.u(-0.25, -0.05)), f.u(0.75, 1.0),
           "flat" if f.rng.random() < 0.6 else "relaxed", -s)  # fmt: skip


def _hand_cheek(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.3, 0.5), f.u(0.6, 0.8)), (s * f.u(0.2, 0.4), -0.2), f.u(0.65, 0.9),
           "relaxed" if f.rng.random() < 0.5 else "flat", s)  # fmt: skip


def _hand_brow(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.5, 0.7), f.u(-0.1, 0.2)), (-s * 0.2, f.u(-0.45, -0.25)), f.u(0.65, 0.9),
           "flat", -s)  # fmt: skip


def _both_hands(f: _Frame) -> None:
    high = f.u(-0.25, 0.1)
    for s in (-1, 1):
        wrist = (s * f.u(0.22, 0.4), high + f.u(0.55, 0.7))
        f.hand(wrist, (s * f.u(0.05, 0.2), high), f.u(0.6, 0.8), "flat", s)


def _fist(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.1, 0.35), f.u(0.55, 0.8)), (s * 0.05, 0.15), f.u(0.5, 0.7), "fist", s)


def _point(f: _Frame) -> None:
    s = f.side
    f.hand((s * f.u(0.15, 0.4), f.u(0.65, 0.85)), (s * 0.02, 0.2), f.u(0.5, 0.7), "point", s)


def _arm(f: _Frame) -> None:
    s, high = f.side, f.u(-0.3, 0.45)
    color = f.cover.cloth if f.rng.random() < 0.7 else f.skin
    ends = [(s * 1.3, high + f.u(0.1, 0.7)), (s * 0.3, high + f.u(-0.05, 0.15)), (-s * 0.75, high)]
    thick = f.u(0.24, 0.4)
    f.limb(ends, [1.2 * thick, thick, 0.75 * thick], color)
    (x, y), (tx, ty) = f.at(*ends[2]), f.at(-s * 1.4, high - 0.05)
    angle = math.atan2(ty - y, tx - x)
    draw_hand(f.ink, x, y, 0.6 * f.cover.face, angle, "relaxed", f.skin, s, None)


def _phone(f: _Frame) -> None:
    s = f.side
    u, v, w, h = s * f.u(0.0, 0.3), f.u(-0.15, 0.3), f.u(0.15, 0.22), f.u(0.3, 0.4)
    case = hsv(f.u(0, 1), f.u(0, 0.6), f.u(0.08, 0.95))
    f.hand((u + s * 0.2, v + 0.62), (u + s * 0.05, v), 0.7, "relaxed", s)
    lean = f.u(-0.12, 0.12)
    f.shape([(u - w + lean, v - h), (u + w + lean, v - h), (u + w, v + h), (u - w, v + h)], case)
    x, y = f.at(u - w * 0.5 + lean, v - h * 0.75)
    f.ink.shape(shapes.ellipse(x, y, 0.05 * f.cover.face), (30, 30, 36), line=0.5)
    for i in range(4):
        y0 = v + h * (0.05 + 0.22 * i)
        ends = [(u + s * (w + 0.03), y0 + 0.05), (u + s * w * 0.45, y0)]
        f.limb(ends, [0.1, 0.08], f.skin)


def _cup(f: _Frame) -> None:
    s, size = f.side, f.u(0.45, 0.65)
    x, y = f.at(s * f.u(0.0, 0.15), f.u(0.3, 0.42))
    draw_distractor(f.ink, f.rng, x, y, size * f.cover.face, "cup")
    f.hand((s * 0.45, 0.85), (s * 0.05, 0.4), 0.55, "relaxed", s)


def _book(f: _Frame) -> None:
    top, wide, color = f.u(-0.1, 0.25), f.u(0.5, 0.75), hsv(f.u(0, 1), f.u(0.2, 0.8), f.u(0.3, 0.9))
    for s in (-1, 1):
        f.shape([(0, top + 0.06), (s * wide, top), (s * wide, top + 0.85), (0, top + 0.92)], color)
        f.shape([(s * wide * 0.2, top + 0.25), (s * wide * 0.8, top + 0.22),
                 (s * wide * 0.8, top + 0.34), (s * wide * 0.2, top + 0.37)],
                mix(color, WHITE, 0.7), line=0.5)  # fmt: skip
    for s in (-1, 1):
        for i in range(4):
            v = top + 0.4 + 0.1 * i
            f.limb([(s * (wide + 0.06), v), (s * (wide - 0.14), v - 0.02)], [0.1, 0.08], f.skin)


def _scarf(f: _Frame) -> None:
    top, wide = f.u(0.08, 0.32), f.u(0.5, 0.62)
    color = f.cover.cloth if f.rng.random() < 0.5 else hsv(f.u(0, 1), f.u(0, 0.8), f.u(0.1, 0.95))
    edge = [(-wide, top - 0.06), (-0.3, top + 0.03), (0, top + 0.06), (0.3, top + 0.02),
            (wide, top - 0.04)]  # fmt: skip
    low = [(wide * 1.15, 0.55), (wide * 1.25, 0.95), (0, 1.1), (-wide * 1.25, 0.95),
           (-wide * 1.15, 0.55)]  # fmt: skip
    f.shape(edge + low, color, smooth=True)
    for i in range(3):
        v = top + 0.18 + 0.17 * i + f.u(-0.03, 0.03)
        f.line(
            [(-wide * f.u(0.6, 1), v - 0.05), (f.u(-0.1, 0.1), v + 0.06), (wide * 0.9, v - 0.07)]
        )


def _collar(f: _Frame) -> None:
    """Stiff coat collars that stand before chin and cheeks."""
    high = f.u(-0.05, 0.25)
    for s in (-1, 1):
        leaf = [(s * 0.05, 0.62), (s * f.u(0.12, 0.3), high + 0.12), (s * 0.58, high - 0.12),
                (s * 0.75, 0.5), (s * 0.6, 1.0), (s * 0.05, 1.0)]  # fmt: skip
        f.shape(leaf, f.cover.cloth)


def _mask(f: _Frame) -> None:
    color = WHITE if f.rng.random() < 0.5 else (26, 26, 30)
    top = f.u(0.05, 0.12)
    f.shape([(-0.42, top - 0.04), (0, top - 0.07), (0.42, top - 0.04), (0.36, 0.36), (0.15, 0.52),
             (-0.15, 0.52), (-0.36, 0.36)], color)  # fmt: skip
    for v in (0.2, 0.32):
        f.line([(-0.33, v - 0.03), (0, v + 0.03), (0.33, v - 0.03)], 0.5)


def _brim(f: _Frame) -> None:
    """A wide hat pulled down over brows or eyes, and its shadow."""
    color = f.cover.cloth if f.rng.random() < 0.4 else hsv(f.u(0, 1), f.u(0, 0.7), f.u(0.1, 0.9))
    edge, wide, tilt = f.u(-0.3, 0.06), f.u(0.6, 1.3), f.u(-0.15, 0.15)
    dip = f.u(-0.12, 0.2)
    under = [(-0.5, edge), (0.5, edge), (0.42, edge + f.u(0.1, 0.4)), (-0.42, edge + 0.15)]
    f.ink.painter.fill(f.path(under, smooth=True), solid((30, 20, 50), f.u(0.1, 0.6)))
    top, high = 0.7 * min(wide, 0.8), edge - f.u(0.5, 1.3)
    crown = [(-top, edge - 0.1 - tilt), (-0.7 * top, high), (0.7 * top, high - 0.05),
             (top, edge - 0.1 + tilt)]  # fmt: skip
    f.shape(crown, color, label=Label.HAT)
    f.shape([(-wide, edge - dip - tilt), (-0.5 * wide, edge - 0.2 - 0.6 * tilt),
             (0.5 * wide, edge - 0.2 + 0.6 * tilt), (wide, edge - dip + tilt),
             (0.5 * wide, edge + 0.5 * tilt), (-0.5 * wide, edge - 0.5 * tilt)],
            darker(color, 0.2), smooth=True, label=Label.HAT)  # fmt: skip


def _gloom(f: _Frame) -> None:
    """A shadow, or hatching, that falls over the upper face and leaves little of the eyes."""
    low, color = f.u(-0.05, 0.25), mix((10, 10, 14), f.cover.hair, f.u(0, 0.5))
    rim = [(-0.5, -0.45), (0.5, -0.45), (0.52, low - 0.1), (0, low + 0.05), (-0.52, low - 0.1)]
    if f.rng.random() < 0.3:
        for u in np.arange(-0.45, 0.45, f.u(0.03, 0.08)):
            f.line([(u, -0.6), (u, low * f.u(0.2, 1.0))], f.u(0.4, 0.9))
        return
    soft = linear(f.at(0, -0.5), f.at(0, low), (color, color), (f.u(0.8, 1), f.u(0.1, 0.9)))
    f.ink.painter.fill(f.path(rim, smooth=True), soft)


def _blindfold(f: _Frame) -> None:
    high, wide = f.u(0.07, 0.17), f.u(0.45, 0.6)
    color = WHITE if f.rng.random() < 0.4 else hsv(f.u(0, 1), f.u(0, 0.7), f.u(0.05, 0.8))
    f.shape([(-wide, -0.2 - high), (0, -0.13 - high), (wide, -0.2 - high), (wide, high - 0.16),
             (0, high - 0.07), (-wide, high - 0.16)], color, smooth=True)  # fmt: skip
    for v in (-0.18, -0.1):
        f.line([(-0.9 * wide, v - 0.05), (0, v + 0.03), (0.9 * wide, v - 0.05)], 0.4)


def _blanket(f: _Frame) -> None:
    """Bedding, or a table's edge, up to the mouth or the nose."""
    top, color = f.u(0.0, 0.35), hsv(f.u(0, 1), f.u(0, 0.6), f.u(0.3, 1))
    edge = [(u, top + f.u(-0.05, 0.05)) for u in np.linspace(-1.4, 1.4, 7)]
    f.shape([*edge, (1.6, 2.4), (-1.6, 2.4)], color, smooth=f.rng.random() < 0.7)
    for _ in range(int(f.rng.integers(0, 5))):
        u = f.u(-1, 1)
        f.line([(u, top + 0.2), (u + f.u(-0.2, 0.2), top + 0.6), (u * 1.3, top + 1.2)])


def _head(f: _Frame) -> None:
    """Hair and shoulder of somebody nearer, from behind."""
    s, size = f.side, f.u(0.6, 1.1)
    u, v = s * (size * 0.75 + f.u(-0.2, 0.2)), f.u(0.25, 0.75)
    hair = hsv(f.u(0, 0.15), f.u(0.1, 0.6), f.u(0.08, 0.6))
    cloth = hsv(f.u(0, 1), f.u(0, 0.7), f.u(0.1, 0.9))
    trunk = [(-0.95, 1.0), (0, 0.7), (0.95, 1.0), (1.2, 3.0), (-1.2, 3.0)]
    f.shape([(u + a * size, v + b * size) for a, b in trunk], cloth, smooth=True)
    count = 13
    angles = [2 * math.pi * i / count for i in range(count)]
    rim = [(u + 0.62 * size * math.cos(a) * f.u(0.9, 1.1),
            v + (0.72 + 0.2 * (math.sin(a) > 0)) * size * math.sin(a) * f.u(0.9, 1.1))
           for a in angles]  # fmt: skip
    f.shape(rim, hair, smooth=True)
    for i in range(5):
        a = 0.35 * (i - 2) + f.u(-0.1, 0.1)
        spots = [
            (u + r * size * math.sin(a), v - 0.55 * size + 1.1 * r * size) for r in (0.1, 0.5, 0.9)
        ]
        f.ink.stroke(shapes.smooth([f.at(*p) for p in spots], closed=False), 0.7, darker(hair, 0.8))


def _bars(f: _Frame) -> None:
    color = hsv(f.u(0, 1), f.u(0, 0.4), f.u(0.1, 0.8))
    flat, wide, gap = f.rng.random() < 0.3, f.u(0.07, 0.22), f.u(0.35, 0.8)
    first = f.u(-0.3, 0.3)
    for i in range(-2, 3):
        u = first + i * gap
        box = [(u, -3.0), (u + wide, -3.0), (u + wide, 3.0), (u, 3.0)]
        f.shape([(b, a) for a, b in box] if flat else box, color)


def _door(f: _Frame) -> None:
    """The edge of a wall or door that hides one side."""
    s, edge = f.side, f.u(-0.15, 0.3)
    color = hsv(f.u(0, 1), f.u(0, 0.5), f.u(0.15, 0.95))
    f.shape([(s * edge, -4.0), (s * 5, -4.0), (s * 5, 4.0), (s * edge, 4.0)], color)
    f.shape([(s * edge, -4.0), (s * (edge + 0.12), -4.0), (s * (edge + 0.12), 4.0),
             (s * edge, 4.0)], darker(color, 0.3), line=0.7)  # fmt: skip
    if f.rng.random() < 0.5:
        for i in range(4):
            v = 0.25 + 0.11 * i
            f.limb([(s * (edge + 0.12), v), (s * (edge - 0.06), v + 0.02)], [0.1, 0.08], f.skin)


def _leaves(f: _Frame) -> None:
    color = hsv(f.u(0.2, 0.42), f.u(0.2, 0.8), f.u(0.2, 0.8))
    s = f.side
    root, tip = (s * 0.9, f.u(-0.8, 0.9)), (-s * f.u(0, 0.4), f.u(-0.3, 0.4))
    for i in range(int(f.rng.integers(5, 12))):
        t, turn, long = f.u(0, 1), f.u(0, 2 * math.pi), f.u(0.18, 0.4)
        u, v = root[0] + (tip[0] - root[0]) * t, root[1] + (tip[1] - root[1]) * t
        du, dv = long * math.cos(turn), long * math.sin(turn)
        leaf = [(u, v), (u + 0.5 * du - 0.3 * dv, v + 0.5 * dv + 0.3 * du), (u + du, v + dv),
                (u + 0.5 * du + 0.3 * dv, v + 0.5 * dv - 0.3 * du)]  # fmt: skip
        f.shape(leaf, mix(color, WHITE if i % 2 else (20, 40, 30), 0.15), smooth=True)


def _strands(f: _Frame) -> None:
    """The person's own hair blown or fallen across the face."""
    s, start = f.side, f.u(-0.7, -0.4)
    color = f.ink.tone(f.cover.hair)
    for _ in range(int(f.rng.integers(3, 9))):
        u, end, v = s * f.u(-0.1, 0.55), -s * f.u(-0.3, 0.6), f.u(0.0, 0.6)
        ends = [(u, start + f.u(-0.1, 0.1)), ((u + end) / 2 + s * f.u(0, 0.2), v * 0.4), (end, v)]
        wide = f.u(0.015, 0.08) * f.cover.face
        path = shapes.limb([f.at(*p) for p in ends], [wide, 0.8 * wide, 0.5])
        f.ink.painter.fill(path, solid(color), Label.HAIR)
        f.ink.stroke(path, 0.35, f.ink.look.ink(color), label=Label.HAIR)


def _thing(f: _Frame) -> None:
    x, y = f.at(f.u(-0.35, 0.35), f.u(0.0, 0.5))
    name = SMALL_THINGS[f.rng.integers(len(SMALL_THINGS))]
    draw_distractor(f.ink, f.rng, x, y, f.cover.face * f.u(0.35, 0.7), name)


def _blood(f: _Frame) -> None:
    """Runs and splashes that colour a face and hide nothing."""
    color = f.ink.tone((150, 16, 24)) if f.rng.random() < 0.75 else f.ink.tone((236, 244, 252))
    for _ in range(int(f.rng.integers(1, 5))):
        u, v, long = f.u(-0.35, 0.35), f.u(-0.45, 0.2), f.u(0.15, 0.6)
        ends = [(u, v), (u + f.u(-0.04, 0.04), v + 0.5 * long), (u + f.u(-0.06, 0.06), v + long)]
        wide = f.u(0.02, 0.06) * f.cover.face
        path = shapes.limb([f.at(*p) for p in ends], [1.3 * wide, wide, 0.8 * wide])
        f.ink.painter.fill(path, solid(color, 0.92))
    for _ in range(int(f.rng.integers(2, 14))):
        x, y = f.at(f.u(-0.4, 0.4), f.u(-0.5, 0.5))
        path = shapes.ellipse(x, y, f.u(0.006, 0.035) * f.cover.face)
        f.ink.painter.fill(path, solid(color, 0.92))


COVERS: dict[str, tuple[Callable[[_Frame], None], float]] = {
    "hand on mouth": (_hand_mouth, 9), "hand on eyes": (_hand_eyes, 6),
    "hand on cheek": (_hand_cheek, 8), "hand on brow": (_hand_brow, 5),
    "both hands": (_both_hands, 4), "fist": (_fist, 4), "finger": (_point, 3), "arm": (_arm, 5),
    "phone": (_phone, 6), "cup": (_cup, 4), "book": (_book, 4), "scarf": (_scarf, 6),
    "collar": (_collar, 4), "mask": (_mask, 4), "head": (_head, 10), "bars": (_bars, 3),
    "door": (_door, 5), "leaves": (_leaves, 4), "strands": (_strands, 8), "thing": (_thing, 4),
    "blood": (_blood, 4), BRIM: (_brim, 6), "gloom": (_gloom, 5), "blindfold": (_blindfold, 3),
    "blanket": (_blanket, 4),
}  # fmt: skip
"""How each is drawn, and how often it comes."""


def sample_cover(rng: np.random.Generator) -> str:
    """A kind of cover."""
    weights = np.array([weight for _, weight in COVERS.values()])
    return str(rng.choice(list(COVERS), p=weights / weights.sum()))


def draw_cover(ink: Ink, cover: Cover) -> None:
    """Draw something before a face; its pixels get the ink's label, strands of hair `HAIR`."""
    COVERS[cover.kind][0](_Frame(ink, cover, np.random.default_rng(cover.seed)))

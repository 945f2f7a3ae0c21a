"""Heads of animals and monsters, no two alike: what readers of faces must tell from people.

They have all that a face has, in other places: eyes as people's, a muzzle or a beak for nose and
mouth, ears on top, fur, horns, patches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import between, pick
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.shapes import Box, Point

WHITE: Color = (250, 250, 250)
DARK: Color = (30, 26, 32)
FURS: tuple[Color, ...] = (
    (226, 150, 84), (150, 100, 66), (96, 70, 56), (60, 56, 62), (128, 128, 134), (236, 228, 214),
    (206, 180, 140), (178, 84, 54),
)  # fmt: skip
"""Of animals; monsters have any color."""
MONSTER = 0.35
"""Share whose color no animal has."""
PROFILE = 0.25
"""Share seen from the side."""
EARS = {"pointed": 4, "round": 2, "long": 1.5, "floppy": 2, "horns": 2, "fins": 1, "none": 1}
EYES = {"bead": 2, "slit": 2, "cartoon": 3, "big": 4, "closed": 1, "glow": 1}
FRONTS = {"muzzle": 6, "beak": 1.5, "nostrils": 1.5}
MONSTER_FRONTS = FRONTS | {"flat": 4}
"""Animals without a nose would be people with ears."""


@dataclass(frozen=True)
class _Head:
    """Where a head is and whose.

    Places on it are in half head sizes from its middle, b downwards.

    Attributes:
        x, y: its middle, pixels.
        r: half its height, pixels.
        wide: its width in heights.
        turn: -0.3 to 0.3, how far to a side it is turned.
        fur, pale: colors of the head, and of muzzle and patches.
        monster: whether no animal has its color.
    """

    x: float
    y: float
    r: float
    wide: float
    turn: float
    fur: Color
    pale: Color
    monster: bool

    def at(self, a: float, b: float, turned: float = 0.0) -> Point:
        """Pixels of a place; `turned` is how far it moves as the head turns: 1 on a muzzle."""
        return self.x + (a * self.wide + turned * self.turn) * self.r, self.y + b * self.r

    def all(self, *places: Point, side: int = 1, turned: float = 0.0) -> list[Point]:
        """Pixels of places, of those of the other side with `side` -1."""
        return [self.at(side * a, b, turned) for a, b in places]


def beast(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> Box:
    """Draws a head about `size` px large around (x, y), and often what it sits on.

    Returns:
        x, y, width, height of the head without ears: where a detector would see a face.
    """
    fur, monster = FURS[rng.integers(len(FURS))], bool(rng.random() < MONSTER)
    if monster:
        fur = hsv(rng.uniform(), between(rng, 0.1, 0.8), between(rng, 0.3, 0.95))
    fur = mix(fur, hsv(rng.uniform(), 0.4, 0.8), between(rng, 0, 0.2))
    pale = mix(fur, WHITE, between(rng, 0.2, 0.9)) if rng.random() < 0.7 else darker(fur, 0.4)
    wide, turn = between(rng, 0.8, 1.25), between(rng, -0.3, 0.3)
    head = _Head(x, y, size / 2, wide, turn, fur, pale, monster)
    if rng.random() < 0.7:
        body = head.at(between(rng, -0.6, 0.6), between(rng, 1.3, 1.9))
        rx, ry = head.r * between(rng, 0.7, 1.5), head.r * between(rng, 0.9, 1.5)
        ink.shape(shapes.blob(rng, *body, rx, ry, 9, 0.08), fur)
    (_profile if rng.random() < PROFILE else _front)(ink, rng, head)
    return x - head.r * head.wide, y - head.r, 2 * head.r * head.wide, 2 * head.r


def _front(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    _ears(ink, rng, head)
    ink.shape(_outline(rng, head), head.fur)
    _patches(ink, rng, head)
    gap, height = between(rng, 0.32, 0.62), between(rng, -0.35, 0.08)
    large, kind = between(rng, 0.1, 0.3), pick(rng, EYES)
    iris = hsv(rng.uniform(), between(rng, 0.3, 0.9), between(rng, 0.4, 0.95))
    temper = between(rng, -0.4, 0.4)
    front = pick(rng, MONSTER_FRONTS if head.monster else FRONTS)
    for side in (-1, 1):
        _eye(ink, head.at(side * gap, height, 0.8), large * head.r, side, kind, iris, temper)
    if rng.random() < 0.35:
        _brows(ink, rng, head, gap, height - large * 1.5, temper)
    _FRONTS[front](ink, rng, head)
    if front == "muzzle" and rng.random() < 0.4:
        _whiskers(ink, rng, head)
    if rng.random() < 0.3:
        _tuft(ink, rng, head)


def _outline(rng: np.random.Generator, head: _Head) -> skia.Path:
    """Round, broad in the cheeks or narrow in the chin, smooth or with tufts."""
    cheeks, chin, crown = between(rng, -0.1, 0.25), between(rng, -0.3, 0.15), rng.uniform(-0.2, 0.1)
    tufted = rng.random() < 0.4
    points = []
    for i in range(24):
        angle = 2 * math.pi * i / 24
        cos, sin = math.cos(angle), math.sin(angle)
        reach = 1 + cheeks * max(0, math.cos(2 * (abs(angle - math.pi) - 2.6)))
        reach += chin * max(sin, 0) ** 3 + crown * max(-sin, 0) ** 3
        if tufted and -0.2 < sin < 0.8 and i % 2:
            reach *= 1.14
        points.append(head.at(cos * reach, sin * reach))
    return shapes.polygon(points) if tufted else shapes.smooth(points[::2])


def _ears(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    kind = pick(rng, EARS)
    spread, tall = between(rng, 0.45, 0.8), between(rng, 0.5, 1.0)
    color = head.fur if rng.random() < 0.7 else darker(head.fur, 0.5)
    inner = mix(head.fur, (240, 150, 150), 0.5)
    bow = between(rng, -0.4, 0.6) if kind == "horns" else 0.0
    for side in (-1, 1):
        if kind == "pointed":
            ear = [(spread - 0.35, -0.7), (spread + 0.1, -0.8 - tall), (spread + 0.3, -0.4)]
            small = [(spread - 0.2, -0.75), (spread + 0.08, -0.6 - tall), (spread + 0.2, -0.5)]
            ink.shape(shapes.polygon(head.all(*ear, side=side)), color)
            ink.shape(shapes.polygon(head.all(*small, side=side)), inner, line=0)
        elif kind == "round":
            at = head.at(side * spread, -0.8)
            ink.shape(shapes.ellipse(*at, head.r * 0.4 * tall), color)
            ink.shape(shapes.ellipse(*at, head.r * 0.22 * tall), inner)
        elif kind in ("long", "floppy"):
            tip = (spread + 0.1, -1.2 - tall) if kind == "long" else (1.1, 0.2 + tall / 2)
            bend = ((spread + tip[0]) / 2 + 0.2, (tip[1] - 0.8) / 2)
            joints = head.all((spread - 0.1, -0.65), bend, tip, side=side)
            ink.shape(shapes.limb(joints, [head.r * w for w in (0.3, 0.5, 0.25)]), color)
        elif kind == "horns":
            joints = [(spread, -0.7), (spread + bow, -0.9 - tall / 2), (spread, -0.9 - tall)]
            widths = [head.r * w for w in (0.3, 0.2, 0.05)]
            ink.shape(shapes.limb(head.all(*joints, side=side), widths), (214, 200, 170))
        elif kind == "fins":
            fin = [(0.85, -0.5), (1.5, -0.7), (1.25, -0.2), (1.5, 0.1), (1.15, 0.2), (0.9, 0.3)]
            ink.shape(shapes.polygon(head.all(*fin, side=side)), inner)


def _patches(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    """Stripes on the forehead, a pale mask, dark surroundings of the eyes, a blaze, or nothing."""
    kind = rng.integers(7)
    if kind == 0:
        for a in (-0.25, 0, 0.25):
            stripe = [head.at(a, -0.95, 0.3), head.at(a * 0.7, -0.45, 0.5)]
            ink.stroke(shapes.polygon(stripe, closed=False), 3.0, darker(head.fur, 0.7))
    elif kind == 1:
        ink.shape(shapes.ellipse(*head.at(0, 0.15, 0.4), head.r * 0.7), head.pale, line=0)
    elif kind == 2:
        for side in (-1, 1):
            at = head.at(side * 0.45, -0.1, 0.8)
            ink.shape(shapes.ellipse(*at, head.r * 0.32, head.r * 0.36), darker(head.fur, 0.7),
                      line=0)  # fmt: skip
    elif kind == 3:
        blaze = [head.at(-0.12, -0.9, 0.4), head.at(0.12, -0.9, 0.4), head.at(0.2, 0.3, 0.8),
                 head.at(-0.2, 0.3, 0.8)]  # fmt: skip
        ink.shape(shapes.smooth(blaze), head.pale, line=0)


def _eye(ink: Ink, at: Point, r: float, side: int, kind: str, iris: Color, temper: float) -> None:
    """One of `EYES`; `temper` is positive for angry ones."""
    x, y = at
    if kind == "closed":
        way = 1 if temper > 0 else -1
        arc = [(x - r, y), (x, y - way * r * 0.6), (x + r, y)]
        ink.stroke(shapes.smooth(arc, closed=False), 1.4)
    elif kind == "bead":
        ink.shape(shapes.ellipse(x, y, r * 0.6, r * 0.7), DARK, shade=0)
        ink.shape(shapes.ellipse(x - r * 0.2, y - r * 0.25, r * 0.18), WHITE, line=0, shade=0)
    elif kind == "glow":
        slant = [(x - side * r, y + temper * r), (x + side * r, y - r * 0.7),
                 (x + side * r * 0.6, y + r * 0.4)]  # fmt: skip
        ink.shape(shapes.smooth(slant), mix(iris, WHITE, 0.5), shade=0)
    elif kind == "slit":
        ink.shape(shapes.ellipse(x, y, r, r * 0.9), mix(iris, WHITE, 0.2), shade=0)
        ink.shape(shapes.ellipse(x, y, r * 0.18, r * 0.75), DARK, line=0, shade=0)
        _lid(ink, x, y, r, side, temper)
    elif kind == "cartoon":
        ink.shape(shapes.ellipse(x, y, r, r * 1.15), WHITE, shade=0)
        look = x + r * 0.25 * temper * side
        ink.shape(shapes.ellipse(look, y, r * 0.4, r * 0.45), DARK, line=0, shade=0)
    else:
        ink.shape(shapes.ellipse(x, y, r, r * 1.1), WHITE, shade=0)
        ink.shape(shapes.ellipse(x, y + r * 0.05, r * 0.75, r * 0.95), iris, line=0.6, shade=0)
        ink.shape(shapes.ellipse(x, y - r * 0.1, r * 0.4, r * 0.55), mix(iris, DARK, 0.8), line=0,
                  shade=0)  # fmt: skip
        ink.shape(shapes.ellipse(x + r * 0.25, y - r * 0.4, r * 0.25), WHITE, line=0, shade=0)
        _lid(ink, x, y, r, side, temper)


def _lid(ink: Ink, x: float, y: float, r: float, side: int, temper: float) -> None:
    inner, outer = (x - side * r * 1.1, y - r * (0.5 - temper)), (x + side * r * 1.1, y - r * 0.4)
    ink.stroke(shapes.smooth([inner, (x, y - r * 1.05), outer], closed=False), 1.8)


def _brows(
    ink: Ink, rng: np.random.Generator, head: _Head, gap: float, height: float, temper: float
) -> None:
    for side in (-1, 1):
        brow = [head.at(side * (gap - 0.2), height + temper * 0.5, 0.8),
                head.at(side * (gap + 0.2), height, 0.8)]  # fmt: skip
        ink.stroke(shapes.polygon(brow, closed=False), between(rng, 1.2, 3.0))


def _muzzle(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    down, wide, tall = between(rng, 0.3, 0.55), between(rng, 0.3, 0.6), between(rng, 0.22, 0.42)
    line = 0.0 if rng.random() < 0.5 else 1.0
    ink.shape(shapes.ellipse(*head.at(0, down, 1), head.r * wide, head.r * tall), head.pale,
              line=line)  # fmt: skip
    x, y = head.at(0, down - tall * 0.55, 1.2)
    n = head.r * between(rng, 0.09, 0.2)
    nose = DARK if rng.random() < 0.6 else (222, 130, 130)
    if rng.random() < 0.5:
        ink.shape(shapes.ellipse(x, y, n * 1.2, n * 0.8), nose, shade=0)
    else:
        corners = [(x - n, y - n * 0.5), (x + n, y - n * 0.5), (x, y + n * 0.8)]
        ink.shape(shapes.polygon(corners), nose, line=0.5, shade=0)
    _mouth(ink, rng, head, (x, y + n), head.r * wide * 0.6)


def _mouth(ink: Ink, rng: np.random.Generator, head: _Head, top: Point, wide: float) -> None:
    (x, y), drop = top, wide * between(rng, 0.2, 0.6)
    ink.stroke(shapes.polygon([(x, y), (x, y + drop)], closed=False), 0.8)
    if rng.random() < 0.35:
        jaw = [(x - wide, y + drop), (x + wide, y + drop), (x + wide * 0.5, y + drop + wide),
               (x - wide * 0.5, y + drop + wide)]  # fmt: skip
        ink.shape(shapes.smooth(jaw), (120, 40, 50), shade=0)
        for side in (-1, 1):
            fang = [(x + side * wide * 0.6, y + drop), (x + side * wide * 0.35, y + drop),
                    (x + side * wide * 0.48, y + drop + wide * 0.5)]  # fmt: skip
            ink.shape(shapes.polygon(fang), WHITE, line=0.5, shade=0)
        return
    for side in (-1, 1):
        lip = [(x, y + drop), (x + side * wide * 0.5, y + drop * 1.5), (x + side * wide, y + drop)]
        ink.stroke(shapes.smooth(lip, closed=False), 0.9)


def _beak(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    color = mix((244, 170, 60), (90, 84, 80), rng.uniform())
    wide, long = between(rng, 0.12, 0.35), between(rng, 0.3, 0.7)
    bill = [head.at(-wide, 0.05, 0.9), head.at(wide, 0.05, 0.9), head.at(0, 0.05 + long, 1.3)]
    ink.shape(shapes.smooth(bill), color)


def _nostrils(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    """A broad snout: pigs, cows, dragons."""
    down, wide = between(rng, 0.35, 0.6), between(rng, 0.35, 0.65)
    ink.shape(shapes.ellipse(*head.at(0, down, 1), head.r * wide, head.r * 0.32), head.pale)
    for side in (-1, 1):
        at = head.at(side * wide * 0.45, down - 0.05, 1.1)
        ink.shape(shapes.ellipse(*at, head.r * 0.07, head.r * 0.1), DARK, line=0, shade=0)
    if rng.random() < 0.6:
        corner, middle = down + 0.2, (0, down + 0.36)
        grin = head.all((-wide, corner), middle, (wide, corner), turned=1)
        ink.stroke(shapes.smooth(grin, closed=False), 1.2)


def _flat(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    """No nose: slimes, fish, frogs, ghosts."""
    wide, down = between(rng, 0.1, 0.8), between(rng, 0.3, 0.6)
    bend = between(rng, -0.15, 0.25)
    mouth = head.all((-wide, down), (0, down + bend), (wide, down), turned=0.9)
    if rng.random() < 0.4:
        ink.shape(shapes.smooth([*mouth, head.at(0, down + bend + 0.2, 0.9)]), (120, 40, 50))
    else:
        ink.stroke(shapes.smooth(mouth, closed=False), 1.4)


_FRONTS = {"muzzle": _muzzle, "beak": _beak, "nostrils": _nostrils, "flat": _flat}


def _whiskers(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    reach = between(rng, 0.4, 0.8)
    for side in (-1, 1):
        for lift in (-0.1, 0.0, 0.1):
            hair = [head.at(side * 0.5, 0.4, 1), head.at(side * (0.5 + reach), 0.4 + 2 * lift, 1)]
            ink.stroke(shapes.polygon(hair, closed=False), 0.5)


def _tuft(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    color = head.pale if rng.random() < 0.5 else darker(head.fur, 0.6)
    for a in rng.uniform(-0.4, 0.4, 3):
        blade = [head.at(a - 0.15, -0.85), head.at(a + rng.uniform(-0.3, 0.3), -1.35),
                 head.at(a + 0.15, -0.85)]  # fmt: skip
        ink.shape(shapes.polygon(blade), color)


def _profile(ink: Ink, rng: np.random.Generator, head: _Head) -> None:
    """A head seen from the side: a muzzle or beak that stands out, one eye, one ear."""
    way = int(rng.choice([-1, 1]))
    long, drop = between(rng, 0.5, 1.2), between(rng, 0.05, 0.5)
    ear = [(-0.5, -0.6), (-0.4, -1.2 - between(rng, 0, 0.6)), (0.1, -0.85)]
    ink.shape(shapes.polygon(head.all(*ear, side=way)), darker(head.fur, 0.3))
    crown = [(-1, 0.1), (-0.8, -0.7), (-0.1, -1), (0.6, -0.7), (0.9, -0.15)]
    tip = [(0.7 + long, drop - 0.12), (0.75 + long, drop + 0.15), (0.6 + long * 0.8, drop + 0.35)]
    jaw = [(0.5, 0.75), (-0.2, 0.95), (-0.8, 0.7)]
    ink.shape(shapes.smooth(head.all(*crown, *tip, *jaw, side=way)), head.fur)
    slot = head.all((0.65 + long * 0.9, drop + 0.2), (0.5, drop + 0.3), side=way)
    ink.stroke(shapes.polygon(slot, closed=False), 1.1)
    nose = head.at(way * (0.7 + long), drop - 0.02)
    ink.shape(shapes.ellipse(*nose, head.r * between(rng, 0.07, 0.14)), DARK, shade=0)
    iris = hsv(rng.uniform(), 0.6, 0.8)
    at = head.at(way * between(rng, 0.15, 0.45), between(rng, -0.4, -0.1))
    kind, temper = pick(rng, EYES), between(rng, -0.3, 0.3)
    _eye(ink, at, head.r * between(rng, 0.1, 0.22), way, kind, iris, temper)

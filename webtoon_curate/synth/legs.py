"""How legs are held when people do not just stand: running, sitting, kneeling, falling; and what
they sit on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import solid
from webtoon_curate.synth.shapes import Point

if TYPE_CHECKING:
    from webtoon_curate.synth.body import Body


class Leg(NamedTuple):
    """Degrees of thigh and shin from straight down, and what is left of their lengths."""

    thigh: float
    shin: float
    upper: float = 1.0
    lower: float = 1.0


class Legs(NamedTuple):
    """The leg nearer to the reader and the other; angles count to where the body is turned, in
    `spread` legs each to its own side."""

    near: Leg
    far: Leg
    spread: bool = False


LEGS: dict[str, Legs] = {
    "stride": Legs(Leg(24, 12), Leg(-18, -34)),
    "run": Legs(Leg(58, -12), Leg(-24, -86)),
    "chair": Legs(Leg(80, 4), Leg(72, -8)),
    "facing": Legs(Leg(30, 2, 0.42), Leg(30, 2, 0.42), True),
    "crossed": Legs(Leg(84, 30), Leg(70, -4)),
    "ground": Legs(Leg(128, 22), Leg(118, 32)),
    "tailor": Legs(Leg(78, -76, 0.8, 0.7), Leg(78, -76, 0.8, 0.7), True),
    "heels": Legs(Leg(62, -88, 0.7, 0.8), Leg(58, -86, 0.7, 0.8)),
    "kneel": Legs(Leg(84, 2), Leg(4, -88)),
    "crouch": Legs(Leg(116, -24), Leg(104, -34)),
    "jump": Legs(Leg(66, -44), Leg(14, -64)),
    "kick": Legs(Leg(96, 84), Leg(-8, -14)),
    "guard": Legs(Leg(40, 2), Leg(-34, -20)),
    "splay": Legs(Leg(64, 34), Leg(-30, 26)),
    "wide": Legs(Leg(20, 8), Leg(20, 8), True),
}
SEATED = ("chair", "facing", "crossed")
"""Legs of people who sit on something."""


def leg(name: str, near: bool, way: int, side: int, hip: Point, length: float) -> list[Point]:
    """Knee and ankle of a leg `length` long at a hip, in heads.

    `way` is the side to which the body is turned, `side` that of the leg: 1 is the picture's right.
    """
    legs = LEGS[name]
    one = legs.near if near else legs.far
    sign = side if legs.spread else way
    points, (x, y) = [], hip
    for angle, share in ((one.thigh, one.upper), (one.shin, one.lower)):
        reach = 0.5 * length * share
        x += sign * reach * math.sin(math.radians(angle))
        y += reach * math.cos(math.radians(angle))
        points.append((x, y))
    return points


def depth(name: str) -> float:
    """How far the lower foot or knee is below the hips, in lengths of a leg."""
    lowest = 0.0
    for one in LEGS[name][:2] if name in LEGS else ():
        knee = 0.5 * one.upper * math.cos(math.radians(one.thigh))
        lowest = max(lowest, knee, knee + 0.5 * one.lower * math.cos(math.radians(one.shin)))
    return lowest or 1.0


def draw_seat(ink: Ink, body: Body, rng: np.random.Generator) -> None:
    """A chair, a sofa or a block under somebody who sits."""
    limb, way = body.build.limb, 1 if body.posture.turn >= 0 else -1
    length = body.build.tall - 0.5 - body.hips
    top, foot = body.hips + 0.2 * limb, body.hips + length * depth(body.posture.legs)
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
    length = body.build.tall - 0.5 - body.hips
    x, y = body.at(body.posture.lean, body.hips + length * depth(body.posture.legs))
    wide = 1.3 * body.build.broad * body.head
    ink.painter.fill(shapes.ellipse(x, y, wide, 0.2 * wide), solid((24, 20, 34), 0.3))

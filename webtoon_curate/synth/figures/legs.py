"""How legs are held when people do not just stand: running, sitting, kneeling, falling."""

from __future__ import annotations

import math
from typing import NamedTuple

from webtoon_curate.synth.shapes import Point


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

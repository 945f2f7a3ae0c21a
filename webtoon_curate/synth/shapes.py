"""Outlines that bodies, rooms and lettering are made of, as Skia paths.

Points are (x, y) pixels, y down; angles are radians, clockwise from the x axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import skia

from webtoon_curate.synth import paint

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x, y, width, height; pixels."""


def placed(
    points: Sequence[Point], x: float, y: float, width: float, height: float | None = None
) -> list[Point]:
    """Points around (x, y), given in widths and heights; in widths alone without `height`."""
    height = width if height is None else height
    return [(x + a * width, y + b * height) for a, b in points]


def corners(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """The corners of an upright rectangle, clockwise from the top left."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def polygon(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """Straight lines through `points`."""
    return skia.Path.Polygon([skia.Point(float(x), float(y)) for x, y in points], closed)


def smooth(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """A smooth curve through `points`."""
    return paint.smooth([[float(x), float(y)] for x, y in points], closed)


def rect(x: float, y: float, width: float, height: float, radius: float = 0) -> skia.Path:
    """An upright rectangle, with round corners where `radius` is positive."""
    path = skia.Path()
    box = skia.Rect.MakeXYWH(float(x), float(y), float(width), float(height))
    if radius > 0:
        path.addRoundRect(box, float(radius), float(radius))
    else:
        path.addRect(box)
    return path


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None) -> skia.Path:
    """An upright ellipse; a circle without `ry`."""
    ry = rx if ry is None else ry
    return skia.Path.Oval(skia.Rect.MakeLTRB(cx - rx, cy - ry, cx + rx, cy + ry))


def star(
    cx: float, cy: float, outer: float, inner: float, tips: int, turn: float = 0.0
) -> skia.Path:
    """A star of `tips` points between two radii."""
    corners = []
    for i in range(2 * tips):
        radius = outer if i % 2 == 0 else inner
        angle = turn + math.pi * i / tips
        corners.append((cx + radius * math.cos(angle), cy + radius * math.sin(angle)))
    return polygon(corners)


def heart(cx: float, cy: float, size: float) -> skia.Path:
    """A heart about `size` wide."""
    s = size / 2
    path = skia.Path()
    path.moveTo(cx, cy + s)
    path.cubicTo(cx - 1.6 * s, cy, cx - 0.9 * s, cy - 1.3 * s, cx, cy - 0.4 * s)
    path.cubicTo(cx + 0.9 * s, cy - 1.3 * s, cx + 1.6 * s, cy, cx, cy + s)
    path.close()
    return path


def limb(points: Sequence[Point], widths: Sequence[float]) -> skia.Path:
    """A tapering tube along a smooth middle line: sleeves, legs, tails, branches.

    Args:
        points: two to five joints.
        widths: the full width at each joint, pixels.
    """
    middle, half = _resampled(points, [width / 2 for width in widths])
    last = len(middle) - 1
    left: list[Point] = []
    right: list[Point] = []
    for i, ((x, y), reach) in enumerate(zip(middle, half)):
        (x0, y0), (x1, y1) = middle[max(i - 1, 0)], middle[min(i + 1, last)]
        length = max(math.hypot(x1 - x0, y1 - y0), 1e-6)
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        left.append((x - dy * reach, y + dx * reach))
        right.append((x + dy * reach, y - dx * reach))
        if i == 0:
            root = (x - 0.6 * dx * reach, y - 0.6 * dy * reach)
        if i == last:
            tip = (x + 0.9 * dx * reach, y + 0.9 * dy * reach)
    return smooth([*left, tip, *right[::-1], root])


_BENDS = ((-1, 0.6), (-1, 0.85), (1, 0.15), (1, 0.4))
"""Where a joint is rounded: towards which neighbour, and how far along that segment."""


def _resampled(points: Sequence[Point], widths: Sequence[float]) -> tuple[list[Point], list[float]]:
    """The joints with rounded bends between them: points and widths, in plain numbers for speed."""
    joints = [(float(x), float(y), float(width)) for (x, y), width in zip(points, widths)]

    def between(i: int, t: float) -> tuple[float, ...]:
        return tuple(p * (1 - t) + q * t for p, q in zip(joints[i], joints[i + 1]))

    if len(joints) == 2:
        found = [between(0, t) for t in (0, 1 / 3, 2 / 3, 1)]
    else:
        bends = [
            between(i - 1 if side < 0 else i, t)
            for i in range(1, len(joints) - 1)
            for side, t in _BENDS
        ]
        found = [joints[0], *bends, joints[-1]]
    return [(x, y) for x, y, _ in found], [width for _, _, width in found]


def blob(
    rng: np.random.Generator, cx: float, cy: float, rx: float, ry: float, bumps: int, depth: float
) -> skia.Path:
    """A closed uneven round: bushes, clouds, stones. `depth` 0-1 is how uneven."""
    angles = np.arange(bumps) * 2 * math.pi / bumps + rng.uniform(-0.2, 0.2, bumps)
    reach = 1 + rng.uniform(-depth, depth, bumps)
    return smooth(
        [(cx + rx * r * math.cos(a), cy + ry * r * math.sin(a)) for a, r in zip(angles, reach)]
    )


def cloud(
    rng: np.random.Generator, cx: float, cy: float, rx: float, ry: float, puffs: int = 9
) -> skia.Path:
    """Scallops around an ellipse: clouds, thought balloons, crowns of trees."""
    turn = rng.uniform(0, math.pi)
    steps = np.cumsum(rng.uniform(0.7, 1.3, puffs))
    angles = turn + steps / steps[-1] * 2 * math.pi
    knots = [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]
    path = skia.Path()
    path.moveTo(*knots[-1])
    for i, (x, y) in enumerate(knots):
        x0, y0 = knots[i - 1]
        radius = math.hypot(x - x0, y - y0) * 0.56
        path.arcTo(radius, radius, 0, skia.Path.kSmall_ArcSize, skia.PathDirection.kCW, x, y)
    path.close()
    return path

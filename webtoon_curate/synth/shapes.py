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


def polygon(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """Straight lines through `points`."""
    return skia.Path.Polygon([skia.Point(float(x), float(y)) for x, y in points], closed)


def smooth(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """A smooth curve through `points`."""
    return paint.smooth(np.asarray(points, float), closed)


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
    middle, half = _resampled(np.asarray(points, float), np.asarray(widths, float) / 2)
    along = np.gradient(middle, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    left, right = middle + side, middle - side
    tip = middle[-1] + along[-1] * half[-1] * 0.9
    root = middle[0] - along[0] * half[0] * 0.6
    outline = [*left, tip, *right[::-1], root]
    return smooth([(float(x), float(y)) for x, y in outline])


def _resampled(points: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The joints with rounded bends between them: (n, 2) points and (n,) widths."""
    if len(points) == 2:
        t = np.linspace(0, 1, 4)[:, None]
        return points[0] * (1 - t) + points[1] * t, widths[0] + (widths[1] - widths[0]) * t[:, 0]
    middle, size = [points[0]], [widths[0]]
    for i in range(1, len(points) - 1):
        for t in (0.6, 0.85):
            middle.append(points[i - 1] * (1 - t) + points[i] * t)
            size.append(widths[i - 1] * (1 - t) + widths[i] * t)
        for t in (0.15, 0.4):
            middle.append(points[i] * (1 - t) + points[i + 1] * t)
            size.append(widths[i] * (1 - t) + widths[i + 1] * t)
    middle.append(points[-1])
    size.append(widths[-1])
    return np.asarray(middle), np.asarray(size)


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

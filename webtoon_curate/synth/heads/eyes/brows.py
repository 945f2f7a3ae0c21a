"""Brows: their landmarks, and the manners in which they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, linear, mix, pen, polygon, solid, tapered
from webtoon_curate.synth.sketch import INK, Sketch

Array = NDArray[Any]

FACING = 0.06
"""Brows turned away further than this share of their area are not drawn."""

BROW_X = np.array([-1.3, -0.7, -0.05, 0.5, 0.95])
BROW_ARCH = np.array([-0.06, 0.16, 0.24, 0.18, 0.04])


def brow_landmarks(sketch: Sketch, eye: Eye) -> tuple[Array, Array]:
    """(5, 2) points along a brow from the picture's left to right, and their depths."""
    s, e = sketch.style, sketch.expression
    size = max(s.eye_size, 0.055)
    center = eye.center
    top = center[1] - 1.3 * s.eye_size * s.eye_open - s.brow_gap
    lean = np.linspace(e.brow_outer, e.brow_inner, 5) * 0.75
    if e.brow_uneven:
        lean = lean + e.brow_uneven * (1.0 if eye.side == sketch.character.side else -0.25)
    arch = BROW_ARCH * (0.6 if sketch.character.gender == "man" else 1.0)
    y = top - size * (arch + lean) + 0.25 * s.brow_gap
    x = center[0] - eye.side * size * BROW_X
    spots = sketch.head.surface(np.stack([x, y], axis=1), lift=0.01)
    points, depth = sketch.head.project(spots)
    if eye.side > 0:
        return points[::-1], depth[::-1]
    return points, depth


def draw_brow(sketch: Sketch, eye: Eye, points: Array) -> None:
    """Draws one brow along its landmarks."""
    if eye.facing < FACING or sketch.style.brow == "none":
        return
    label = Label.LEFT_BROW if eye.side < 0 else Label.RIGHT_BROW
    outer_first = points if eye.side < 0 else points[::-1]
    weight = max(sketch.style.brow_weight, sketch.pen_width(0.8))
    weight *= 0.4 + 0.6 * min(1.0, eye.facing)
    profile = weight * np.array([0.35, 0.8, 1.05, 1.1, 0.8])
    color = INK if sketch.bare else mix(sketch.hair, INK, 0.3 if min(sketch.hair) > 170 else 0.35)
    sketch.painter.mark("brow", outer_first)
    _paint_brow(sketch, outer_first, profile, color, label)


def _paint_brow(sketch: Sketch, points: Array, profile: Array, color: Color, label: Label) -> None:
    """A brow along (5, 2) points from its outer end, in the style's manner."""
    painter, kind = sketch.painter, sketch.style.brow
    if kind == "line":
        painter.fill(tapered(points, 0.45 * profile), solid(color), label)
    elif kind == "angular":
        painter.fill(_angular(points, profile), solid(color), label)
    elif kind == "soft" and not sketch.bare:
        tone = mix(color, sketch.hair, 0.4)
        ends = tuple(points[0].tolist()), tuple(points[4].tolist())
        paint = linear(*ends, (tone, tone, tone), (0.8, 1.0, 0.35), (0, 0.45, 1))
        painter.fill(tapered(points, 1.15 * profile), paint, label)
    elif kind == "hair":
        painter.fill(tapered(points, profile), solid(mix(color, sketch.skin, 0.3), 0.75), label)
        _brow_hairs(sketch, points, profile, color)
    else:
        painter.fill(tapered(points, profile), solid(color), label)


def _angular(points: Array, profile: Array) -> skia.Path:
    """Straight strokes with a bend, blunt at the nose."""
    bend = points[[0, 1, 4]]
    drop = np.array([0.2, 1.2, 1.3]) * float(profile[3])
    half = np.stack([np.zeros(3), 0.5 * drop], axis=1)
    return polygon(np.concatenate([bend - half, (bend + half)[::-1]]))


BROW_HAIRS = 14


def _brow_hairs(sketch: Sketch, points: Array, profile: Array, color: Color) -> None:
    """Single hairs: upright at the nose, lying along the brow at its end."""
    at = np.linspace(0.2, 3.95, BROW_HAIRS)
    knots = np.arange(5)
    x, y = (np.interp(at, knots, points[:, i]) for i in range(2))
    wide = np.interp(at, knots, profile)
    along = points[0] - points[4]
    along = along / max(float(np.hypot(*along)), 1e-6)
    upright = at / 4
    dx = along[0] * wide * (1.3 - 0.7 * upright)
    dy = along[1] * wide - wide * (0.25 + 0.55 * upright)
    path = skia.Path()
    for px, py, ax, ay in zip(x.tolist(), (y + 0.35 * wide).tolist(), dx.tolist(), dy.tolist()):
        path.moveTo(px, py)
        path.quadTo(px + 0.4 * ax, py + 0.8 * ay, px + ax, py + ay)
    width = max(0.22 * float(profile.max()), 0.4 * sketch.pixel)
    sketch.painter.canvas.drawPath(path, pen(color, width, 0.9))

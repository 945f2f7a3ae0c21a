"""Hats and ornaments on the head."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.hair.haircuts import HAIRLINE
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, joined, linear, mix, pen, polygon, smooth, solid
from webtoon_curate.synth.people.head import SKULL_BACK
from webtoon_curate.synth.people.style import SOFT_FILLS
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import INK, WHITE, Sketch, beyond

Array = NDArray[Any]

CUP_HIDDEN, PINS_HIDDEN = 35, 30
"""Degrees of yaw beyond which the far side hides a headphone, hairpins."""
AWAY = 110.0
"""Degrees of yaw from which a head is seen from behind; up to there it is a lost profile."""
SAG = 0.035
"""How much lower the near edge of a level ring is drawn than by perspective, in heads."""


def _crown_path(sketch: Sketch, height: float, scale: float) -> skia.Path:
    """Everything of a scaled skull above the near half of a ring around the head."""
    front = _front_arc(sketch, height, scale)
    center = sketch.head.skull[1]
    start = math.atan2(*(front[0] - center)[::-1]) % (2 * math.pi)
    end = math.atan2(*(front[-1] - center)[::-1]) % (2 * math.pi)
    if end < start:
        end += 2 * math.pi
    outline = sketch.head.skull_outline(scale * 1.06, np.linspace(start, end, 12))
    return joined(outline, front[::-1])


def _dome(sketch: Sketch, color: Color, height: float, scale: float) -> None:
    """The crown of a hat, down to a height."""
    path = _crown_path(sketch, height, scale)
    paint = solid(color)
    if sketch.style.fill in SOFT_FILLS:
        paint = linear((-0.3, -0.5), (0.3, 0.1), (mix(color, WHITE, 0.15), sketch.shadow(color)))
    sketch.painter.fill(path, paint, Label.HAT)
    if sketch.style.fill.startswith("cel"):
        with sketch.painter.group(clip=path):
            shade = beyond(path, 0.12 * sketch.light.x, 0.08 * sketch.light.y)
            sketch.painter.fill(shade, solid(sketch.shadow(color)))
    sketch.outline(path, color)


def _hat_scale(sketch: Sketch) -> float:
    """Of the skull's outline to that of a hat that holds the hair."""
    return 1.06 + 1.6 * sketch.style.hair_volume


def _brim(sketch: Sketch, color: Color, radius: float) -> None:
    """The near half of a brim; the crown hides the rest."""
    outer, inner = (_front_arc(sketch, -0.27, r) for r in (radius, 0.9))
    sketch.blob(np.concatenate([outer, inner[::-1]]), sketch.shadow(color, 0.4), Label.HAT)


def _away(sketch: Sketch) -> bool:
    """Whether the head is seen from behind, and no lost profile."""
    return math.cos(math.radians(sketch.head.pose.yaw)) < math.cos(math.radians(AWAY))


def _cap(sketch: Sketch, color: Color) -> None:
    _dome(sketch, color, -0.24, _hat_scale(sketch))
    if _away(sketch):
        return
    s = sketch.style
    angle = np.linspace(-0.9, 0.9, 7)
    rim = np.stack([s.width * 1.05 * np.sin(angle), np.full(7, -0.22),
                    s.depth * 1.1 * np.cos(angle)], axis=1)  # fmt: skip
    lip = rim * [0.95, 1, 1] + np.stack([0 * angle, 0.05 * np.cos(angle), 0.28 * np.cos(angle)], 1)
    points = np.concatenate([sketch.head.project(rim)[0], sketch.head.project(lip)[0][::-1]])
    sketch.blob(points, sketch.shadow(color, 0.9), Label.HAT)


def _beanie(sketch: Sketch, color: Color) -> None:
    _dome(sketch, color, -0.22, _hat_scale(sketch) * 1.04)
    _band(sketch, mix(color, WHITE, 0.12), -0.18, -0.29, _hat_scale(sketch) * 1.06)


def _front_arc(sketch: Sketch, height: float, radius: float) -> Array:
    """Points of the near half of a ring, left to right."""
    s = sketch.style
    near = np.linspace(-math.pi / 2, math.pi / 2, 9)
    view = near - math.radians(sketch.head.pose.yaw)
    deep = radius * np.where(np.cos(view) > 0, s.depth, SKULL_BACK)
    level = height + SAG * radius * np.cos(near)
    spots = [s.width * radius * np.sin(view), level, deep * np.cos(view)]
    return sketch.head.project(np.stack(spots, axis=1))[0]


def _band(sketch: Sketch, color: Color, low: float, high: float, radius: float) -> None:
    """The near half of a band around the head, between two heights."""
    below, above = (_front_arc(sketch, height, radius) for height in (low, high))
    sketch.blob(np.concatenate([below, above[::-1]]), color, Label.HAT)


def _wide(sketch: Sketch, color: Color) -> None:
    _dome(sketch, color, -0.30, _hat_scale(sketch))
    _brim(sketch, color, 1.9)
    _band(sketch, mix(color, INK, 0.5), -0.28, -0.34, _hat_scale(sketch) * 1.04)


def _witch(sketch: Sketch, color: Color) -> None:
    base = _front_arc(sketch, -0.29, 1.05)
    tip = sketch.head.project(np.array([[0.2, -1.15, -0.2]]))[0]
    cone = np.concatenate([base, base[-1:] * 0.45 + tip * 0.55 + [0.02, 0], tip,
                           base[:1] * 0.5 + tip * 0.5 - [0.02, 0]])  # fmt: skip
    sketch.blob(cone, color, Label.HAT)
    _brim(sketch, color, 2.1)


def _hood(sketch: Sketch, color: Color) -> None:
    scale = _hat_scale(sketch) * 1.16
    if _away(sketch):
        _dome(sketch, color, 0.25, scale)
        return
    outer = sketch.head.skull_outline(scale, np.linspace(0.8 * math.pi, 2.2 * math.pi, 12))
    s = sketch.style
    angle = np.linspace(-0.6, math.pi + 0.6, 13)
    opening = np.stack([s.width * 1.16 * np.cos(angle), -0.02 - 0.40 * np.sin(angle),
                        0.08 + 0.1 * np.sin(angle)], axis=1)  # fmt: skip
    inner = sketch.head.project(opening)[0]
    # Nothing of the hood lies before its opening.
    if sketch.head.pose.yaw > 0:
        outer[:, 0] = np.minimum(outer[:, 0], inner[:, 0].max() + 0.04)
    else:
        outer[:, 0] = np.maximum(outer[:, 0], inner[:, 0].min() - 0.04)
    path = joined(outer, inner)
    beside = skia.Path.Rect(skia.Rect.MakeLTRB(-4, -4, 4, 4))
    head = sketch.head
    face = np.concatenate([head.contour, head.forehead[1], head.forehead[0][::-1]])
    beside.addPath(polygon(face))
    beside.setFillType(skia.PathFillType.kEvenOdd)
    with sketch.painter.group(clip=beside):
        sketch.painter.fill(path, solid(color), Label.HAT)
        sketch.outline(path, color)


def _helmet(sketch: Sketch, color: Color) -> None:
    _dome(sketch, color, -0.14, _hat_scale(sketch) * 1.08)


def _beret(sketch: Sketch, color: Color) -> None:
    center = sketch.head.skull_outline(1.0, np.array([-math.pi / 2 - 0.25]))[0]
    wide = sketch.style.width * 1.25
    angle = np.linspace(0, 2 * math.pi, 17)[:-1]
    cos, sin = np.cos(angle), np.sin(angle)
    points = center + np.stack([wide * cos + 0.05 * sin, 0.05 + 0.17 * sin], axis=1)
    sketch.blob(points, color, Label.HAT)


def _headband(sketch: Sketch, color: Color) -> None:
    radius = 1.02 + 0.6 * sketch.style.hair_volume
    _band(sketch, color, HAIRLINE + 0.10, HAIRLINE + 0.03, radius)


def _arch(sketch: Sketch, color: Color, scale: float, width: float) -> None:
    """A band over the top of the head from ear to ear."""
    angle = np.linspace(-1.45, 1.45, 11)
    s = sketch.style
    spots = np.stack([s.width * scale * np.sin(angle), -0.08 - 0.44 * scale * np.cos(angle),
                      np.full(11, -0.02)], axis=1)  # fmt: skip
    path = smooth(sketch.head.project(spots)[0])
    sketch.painter.stroke(path, pen(sketch.ink(color), width + 2 * sketch.pen_width(0.8)))
    sketch.painter.stroke(path, pen(color, width), Label.HAT)


def _headphones(sketch: Sketch, color: Color) -> None:
    scale = _hat_scale(sketch) * 1.06
    _arch(sketch, color, scale, 0.05)
    s = sketch.style
    for side in (-1, 1):
        if sketch.head.hides(side, CUP_HIDDEN):
            continue
        spot = np.array([[side * s.width * 1.1, s.eye_y + 0.05, -0.02]])
        x, y = sketch.head.project(spot)[0][0].tolist()
        turn = abs(math.sin(math.radians(sketch.head.pose.yaw)))
        cup = ellipse(x, y, 0.06 + 0.07 * turn, 0.14)
        sketch.painter.fill(cup, solid(mix(color, INK, 0.3)), Label.HAT)
        sketch.outline(cup, color)


def _hairband(sketch: Sketch, color: Color) -> None:
    _arch(sketch, color, _hat_scale(sketch) * 1.02, 0.035)


def _bow(sketch: Sketch, color: Color) -> None:
    spot = np.array([[sketch.character.side * sketch.style.width * 0.8, -0.40, 0.08]])
    x, y = sketch.head.project(spot)[0][0].tolist()
    for s in (-1, 1):
        wing = np.array([[x, y], [x + s * 0.14, y - 0.09], [x + s * 0.15, y + 0.07]])
        sketch.blob(wing, color, Label.HAT)
    sketch.blob(np.array([[x - 0.03, y - 0.03], [x + 0.03, y - 0.03], [x + 0.03, y + 0.03],
                          [x - 0.03, y + 0.03]]), mix(color, WHITE, 0.2), Label.HAT)  # fmt: skip


def _pins(sketch: Sketch, color: Color) -> None:
    if _away(sketch):
        return
    side = sketch.character.side
    if sketch.head.hides(side, PINS_HIDDEN):
        side = -side
    spots = np.array([[side * sketch.style.width * 0.75, h, 0.24] for h in (-0.20, -0.14)])
    for x, y in sketch.head.project(spots)[0].tolist():
        path = polygon(
            np.array([[x - 0.06, y + 0.012 * side], [x + 0.05, y - 0.012 * side]]), False
        )
        sketch.painter.stroke(path, pen(color, 0.022), Label.HAT)


def _cat_ears(sketch: Sketch, _: Color) -> None:
    color = sketch.hair
    for side in (-1, 1):
        spots = np.array([[side * 0.12, -0.5, 0.0], [side * 0.30, -0.78, -0.02],
                          [side * 0.36, -0.36, 0.0]])  # fmt: skip
        path = polygon(sketch.head.project(spots)[0])
        sketch.painter.fill(path, solid(color), Label.HAT)
        sketch.outline(path, color)


def _crown(sketch: Sketch, _: Color) -> None:
    gold = sketch.tone((236, 190, 70))
    low = _front_arc(sketch, -0.36, 0.85)
    high = low - np.array([0, 0.13])
    high[1::2, 1] -= 0.09
    path = polygon(np.concatenate([low, high[::-1]]))
    sketch.painter.fill(path, solid(gold), Label.HAT)
    sketch.outline(path, gold)


_HATS = {
    "cap": _cap, "beanie": _beanie, "brim": _wide, "straw": _wide, "witch": _witch, "hood": _hood,
    "helmet": _helmet, "headband": _headband, "headphones": _headphones, "beret": _beret,
    "crown": _crown, "hairband": _hairband, "bow": _bow, "cat ears": _cat_ears, "pins": _pins,
}  # fmt: skip


def draw_hat(sketch: Sketch) -> None:
    """Draws what the character wears on the head."""
    kind = sketch.character.hat
    if kind is None:
        return
    color = (228, 196, 120) if kind == "straw" else sketch.character.hat_color
    _HATS[kind](sketch, sketch.tone(color))

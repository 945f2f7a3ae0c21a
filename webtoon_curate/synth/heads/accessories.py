"""What people wear before or on their heads: glasses, hats, masks, patches."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.hair.hair import HAIRLINE
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import (
    Color,
    append_smooth,
    linear,
    mix,
    pen,
    polygon,
    smooth,
    solid,
)
from webtoon_curate.synth.people.head import SKULL_BACK
from webtoon_curate.synth.sketch import INK, WHITE, Sketch, oval

Array = NDArray[Any]

_ANGLE = np.linspace(0, 2 * math.pi, 17)[:-1]
_COS, _SIN = np.cos(_ANGLE), np.sin(_ANGLE)


@cache
def _rounded(power: float) -> Array:
    """(16, 2) points of a superellipse: power 2 a circle, larger ones boxier."""
    return np.stack(
        [np.sign(_COS) * np.abs(_COS) ** (2 / power), np.sign(_SIN) * np.abs(_SIN) ** (2 / power)],
        axis=1,
    )


LENSES: dict[str, tuple[float, float, float, float]] = {
    "round": (2.0, 1.0, 1.0, 1.0),
    "square": (5.0, 1.1, 0.85, 1.0),
    "oval": (2.0, 1.1, 0.72, 0.9),
    "thin": (6.0, 1.15, 0.52, 0.8),
    "rimless": (3.5, 1.1, 0.72, 0.0),
    "half rim": (4.0, 1.12, 0.68, 1.0),
    "thick": (4.0, 1.15, 0.9, 2.4),
    "sun": (3.0, 1.2, 0.92, 1.4),
    "cat": (3.0, 1.15, 0.8, 1.6),
}
"""Power of the superellipse, half width and half height over the lens's size, weight of the rim."""

TEMPLE_HIDDEN, CUP_HIDDEN, PINS_HIDDEN = 8, 35, 30
"""Degrees of yaw beyond which the far side hides a temple of glasses, a headphone, hairpins."""
LENS_STANDOFF = 0.05
"""How far lenses stand before the eyes, in heads."""


def _lens(sketch: Sketch, eye: Eye, kind: str) -> Array:
    """(16, 2) outline of a lens in the picture; its plane runs back to the temple a little."""
    power, wide, tall, _ = LENSES[kind]
    s = sketch.style
    gap = abs(float(eye.center[0]))
    size = min(max(1.35 * s.eye_size, 0.085), 0.86 * gap / wide)
    tall_size = max(size, 0.8 * s.eye_size * s.eye_open)
    shape = _rounded(power) * [size * wide, tall_size * tall]
    if kind == "cat":
        shape[:, 1] -= 0.3 * np.clip(eye.side * shape[:, 0], 0, None)
    flat = shape + eye.center + [0, 0.15 * size]
    depth = sketch.head.surface(eye.center[None])[0, 2] + LENS_STANDOFF
    lean = -0.35 * (np.abs(flat[:, 0]) - gap)
    spots = np.column_stack([flat, depth + lean])
    return sketch.head.project(spots)[0]


def draw_glasses(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Draws the character's glasses over both eyes."""
    kind = sketch.character.glasses
    if kind is None:
        return
    color, width = _rim(sketch, kind)
    glare = sketch.rng.random() < GLARE_SHARE and kind != "sun"
    left, right = lenses = [_lens(sketch, eye, kind) for eye in eyes]
    for eye, lens in zip(eyes, lenses):
        if eye.facing < -0.05:
            continue
        rim = smooth(lens, closed=True)
        _glass(sketch, rim, kind, glare)
        if kind == "half rim":
            box = rim.getBounds()
            with sketch.painter.group(clip=skia.Path.Rect(_upper_half(box))):
                sketch.painter.stroke(rim, pen(color, width), Label.GLASSES)
        else:
            sketch.painter.stroke(rim, pen(color, width), Label.GLASSES)
    inner = np.stack([left[0], (left[0] + right[8]) / 2 + [0, -0.012], right[8]])
    sketch.painter.stroke(smooth(inner), pen(color, width * 0.9), Label.GLASSES)


GLARE_SHARE = 0.06
"""Share of drawings where glasses reflect and hide the eyes."""


def _upper_half(box: skia.Rect) -> skia.Rect:
    return skia.Rect.MakeLTRB(box.left() - 1, box.top() - 1, box.right() + 1, box.centerY())


def _glass(sketch: Sketch, rim: skia.Path, kind: str, glare: bool) -> None:
    painter = sketch.painter
    if kind == "sun":
        painter.fill(rim, solid((24, 22, 30), 0.93), Label.GLASSES)
    elif glare:
        painter.fill(rim, solid(WHITE, 0.95), Label.GLASSES)
    else:
        painter.fill(rim, solid((225, 240, 255), 0.14))
    if kind == "sun" or (not glare and sketch.style.detail > 0.5):
        box = rim.getBounds()
        x, y, w, h = box.left(), box.top(), box.width(), box.height()
        streak = np.array([[x + 0.2 * w, y + 0.15 * h], [x + 0.4 * w, y + 0.15 * h],
                           [x + 0.2 * w, y + 0.8 * h], [x + 0.08 * w, y + 0.7 * h]])  # fmt: skip
        painter.fill(polygon(streak), solid(WHITE, 0.35))


def draw_arms(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Draws the arms of the character's glasses back to the ears, under the hair."""
    kind = sketch.character.glasses
    if kind is None:
        return
    head, s = sketch.head, sketch.style
    color, width = _rim(sketch, kind)
    for eye in eyes:
        if head.hides(eye.side, TEMPLE_HIDDEN):
            continue
        lens = _lens(sketch, eye, kind)
        outer = lens[8] if eye.side < 0 else lens[0]
        ear = np.array([[eye.side * s.width * 1.0, s.eye_y - 0.01, 0.0]])
        arm = np.stack([outer, head.project(ear)[0][0]])
        paint = pen(color, width * 0.9)
        sketch.painter.stroke(polygon(arm, closed=False), paint, Label.GLASSES)


def _rim(sketch: Sketch, kind: str) -> tuple[Color, float]:
    """Color and width of the frame."""
    own = np.random.default_rng(sketch.character.seed + 5)
    weight = LENSES[kind][3] * between(own, 0.8, 1.5)
    color = sketch.tone(sketch.character.glasses_color, paper_from=200)
    width = max(sketch.pen_width(1.0), 0.008) * max(weight, 0.45)
    return (color if weight else mix(color, WHITE, 0.6)), width


def _crown_path(sketch: Sketch, height: float, scale: float) -> skia.Path:
    """Everything of a scaled skull above the near half of a ring around the head."""
    front = _front_arc(sketch, height, scale)
    center = sketch.head.skull[1]
    start = math.atan2(*(front[0] - center)[::-1]) % (2 * math.pi)
    end = math.atan2(*(front[-1] - center)[::-1]) % (2 * math.pi)
    if end < start:
        end += 2 * math.pi
    path = skia.Path()
    append_smooth(path, sketch.head.skull_outline(scale * 1.06, np.linspace(start, end, 12)))
    append_smooth(path, front[::-1], start=False)
    path.close()
    return path


def _dome(sketch: Sketch, color: Color, height: float, scale: float) -> None:
    path = _crown_path(sketch, height, scale)
    paint = solid(color)
    if sketch.style.fill in ("soft", "painted", "watercolor"):
        paint = linear((-0.3, -0.5), (0.3, 0.1), (mix(color, WHITE, 0.15), sketch.shadow(color)))
    sketch.painter.fill(path, paint, Label.HAT)
    if sketch.style.fill.startswith("cel"):
        with sketch.painter.group(clip=path):
            lit = skia.Path(path)
            lit.offset(0.12 * sketch.light.x, 0.08 * sketch.light.y)
            shade = skia.Path.Rect(skia.Rect.MakeLTRB(-2, -2, 2, 2))
            shade.addPath(lit)
            shade.setFillType(skia.PathFillType.kEvenOdd)
            sketch.painter.fill(shade, solid(sketch.shadow(color)))
    sketch.outline(path, color)


def _hat_scale(sketch: Sketch) -> float:
    return 1.06 + 1.6 * sketch.style.hair_volume


def _brim(sketch: Sketch, color: Color, height: float, radius: float) -> None:
    """The near half of a brim; the crown hides the rest."""
    outer, inner = (_front_arc(sketch, height, r) for r in (radius, 0.9))
    sketch.blob(np.concatenate([outer, inner[::-1]]), sketch.shadow(color, 0.4), Label.HAT)


def _away(sketch: Sketch) -> bool:
    """Whether the head is seen from behind."""
    return math.cos(math.radians(sketch.head.pose.yaw)) < 0


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
    cuff = mix(color, WHITE, 0.12)
    low, high = (_front_arc(sketch, h, _hat_scale(sketch) * 1.06) for h in (-0.18, -0.29))
    sketch.blob(np.concatenate([low, high[::-1]]), cuff, Label.HAT)


SAG = 0.035
"""How much lower the near edge of a level ring is drawn than by perspective, in heads."""


def _front_arc(sketch: Sketch, height: float, radius: float) -> Array:
    """Points of the near half of a ring, left to right."""
    s = sketch.style
    near = np.linspace(-math.pi / 2, math.pi / 2, 9)
    view = near - math.radians(sketch.head.pose.yaw)
    deep = radius * np.where(np.cos(view) > 0, s.depth, SKULL_BACK)
    level = height + SAG * radius * np.cos(near)
    spots = [s.width * radius * np.sin(view), level, deep * np.cos(view)]
    return sketch.head.project(np.stack(spots, axis=1))[0]


def _wide(sketch: Sketch, color: Color) -> None:
    _dome(sketch, color, -0.30, _hat_scale(sketch))
    _brim(sketch, color, -0.27, 1.9)
    band = [_front_arc(sketch, h, _hat_scale(sketch) * 1.04) for h in (-0.28, -0.34)]
    dark = mix(color, INK, 0.5)
    sketch.blob(np.concatenate([band[0], band[1][::-1]]), dark, Label.HAT)


def _witch(sketch: Sketch, color: Color) -> None:
    base = _front_arc(sketch, -0.29, 1.05)
    tip = sketch.head.project(np.array([[0.2, -1.15, -0.2]]))[0]
    cone = np.concatenate([base, base[-1:] * 0.45 + tip * 0.55 + [0.02, 0], tip,
                           base[:1] * 0.5 + tip * 0.5 - [0.02, 0]])  # fmt: skip
    sketch.blob(cone, color, Label.HAT)
    _brim(sketch, color, -0.27, 2.1)


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
    path = skia.Path()
    append_smooth(path, outer)
    append_smooth(path, inner, start=False)
    path.close()
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
    points = center + np.stack([wide * _COS + 0.05 * _SIN, 0.05 + 0.17 * _SIN], axis=1)
    sketch.blob(points, color, Label.HAT)


def _headband(sketch: Sketch, color: Color) -> None:
    scale = 1.02 + 0.6 * sketch.style.hair_volume
    band = [_front_arc(sketch, h, scale) for h in (HAIRLINE + 0.10, HAIRLINE + 0.03)]
    sketch.blob(np.concatenate([band[0], band[1][::-1]]), color, Label.HAT)


def _arch(sketch: Sketch, color: Color, scale: float, width: float, label: Label) -> None:
    """A band over the top of the head from ear to ear."""
    angle = np.linspace(-1.45, 1.45, 11)
    s = sketch.style
    spots = np.stack([s.width * scale * np.sin(angle), -0.08 - 0.44 * scale * np.cos(angle),
                      np.full(11, -0.02)], axis=1)  # fmt: skip
    flat, _ = sketch.head.project(spots)
    sketch.painter.stroke(smooth(flat), pen(sketch.ink(color), width + 2 * sketch.pen_width(0.8)))
    sketch.painter.stroke(smooth(flat), pen(color, width), label)


def _headphones(sketch: Sketch, color: Color) -> None:
    scale = _hat_scale(sketch) * 1.06
    _arch(sketch, color, scale, 0.05, Label.HAT)
    s = sketch.style
    for side in (-1, 1):
        if sketch.head.hides(side, CUP_HIDDEN):
            continue
        spot = np.array([[side * s.width * 1.1, s.eye_y + 0.05, -0.02]])
        x, y = sketch.head.project(spot)[0][0].tolist()
        turn = abs(math.sin(math.radians(sketch.head.pose.yaw)))
        cup = oval(x, y, 0.06 + 0.07 * turn, 0.14)
        sketch.painter.fill(cup, solid(mix(color, INK, 0.3)), Label.HAT)
        sketch.outline(cup, color)


def _hairband(sketch: Sketch, color: Color) -> None:
    _arch(sketch, color, _hat_scale(sketch) * 1.02, 0.035, Label.HAT)


def _bow(sketch: Sketch, color: Color) -> None:
    side = 1 if sketch.character.seed % 2 else -1
    spot = np.array([[side * sketch.style.width * 0.8, -0.40, 0.08]])
    x, y = sketch.head.project(spot)[0][0].tolist()
    for s in (-1, 1):
        wing = np.array([[x, y], [x + s * 0.14, y - 0.09], [x + s * 0.15, y + 0.07]])
        sketch.blob(wing, color, Label.HAT)
    sketch.blob(np.array([[x - 0.03, y - 0.03], [x + 0.03, y - 0.03], [x + 0.03, y + 0.03],
                          [x - 0.03, y + 0.03]]), mix(color, WHITE, 0.2), Label.HAT)  # fmt: skip


def _pins(sketch: Sketch, color: Color) -> None:
    if _away(sketch):
        return
    side = 1 if sketch.character.seed % 2 else -1
    if sketch.head.hides(side, PINS_HIDDEN):
        side = -side
    spots = np.array([[side * sketch.style.width * 0.75, h, 0.24] for h in (-0.20, -0.14)])
    for x, y in sketch.head.project(spots)[0].tolist():
        path = polygon(
            np.array([[x - 0.06, y + 0.012 * side], [x + 0.05, y - 0.012 * side]]), False
        )
        sketch.painter.stroke(path, pen(color, 0.022), Label.HAT)


def _cat_ears(sketch: Sketch, color: Color) -> None:
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

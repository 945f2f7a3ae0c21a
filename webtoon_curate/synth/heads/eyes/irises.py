"""Irises: pupils, gradients, reflections and highlights, in the eye's frame (see `eyes`)."""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.lids import frame_pen
from webtoon_curate.synth.paint import (
    Color,
    joined,
    linear,
    mix,
    pen,
    polygon,
    radial,
    solid,
)
from webtoon_curate.synth.people.style import SOFT_FILLS
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import INK, WHITE, Sketch

MODERN = frozenset({"gradient", "webtoon", "jewel", "halo", "smoke"})
"""Irises painted in gradients; flat fills draw them plain."""
BLANK_MOODS = frozenset({"shock", "surprise", "shout", "glare", "pain"})
"""Moods in which an eighth of the characters show eyes without irises."""
IRIS_AT, IRIS_NARROW = 0.45, 0.45
"""Where the iris of an eye from the side is, and how much narrower than from in front."""
LOOK, WIDE_LOOK = 0.2, 0.45
"""How far eyes look up and down, in eye heights, plain and in all other manners."""


def draw_iris(sketch: Sketch, eye: Eye) -> None:
    """Iris, pupil and highlights; call it clipped to the opening. Nothing in blank eyes."""
    style, pose = sketch.style, sketch.head.pose
    kind = _pupil_kind(sketch)
    if kind == "blank":
        return
    color = sketch.left_iris if eye.side < 0 else sketch.right_iris
    tall = style.eye_open if style.eye == "anime" else min(style.eye_open, 0.75)
    ry = max(style.iris * max(tall, 0.42), 0.2)
    rx = min(ry * (0.82 if tall > 0.7 else 1.0), 0.66)
    if eye.lid == "wide":
        rx, ry = rx * 0.45, ry * 0.42
    middle = float((eye.upper[3, 1] + eye.lower[3, 1]) / 2)
    # Gaze is in the picture; the frame of the left eye runs to the right, of the right eye not.
    x = -eye.side * pose.gaze[0] * (0.95 - rx) * 0.8
    y = middle + pose.gaze[1] * (LOOK if style.lids == "plain" else WIDE_LOOK) * eye.open
    if eye.wedge:
        rx *= 1 - IRIS_NARROW * eye.wedge
        x += eye.wedge * (IRIS_AT + 0.15 * x - x)
    iris = ellipse(x, y, rx, ry)
    sketch.painter.fill(iris, solid(color), eye.iris_label)
    if kind == "glow":
        sketch.painter.fill(ellipse(x, y, rx * 0.5, ry * 0.5), solid(mix(color, WHITE, 0.7)))
        return
    dark = mix(color, INK, 0.75)
    if style.eye == "round" or eye.lid == "wide":
        sketch.painter.fill(ellipse(x, y, rx * 0.55, ry * 0.55), solid(INK))
        return
    if sketch.bare:
        _bare_iris(sketch, x, y, rx, ry, iris)
    elif style.pupil in MODERN and style.fill != "flat":
        _modern_iris(sketch, x, y, rx, ry, color)
    elif style.pupil == "deep" and style.fill != "flat":
        glow = mix(color, WHITE, 0.2)
        sketch.painter.fill(
            ellipse(x, y - 0.12 * ry, rx * 0.96, ry * 0.84), solid(mix(color, INK, 0.7))
        )
        sketch.painter.fill(ellipse(x, y + 0.55 * ry, rx * 0.5, ry * 0.3), solid(glow, 0.8))
    elif style.pupil == "full" and (style.detail > 0.3 or style.fill in ("soft", "painted")):
        _rich_iris(sketch, x, y, rx, ry, color)
    else:
        sketch.painter.fill(ellipse(x, y - 0.05 * ry, rx * 0.42, ry * 0.42), solid(dark))
    edge = solid(dark)
    edge.setStyle(skia.Paint.kStroke_Style)
    ring = 0.16 if style.pupil == "ring" and style.fill != "flat" else 0.06
    edge.setStrokeWidth(min(max(frame_pen(sketch, 0.7), ring), 0.2 * ry))
    sketch.painter.canvas.drawPath(iris, edge)
    _draw_glint(sketch, eye, x, y, rx, ry)


def _draw_glint(sketch: Sketch, eye: Eye, x: float, y: float, rx: float, ry: float) -> None:
    """Highlights in the style's manner."""
    kind = sketch.style.glint
    if kind == "round":
        _glints(sketch, x, y, rx, ry)
    elif kind != "none":
        shape, alpha = _GLINTS[kind]
        path = shape(x, y, rx, ry, _lit_side(sketch, eye))
        sketch.painter.fill(path, solid(WHITE, alpha))


def _pupil_kind(sketch: Sketch) -> str:
    """What is special about the character's or the moment's pupils: most often nothing."""
    dice = sketch.character.seed % 1000
    if sketch.mood in BLANK_MOODS and dice % 8 == 0:
        return "blank"
    if sketch.mood in ("angry", "glare", "shout") and dice < 100:
        return "glow"
    return "slit" if dice > 970 else "round"


def _bare_iris(sketch: Sketch, x: float, y: float, rx: float, ry: float, iris: skia.Path) -> None:
    """Ink only: dark above, paper below."""
    with sketch.painter.shading(iris):
        sketch.painter.fill(ellipse(x, y - ry * 0.75, rx * 1.3, ry * 0.75), solid(INK))
    sketch.painter.fill(ellipse(x, y, rx * 0.5, ry * 0.52), solid(INK))


def _rich_iris(sketch: Sketch, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    """Shadow of the lid above, pupil, and light gathered below."""
    dark, light = mix(color, INK, 0.6), mix(color, WHITE, 0.45)
    if sketch.style.fill in SOFT_FILLS:
        sketch.painter.fill(
            ellipse(x, y, rx, ry), linear((x, y - ry), (x, y + ry), (dark, color, light))
        )
    elif sketch.style.fill != "flat":
        top = [[x - rx, y - 0.1 * ry], [x - 0.7 * rx, y - 0.72 * ry], [x, y - ry],
               [x + 0.7 * rx, y - 0.72 * ry], [x + rx, y - 0.1 * ry],
               [x, y - 0.28 * ry]]  # fmt: skip
        sketch.painter.fill(joined(top), solid(dark))
    if sketch.style.detail > 0.5:
        sketch.painter.fill(ellipse(x, y + 0.62 * ry, rx * 0.62, ry * 0.24), solid(light, 0.9))
    wide, tall = (0.16, 0.7) if _pupil_kind(sketch) == "slit" else (0.42, 0.46)
    sketch.painter.fill(ellipse(x, y, rx * wide, ry * tall), solid(mix(color, INK, 0.88)))


def _glints(sketch: Sketch, x: float, y: float, rx: float, ry: float) -> None:
    """Highlights; both eyes have them on the side of the light."""
    if sketch.style.detail < 0.12:
        return
    big = 0.22 + 0.16 * sketch.style.detail
    gx = sketch.light.side * 0.34 * rx
    path = ellipse(x + gx, y - 0.42 * ry, big * rx * 1.1, big * ry)
    if sketch.style.detail > 0.55 and sketch.style.eye == "anime":
        path.addPath(ellipse(x - 1.1 * gx, y + 0.45 * ry, big * rx * 0.6, big * ry * 0.5))
    sketch.painter.fill(path, solid(WHITE, 0.96))


def _modern_iris(sketch: Sketch, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    """Gradients as in colored webtoons: dark under the lid, light gathered opposite."""
    kind, painter = sketch.style.pupil, sketch.painter
    dark, light = mix(color, INK, 0.72), mix(color, WHITE, 0.5)
    whole, pupil = ellipse(x, y, rx, ry), 0.36
    if kind == "gradient":
        painter.fill(whole, linear((x, y - ry), (x, y + ry), (dark, color, color, light)))
    elif kind == "webtoon":
        lid = mix(color, INK, 0.85)
        ends = (x, y - 0.9 * ry), (x, y + 0.25 * ry)
        painter.fill(whole, linear(*ends, (lid, dark), (0.95, 0)))
        glow = radial((x, y + 0.75 * ry), 0.7 * ry, (light, light), (0.95, 0.0))
        painter.fill(whole, glow)
        pupil = 0.42
    elif kind == "jewel":
        _spokes(sketch, x, y, rx, ry, color)
    elif kind == "halo":
        painter.fill(whole, radial((x, y), max(rx, ry), (color, color, dark), (1, 1, 1)))
        ring = pen(light, 0.13 * ry, 0.85)
        painter.canvas.drawPath(ellipse(x, y, 0.5 * rx, 0.5 * ry), ring)
    else:
        painter.fill(whole, radial((x, y - 0.2 * ry), 1.1 * max(rx, ry), (dark, color, color),
                                   (1, 1, 1)))  # fmt: skip
        return
    if _pupil_kind(sketch) == "slit":
        painter.fill(ellipse(x, y, 0.16 * rx, 0.7 * ry), solid(mix(color, INK, 0.88)))
    else:
        painter.fill(ellipse(x, y, pupil * rx, pupil * ry), solid(mix(color, INK, 0.88), 0.95))


def _spokes(sketch: Sketch, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    """Fibres that run from the pupil to the rim, dark above and light below."""
    dark, light = mix(color, INK, 0.6), mix(color, WHITE, 0.6)
    above, below = skia.Path(), skia.Path()
    for i in range(16):
        angle = 2 * math.pi * (i + 0.5) / 16
        cos, sin = math.cos(angle), math.sin(angle)
        path = above if sin < 0.2 else below
        path.moveTo(x + 0.4 * rx * cos, y + 0.4 * ry * sin)
        path.lineTo(x + 0.92 * rx * cos, y + 0.92 * ry * sin)
    sketch.painter.canvas.drawPath(above, pen(dark, 0.12 * ry, 0.8))
    sketch.painter.canvas.drawPath(below, pen(light, 0.09 * ry, 0.7))


def _lit_side(sketch: Sketch, eye: Eye) -> float:
    """The side of the light in the eye's frame, which is mirrored for the picture's right eye."""
    return -eye.side * sketch.light.side


def _pair(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    path = ellipse(x + 0.36 * side * rx, y - 0.42 * ry, 0.27 * rx, 0.25 * ry)
    path.addPath(ellipse(x - 0.34 * side * rx, y + 0.42 * ry, 0.14 * rx, 0.13 * ry))
    path.addPath(ellipse(x + 0.05 * side * rx, y + 0.62 * ry, 0.07 * rx, 0.06 * ry))
    return path


def _window(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    corners = np.array([[0.1, -0.72], [0.58, -0.6], [0.6, -0.2], [0.14, -0.28]])
    return polygon(corners * [side * rx, ry] + [x, y])


def _star(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    angle = np.arange(8) * math.pi / 4
    reach = np.where(np.arange(8) % 2, 0.1, 0.36)[:, None]
    star = reach * np.stack([np.cos(angle), np.sin(angle)], axis=1) + [0.32 * side, -0.36]
    return polygon(star * [rx, ry] + [x, y])


def _side_glint(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    angle = np.linspace(-1.1, 0.35, 6)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.86
    inner = outer * np.array([1, 0.84, 0.76, 0.76, 0.84, 1])[:, None]
    return polygon(np.concatenate([outer, inner[::-1]]) * [side * rx, ry] + [x, y])


def _low(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    path = ellipse(x - 0.15 * side * rx, y + 0.66 * ry, 0.42 * rx, 0.14 * ry)
    path.addPath(ellipse(x + 0.38 * side * rx, y - 0.45 * ry, 0.13 * rx, 0.13 * ry))
    return path


def _moist(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    """Many: a large one, its answer below, a crescent of reflected light, and specks."""
    path = ellipse(x + 0.3 * side * rx, y - 0.46 * ry, 0.34 * rx, 0.27 * ry)
    path.addPath(ellipse(x - 0.42 * side * rx, y - 0.1 * ry, 0.15 * rx, 0.13 * ry))
    path.addPath(ellipse(x - 0.3 * side * rx, y + 0.46 * ry, 0.22 * rx, 0.17 * ry))
    path.addPath(ellipse(x + 0.12 * side * rx, y + 0.68 * ry, 0.26 * rx, 0.08 * ry))
    path.addPath(ellipse(x + 0.5 * side * rx, y + 0.34 * ry, 0.08 * rx, 0.07 * ry))
    return path


def _sparkle(x: float, y: float, rx: float, ry: float, side: float) -> skia.Path:
    """Stars and ovals over half the iris, as in older comics for girls."""
    path = _star(x, y, 1.25 * rx, 1.2 * ry, side)
    path.addPath(_star(x - 0.25 * side * rx, y + 0.75 * ry, 0.7 * rx, 0.6 * ry, side))
    path.addPath(ellipse(x - 0.45 * side * rx, y - 0.3 * ry, 0.17 * rx, 0.2 * ry))
    path.addPath(ellipse(x - 0.3 * side * rx, y + 0.3 * ry, 0.11 * rx, 0.12 * ry))
    path.addPath(ellipse(x + 0.45 * side * rx, y + 0.2 * ry, 0.1 * rx, 0.11 * ry))
    return path


_GLINTS = {"pair": (_pair, 0.97), "window": (_window, 0.85), "star": (_star, 0.97),
           "side": (_side_glint, 0.8), "low": (_low, 0.75), "moist": (_moist, 0.95),
           "sparkle": (_sparkle, 0.95)}  # fmt: skip
"""Shapes of highlights and their opacity, by the style's manner."""

"""Mouths."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import (
    Color,
    joined,
    linear,
    mix,
    pen,
    polygon,
    radial,
    smooth,
    solid,
)
from webtoon_curate.synth.people.families import HELDOUT_FAMILIES
from webtoon_curate.synth.people.poses import Expression
from webtoon_curate.synth.people.style import Style
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import INK, WHITE, Sketch, affine, between_curves

Array = NDArray[Any]

OUTER_X = np.array([-1, -0.62, -0.26, 0, 0.26, 0.62, 1, 0.62, 0.26, 0, -0.26, -0.62])
INNER = np.array([0, 2, 3, 4, 6, 8, 9, 10])
"""Which of twelve points around the opening are the inner landmarks."""
LOWER = [0, 11, 10, 9, 8, 7, 6]
"""Which of the twelve run along the lower edge from left to right, as 0 to 6 along the upper."""
LANDMARKS = np.r_[0:12, 24:32]
"""Which of the contour's, the opening's and the inner points are landmarks."""
CAVITY: Color = (110, 30, 36)
TONGUE: Color = (226, 110, 110)
LOWEST_LIP = 0.455
"""The mouth never opens below this height, where the chin begins."""


CAT_FAMILIES = ("chibi", "anime", "gag")


def cat_mouth(sketch: Sketch) -> bool:
    """Whether a closed smile is drawn as two arcs."""
    smiling = sketch.mood in ("smile", "smirk")
    return smiling and sketch.style.family in CAT_FAMILIES and sketch.character.seed % 3 == 0


LOPSIDED = {"smirk": 0.2, "glare": 0.06, "pout": 0.05, "bored": 0.07, "talk": 0.05, "angry": 0.08,
            "contempt": 0.16, "sneer": 0.1, "doubt": 0.08, "clench": 0.05}  # fmt: skip
"""How far such mouths lean, in half widths."""


BARED = {"grin": 0, "pain": 1, "sneer": 2, "clench": 3, "dread": 3}
"""Moods that show both rows of teeth, and how many of four people have them drawn one by one."""


def mouth_gape(style: Style, expression: Expression) -> float:
    """How far a mouth is open, in heads."""
    wide = style.mouth_width * expression.wide * expression.gape
    return min(1.5 * wide, (LOWEST_LIP - style.mouth_y) / 0.75)


class Mouth:
    """The mouth in the picture: outer lip contour (12 points) and opening (12 points).

    ``points`` are the twenty landmarks, ``depth`` how near they are, ``facing`` which of them are
    turned to the reader; ``half`` is half the width, ``gape`` how far it opens, ``lips`` how full
    they are, 0 where they are not drawn.
    """

    def __init__(self, sketch: Sketch) -> None:
        s, e = sketch.style, sketch.expression
        half = s.mouth_width * e.wide
        self.gape = mouth_gape(s, e)
        self.open = self.gape > 0.006
        lips = s.lips if s.lips > 0.15 else 0.0
        bend = 1 - OUTER_X**2
        corner = s.mouth_y - 0.22 * e.smile * half
        middle = 0.35 * e.smile * half * bend
        if sketch.mood in LOPSIDED and s.family not in HELDOUT_FAMILIES:
            # One corner goes up, the other hardly, and the whole mouth leans over.
            lean = LOPSIDED[sketch.mood] * half * sketch.character.side
            corner = corner - lean * OUTER_X
            middle = middle + 0.35 * lean * np.sin(np.pi * OUTER_X)
        if sketch.mood == "wavy":
            middle = middle + 0.12 * half * np.sin(OUTER_X * 7)
        if cat_mouth(sketch):
            middle = 0.3 * half * np.abs(np.sin(np.pi * OUTER_X))
        upper = slice(0, 7)
        inner = corner + middle
        drop = np.zeros(12)
        drop[upper] = -0.25 * self.gape * bend[upper] ** 0.7
        drop[7:] = 0.75 * self.gape * bend[7:] ** 0.6
        inner_y = inner + drop
        thick = np.zeros(12)
        thick[upper] = -lips * half * 0.26 * np.array([0, 0.6, 1.0, 0.8, 1.0, 0.6, 0])
        thick[7:] = lips * half * 0.36 * np.array([0.65, 1.0, 1.05, 1.0, 0.65])
        wide = half * OUTER_X
        outer = np.stack([wide, inner_y + thick], axis=1)
        ring = np.stack([wide * (0.94 if lips else 1.0), inner_y], axis=1)
        flat = np.concatenate([outer, ring, ring[INNER]])
        points, depth = sketch.head.project(sketch.head.surface(flat))
        self.outer, self.inner_ring = points[:12], points[12:24]
        self.points, self.depth = points[LANDMARKS], depth[LANDMARKS]
        self.facing = sketch.head.facing(flat[LANDMARKS])
        self.lips = lips
        self.half = 0.5 * abs(float(self.outer[6, 0] - self.outer[0, 0]))


def _halves(points: Array) -> tuple[Array, Array]:
    """Upper and lower line of twelve points around a mouth, from its left corner around."""
    return points[:7], np.concatenate([points[6:], points[:1]])


def _ring(points: Array) -> skia.Path:
    """Closed contour through twelve points around a mouth, with corners at both ends."""
    return joined(*_halves(points))


def draw_mouth(sketch: Sketch, mouth: Mouth) -> None:
    """Draws the mouth."""
    if sketch.style.mouth_line == "none":
        return
    painter, character = sketch.painter, sketch.character
    painter.mark("mouth", *_halves(mouth.inner_ring))
    if sketch.style.mouth_line == "tint" and not sketch.bare:
        _tint(sketch, mouth)
    elif mouth.lips or character.lipstick:
        painter.mark("mouth", *_halves(mouth.outer))
        if sketch.style.mouth_line == "glossy" and not sketch.bare:
            _glossy(sketch, mouth)
        else:
            _lips(sketch, mouth)
    (_open_mouth if mouth.open else _closed_mouth)(sketch, mouth)


def _lips(sketch: Sketch, mouth: Mouth) -> None:
    """Lips of one color, the upper darker."""
    painter, character = sketch.painter, sketch.character
    color = mix(sketch.skin, (196, 70, 76), 0.35)
    if character.lipstick and not sketch.bare:
        color = character.lipstick
    elif sketch.bare:
        color = sketch.skin
    painter.fill(_ring(mouth.outer), solid(color, 0.9), Label.MOUTH)
    if sketch.bare or not mouth.lips:
        return
    upper = between_curves(mouth.outer[:7], mouth.inner_ring[:7])
    painter.fill(upper, solid(sketch.shadow(color, 0.8)))
    if sketch.style.detail > 0.5:
        low = mouth.outer[8:11].mean(0) * 0.6 + mouth.inner_ring[8:11].mean(0) * 0.4
        x, y = low.tolist()
        painter.fill(ellipse(x, y, 0.25 * mouth.half, 0.005), solid(WHITE, 0.5))


def _glossy(sketch: Sketch, mouth: Mouth) -> None:
    """Tinted lips: strongest at the opening, fading outwards, with a wet shine below."""
    painter, style = sketch.painter, sketch.style
    color = sketch.character.lipstick or mix(sketch.skin, (206, 66, 78), 0.3 + 0.35 * style.warmth)
    deep = mix(color, (110, 20, 40), 0.35)
    outer = _ring(mouth.outer)
    painter.fill(outer, solid(color, 0.55 + 0.35 * style.relief), Label.MOUTH)
    with painter.shading(outer):
        middle = mouth.inner_ring.mean(0)
        half = mouth.half + 0.01
        thick = max(float(mouth.outer[9, 1] - middle[1]), 0.012)
        with painter.group(affine(np.diag([half, thick]), middle)):
            painter.fill(ellipse(0, 0, 1, 1), radial((0, 0), 1.0, (deep, deep), (0.85, 0.0)))
        shine = mouth.outer[8:11] * 0.45 + mouth.inner_ring[8:11] * 0.55
        x, y = shine.mean(0).tolist()
        wide = half * (0.16 + 0.2 * style.detail)
        painter.fill(ellipse(x, y, wide, 0.16 * thick), solid(WHITE, 0.35 + 0.5 * style.detail))
        if style.detail > 0.6:
            top = mouth.outer[3]
            painter.fill(ellipse(top[0], top[1] + 0.004, 0.6 * wide, 0.003), solid(WHITE, 0.5))


def _tint(sketch: Sketch, mouth: Mouth) -> None:
    """Lips without an edge: a red that is strongest at the line and gone where lips would end."""
    outer, ring = mouth.outer, mouth.inner_ring
    half = mouth.half + 0.005
    red = (214, 72, 84) if sketch.character.gender != "man" else (190, 96, 84)
    color = sketch.character.lipstick or mix(sketch.skin, red, 0.75)
    thick = max(float(outer[9, 1] - ring[3, 1]), 0.3 * half, 0.012)
    if mouth.lips:
        sketch.painter.fill(_ring(outer), None, Label.MOUTH)
    middle = 0.5 * (ring[3] + ring[9]) + [0, 0.25 * thick]
    wide = affine(np.array([[0.95 * half, 0.0], [0.0, 1.25 * thick]]), middle)
    with sketch.painter.group(wide):
        paint = radial((0, 0), 1.0, (color, color, color), (0.85, 0.6, 0.0))
        sketch.painter.fill(ellipse(0, 0, 1, 1), paint)
    if sketch.style.detail > 0.4:
        x, y = middle[0], middle[1] + 0.45 * thick
        sketch.painter.fill(ellipse(x, y, 0.16 * half, 0.14 * thick), solid(WHITE, 0.6))


LINE_WEIGHTS = {"plain": 0.9, "gap": 0.8, "thick": 1.3, "short": 1.0, "under": 0.9, "soft": 0.8,
                "glossy": 0.7, "tint": 0.7}  # fmt: skip


def _closed_mouth(sketch: Sketch, mouth: Mouth) -> None:
    line, kind = mouth.inner_ring[:7], sketch.style.mouth_line
    weight = LINE_WEIGHTS[kind]
    if kind == "gap" and not mouth.lips:
        sketch.line(line[:3], weight, label=Label.MOUTH)
        sketch.line(line[3:], weight, label=Label.MOUTH)
    elif kind == "short":
        # The middle speaks; towards the corners the line dies away.
        sketch.line(line, 0.5, label=Label.MOUTH, alpha=0.55)
        sketch.line(line[1:6], 1.2, label=Label.MOUTH)
    elif kind in ("soft", "glossy", "tint"):
        tone = INK if sketch.bare else mix(sketch.ink(sketch.skin), (150, 40, 50), 0.4)
        sketch.line(line, 1.8 * weight, tone, Label.MOUTH, alpha=0.4)
        sketch.line(line, weight, tone, Label.MOUTH)
        for corner in (line[:2], line[5:]):
            sketch.line(corner, 1.1, tone, Label.MOUTH, alpha=0.8)
    else:
        sketch.line(line, weight, label=Label.MOUTH)
    if kind == "under":
        _under_lip(sketch, mouth)
        return
    if kind in ("soft", "glossy", "tint"):
        return
    if sketch.style.detail > 0.45 and sketch.style.nose not in ("none", "round"):
        under = (mouth.outer[8:11] + np.array([0, 0.016]))[::-1]
        sketch.line(under, 0.6, alpha=0.6)


def _under_lip(sketch: Sketch, mouth: Mouth) -> None:
    """The shadow under the lower lip, the only sign of it."""
    low = mouth.outer[8:11] + np.array([0, 0.022])
    dip = low + np.array([[0, 0.004], [0, 0.012], [0, 0.004]])
    sketch.shade(between_curves(low, dip), sketch.skin, 1.4)


def _open_mouth(sketch: Sketch, mouth: Mouth) -> None:
    painter, inside = sketch.painter, _ring(mouth.inner_ring)
    cavity = INK if sketch.bare else mix(CAVITY, sketch.ink(sketch.skin), 0.35)
    painter.fill(inside, solid(cavity), Label.INNER_MOUTH)
    ring = mouth.inner_ring
    painter.fill(smooth(ring[:7]), None, Label.MOUTH)
    tall = float(ring[9, 1] - ring[3, 1])
    with painter.shading(inside):
        x, y = ring[9].tolist()
        wide = float(np.abs(ring[6, 0] - ring[0, 0])) / 2
        if tall > 0.02:
            _tongue(sketch, x, y, wide, tall, cavity)
        if sketch.character.seed % 9 == 0 and sketch.style.family != "painted":
            _fang(sketch, ring, tall)
        if sketch.expression.teeth:
            _teeth(sketch, ring, tall, cavity)
    if mouth.lips < 0.5 or sketch.outlined:
        edge = solid(sketch.ink(sketch.skin))
        edge.setStyle(skia.Paint.kStroke_Style)
        edge.setStrokeWidth(sketch.pen_width(0.8))
        painter.stroke(inside, edge, Label.MOUTH)
    if sketch.mood == "tongue":
        _tongue_out(sketch, mouth)


def _tongue(sketch: Sketch, x: float, y: float, wide: float, tall: float, cavity: Color) -> None:
    """The tongue at (x, y), the bottom of an opening; soft fills give it a groove and a light."""
    painter = sketch.painter
    color = WHITE if sketch.bare else mix(TONGUE, cavity, 0.1)
    painter.fill(ellipse(x, y, wide * 0.55, tall * 0.42), solid(color))
    if sketch.bare or sketch.style.skin == "plain":
        return
    back = mix(color, cavity, 0.7)
    top = linear((x, y - 0.42 * tall), (x, y), (back, color))
    painter.fill(ellipse(x, y, wide * 0.55, tall * 0.42), top)
    painter.fill(ellipse(x, y - 0.12 * tall, 0.05 * wide, 0.22 * tall), solid(back, 0.6))


def _teeth(sketch: Sketch, ring: Array, tall: float, cavity: Color) -> None:
    """The upper row, at times the lower one; clenched or bared, both and the line between."""
    painter, seed = sketch.painter, sketch.character.seed
    upper, lower = ring[:7], ring[LOWER]
    bared = sketch.mood in BARED
    low = upper + np.array([0, (0.9 if bared else 0.28) * tall])
    painter.fill(between_curves(upper - [0, 0.02], low), solid(mix(WHITE, sketch.skin, 0.05)))
    if bared:
        if seed % 4 < BARED[sketch.mood]:
            _tooth_lines(sketch, upper, lower)
        sketch.line((upper + lower) / 2, 0.5)
    elif tall > 0.05 and seed % 3 == 0:
        row = between_curves(lower + np.array([0, 0.02]), lower - np.array([0, 0.18 * tall]))
        painter.fill(row, solid(mix(WHITE, cavity, 0.25)))


def _tooth_lines(sketch: Sketch, upper: Array, lower: Array) -> None:
    """The gaps between teeth."""
    at, knots = np.linspace(0.6, 5.4, 9), np.arange(7)
    rows = [np.interp(at, knots, edge[:, i]).tolist() for edge in (upper, lower) for i in range(2)]
    path = skia.Path()
    for x0, y0, x1, y1 in zip(*rows):
        path.moveTo(x0, y0)
        path.lineTo(x1, y1)
    width = max(0.45 * sketch.style.line, 0.3 * sketch.pixel)
    sketch.painter.canvas.drawPath(path, pen(sketch.ink(sketch.skin), width, 0.6))


def _tongue_out(sketch: Sketch, mouth: Mouth) -> None:
    """A tongue that hangs over the lower lip."""
    ring = mouth.inner_ring
    way = 0.35 * (ring[8] - ring[9]) * sketch.character.side
    root, half = ring[9] * 0.6 + ring[3] * 0.4 + way, 0.27 * float(np.hypot(*(ring[6] - ring[0])))
    shape = root + half * np.array([[-0.9, 0], [-0.95, 0.9], [0, 1.6], [0.95, 0.9], [0.9, 0]])
    color = WHITE if sketch.bare else TONGUE
    sketch.blob(shape, color, Label.INNER_MOUTH, line=0.7)
    sketch.line(root + half * np.array([[0, 0.2], [0, 1.0]]), 0.5, alpha=0.6)


def _fang(sketch: Sketch, ring: Array, tall: float) -> None:
    """One pointed tooth, a sign of mischief."""
    x, y = ring[2].tolist()
    w = 0.5 * abs(float(ring[3, 0] - ring[2, 0]))
    tooth = np.array([[x - w, y - 0.02], [x + w, y - 0.02], [x, y + min(0.4 * tall, 0.03)]])
    sketch.painter.fill(polygon(tooth), solid(WHITE))

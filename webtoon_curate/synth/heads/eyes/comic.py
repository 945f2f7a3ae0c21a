"""Comic eyes: the signs that serious titles, too, put in place of eyes for a joke.

Points lie where they do on eyes: corners at the ends of lines and the sides of disks, lids on
their outline. Signs are drawn in the eye's frame (see `eyes`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.paint import Color, joined, mix, pen, polygon, smooth, solid
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.style import Style
from webtoon_curate.synth.shapes import ellipse, star
from webtoon_curate.synth.sketch import WHITE, Sketch, between_curves

Array = NDArray[Any]

GLYPHS: dict[str, dict[str, float]] = {
    "neutral": {"dots": 4, "line": 2, "white": 0.5}, "talk": {"dots": 4, "line": 1, "white": 0.5},
    "smile": {"arc": 3, "dots": 3, "star": 0.5}, "happy": {"arc": 3, "star": 1, "heart": 0.7,
                                                         "dots": 1},
    "laugh": {"chevron": 3, "arc": 2}, "grin": {"arc": 3, "chevron": 1.5, "star": 0.7},
    "sad": {"tears": 2, "dots": 3, "line": 1}, "cry": {"tears": 5, "chevron": 2, "white": 1},
    "teary": {"tears": 3, "dots": 2, "white": 1},
    "angry": {"fierce": 4, "dots": 1, "chevron": 1}, "shout": {"fierce": 3, "white": 3,
                                                              "chevron": 2},
    "shock": {"white": 4, "rings": 4, "dots": 2}, "surprise": {"white": 2, "rings": 2, "dots": 3},
    "dread": {"white": 4, "rings": 3, "spiral": 1},
    "pain": {"chevron": 4, "cross": 1.5, "spiral": 1}, "dazed": {"spiral": 4, "cross": 2,
                                                                "white": 1},
    "worry": {"dots": 3, "line": 2, "white": 1}, "wavy": {"dots": 2, "spiral": 1, "white": 1},
    "bored": {"line": 4, "dots": 1}, "sleepy": {"line": 3, "arc": 0.5},
    "smirk": {"arc": 2, "line": 2}, "pout": {"dots": 3, "chevron": 1, "line": 1},
    "kiss": {"chevron": 1, "heart": 1}, "glare": {"fierce": 2, "line": 2},
    "drunk": {"arc": 2, "line": 2, "spiral": 1}, "tongue": {"chevron": 2, "arc": 2, "star": 1},
}  # fmt: skip
"""Signs for what faces express, and how often; other expressions have none."""

SHUT_LIDS = {"line": "closed", "arc": "happy", "chevron": "squeezed", "tears": "closed"}
"""The lids of an eye that is a line."""
DISKS = {
    "dots": (0.3, 0.38),
    "white": (0.9, 0.95),
    "rings": (0.85, 0.9),
    "spiral": (0.85, 0.85),
    "cross": (0.6, 0.6),
    "star": (0.9, 0.9),
    "heart": (0.9, 0.85),
    "fierce": (0.95, 0.7),
}
"""Half width and half height of the others, in half eye widths."""
_TEAR: Color = (190, 224, 250)


def comic(style: Style, pose: Pose, rng: np.random.Generator) -> Style:
    """The style of one drawing: most often as given, else with a sign for eyes and little else."""
    chance = rng.random()
    if style.simple or chance >= style.comic or pose.expression not in GLYPHS:
        return style
    return replace(style, **_changes(style, pick(rng, GLYPHS[pose.expression]), rng))


def _changes(style: Style, glyph: str, rng: np.random.Generator) -> dict[str, Any]:
    """What a face with a sign for eyes has besides."""
    changes: dict[str, Any] = {"glyph": glyph, "lips": 0.0, "mouth_line": "plain"}
    changes["detail"] = 0.3 * style.detail
    if glyph == "dots":
        changes["eye"] = "dot"
    if rng.random() < 0.6:
        changes["nose"] = pick(rng, {"none": 4, "dot": 2, "line": 0.5})
    if rng.random() < 0.5:
        changes |= {"skin": "plain", "brow": pick(rng, {"line": 3, "plain": 2, "none": 1})}
    return changes


def glyph_lids(glyph: str) -> tuple[Array, Array]:
    """Upper and lower lid of a disk or a straight line, (7, 2) each, outer to inner corner."""
    if glyph in SHUT_LIDS:
        line = np.stack([np.linspace(-0.9, 0.9, 7), np.full(7, 0.05)], axis=1)
        return line, line
    wide, tall = DISKS[glyph]
    angle = np.linspace(0, math.pi, 7)
    lower = np.stack([-wide * np.cos(angle), tall * np.sin(angle)], axis=1)
    upper = lower * [1, -1]
    if glyph == "fierce":
        upper[:, 1] = np.linspace(-0.7, 0.2, 7)
        lower[:, 1] += np.linspace(-0.7, 0.2, 7)
    return upper, lower


def draw_glyph(sketch: Sketch, eye: Eye) -> None:
    """Draws the sign."""
    glyph, color, painter = sketch.style.glyph, sketch.lash, sketch.painter
    width = max(1.7 * sketch.style.line, 0.009, 0.9 * sketch.pixel) / sketch.style.eye_size
    line = pen(color, width)
    if glyph in SHUT_LIDS:
        curves = (eye.upper, eye.lower) if glyph == "chevron" else (eye.upper,)
        for arc in curves:
            path = polygon(arc[[0, 6]], closed=False) if glyph == "chevron" else smooth(arc)
            painter.stroke(path, line, eye.label)
        if glyph == "tears":
            _streams(sketch, width)
        return
    outline = between_curves(eye.upper, eye.lower)
    wide, tall = DISKS[glyph]
    if glyph == "dots":
        painter.fill(outline, solid(color), eye.label)
        painter.fill(ellipse(0, 0, 0.7 * wide, 0.7 * tall), None, eye.iris_label)
    elif glyph == "cross":
        painter.fill(outline, None, eye.label)
        for way in (-1, 1):
            painter.canvas.drawLine(-wide, -tall * way, wide, tall * way, line)
    elif glyph in ("star", "heart"):
        fill = WHITE if sketch.bare else ((255, 214, 70) if glyph == "star" else (240, 80, 120))
        painter.fill(outline, None, eye.label)
        sign = star(0, 0, wide, 0.45 * wide, 5, -math.pi / 2) if glyph == "star" else _heart(wide)
        painter.fill(sign, solid(fill))
        painter.canvas.drawPath(sign, pen(color, 0.6 * width))
    else:
        painter.fill(outline, solid(WHITE), eye.label)
        painter.canvas.drawPath(outline, line)
        _inside(sketch, eye, glyph, width)


def _inside(sketch: Sketch, eye: Eye, glyph: str, width: float) -> None:
    """What a white disk holds: a point, a spiral, or nothing."""
    painter, color = sketch.painter, sketch.lash
    if glyph == "rings":
        painter.fill(ellipse(0, 0.05, 0.17, 0.18), solid(color), eye.iris_label)
    elif glyph == "fierce" and sketch.character.seed % 2:
        painter.fill(ellipse(0.3, 0.22, 0.13, 0.13), solid(color), eye.iris_label)
    elif glyph == "spiral":
        angle = np.linspace(0, 4.6 * math.pi, 24)
        reach = 0.05 + 0.75 * angle / angle[-1]
        turn = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
        painter.canvas.drawPath(smooth(turn), pen(color, 0.7 * width))


def _streams(sketch: Sketch, width: float) -> None:
    """Tears that run down in broad bands, with wavy ends."""
    long = (sketch.style.mouth_y + 0.02 - sketch.style.eye_y) / sketch.style.eye_size
    path = joined([[-0.55, 0.1], [-0.6, 0.5 * long], [-0.5, long]],
                  [[0.5, long], [0.6, 0.5 * long], [0.55, 0.1]])  # fmt: skip
    sketch.painter.fill(path, solid(WHITE if sketch.bare else mix(_TEAR, WHITE, 0.2), 0.9))
    edge = sketch.lash if sketch.bare else (110, 160, 214)
    sketch.painter.canvas.drawPath(path, pen(edge, 0.5 * width))


def _heart(reach: float) -> skia.Path:
    path = skia.Path()
    path.moveTo(0, 0.95 * reach)
    path.cubicTo(-1.6 * reach, -0.2 * reach, -0.7 * reach, -1.4 * reach, 0, -0.45 * reach)
    path.cubicTo(0.7 * reach, -1.4 * reach, 1.6 * reach, -0.2 * reach, 0, 0.95 * reach)
    path.close()
    return path

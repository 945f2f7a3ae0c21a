"""Ears and what hangs on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.skin import SOFT_SKINS, skin_manner
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import radial, smooth, solid
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import Sketch, warm_tone

Array = NDArray[Any]

EAR_SHAPE = np.array([[0.0, -0.30], [0.22, -0.52], [0.58, -0.46], [0.70, -0.18], [0.55, 0.16],
                      [0.34, 0.42], [0.10, 0.50], [0.0, 0.30]])  # fmt: skip
"""Outline of an ear, one high, from its front edge to the back."""
ELF_SHAPE = np.array([[0.0, -0.22], [0.5, -0.6], [1.15, -0.95], [0.9, -0.4], [0.6, 0.05],
                      [0.34, 0.38], [0.10, 0.46], [0.0, 0.28]])  # fmt: skip
EAR_SPREAD = 0.5
"""How far ears stand off the head: sine of the angle."""


def draw_ear(sketch: Sketch, side: int, skin: skia.Paint) -> None:
    """Draws the picture's left (-1) or right (1) ear."""
    s, size = sketch.style, sketch.style.ear
    origin = np.array([side * s.width * 0.97, s.eye_y + size * 0.35, 0.0])
    # Away from the face an ear runs outward and back.
    back = np.array([side * EAR_SPREAD, 0.0, -np.sqrt(1 - EAR_SPREAD**2)])
    shape = ELF_SHAPE if sketch.character.ear == "elf" else EAR_SHAPE
    outline = origin + size * (shape[:, :1] * back + shape[:, 1:] * np.array([0, 1.0, 0]))
    points, _ = sketch.head.project(outline)
    path, center = smooth(points, closed=True), points.mean(0)
    sketch.painter.fill(path, skin, Label.EARS)
    if skin_manner(sketch) in SOFT_SKINS:
        warm = warm_tone(sketch)
        glow = radial(tuple(center.tolist()), 0.6 * size, (warm, warm), (0.2 + 0.5 * s.warmth, 0.0))
        sketch.painter.fill(path, glow)
    sketch.outline(path, sketch.skin)
    if s.detail > 0.2 or s.eye in ("round", "dot"):
        inner = center + (points[1:6] - center) * 0.55
        sketch.line(inner, 0.6, alpha=0.9)
    _earring(sketch, side)


EARRING_SHARE = 0.25
"""Share of women and older girls with earrings; a third of it for men, half for others."""


def _earring(sketch: Sketch, side: int) -> None:
    """A ring or a stud at the picture's left (-1) or right (1) ear."""
    if sketch.character.age == "child":
        return
    own = np.random.default_rng(sketch.character.seed + 9)
    share = EARRING_SHARE * {"woman": 1.0, "man": 0.33}.get(sketch.character.gender, 0.5)
    if own.random() > share:
        return
    s = sketch.style
    spot = np.array([[side * (s.width + 0.06 * s.ear), s.eye_y + s.ear * 0.82, -0.03]])
    x, y = sketch.head.project(spot)[0][0].tolist()
    size = 0.014 + 0.03 * own.random()
    gold = sketch.tone((232, 190, 70) if own.random() < 0.6 else (214, 222, 232))
    stud = ellipse(x, y + size, size, size * (1.0 + 1.5 * own.random()))
    sketch.painter.fill(stud, solid(gold), Label.EARS)
    sketch.outline(stud, gold, 0.6)

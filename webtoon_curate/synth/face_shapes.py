"""Shapes of faces: round, heart-shaped, long, square, heavy, gaunt; a person keeps one for life."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from webtoon_curate.synth.paint import smooth
from webtoon_curate.synth.style import pick

if TYPE_CHECKING:
    from webtoon_curate.synth.character import Character
    from webtoon_curate.synth.sketch import Sketch

FACE_SHAPES: dict[str, dict[str, float]] = {
    "woman": {"usual": 50, "round": 14, "heart": 22, "long": 6, "square": 1, "heavy": 5,
              "gaunt": 2},
    "man": {"usual": 44, "round": 5, "heart": 10, "long": 13, "square": 13, "heavy": 8, "gaunt": 7},
    "unknown": {"usual": 60, "round": 12, "heart": 12, "long": 6, "heavy": 6, "gaunt": 4},
    "child": {"usual": 50, "round": 40, "heart": 4, "heavy": 6},
}  # fmt: skip
"""How many people have which shape."""

SHAPE_CHANGES: dict[str, dict[str, float]] = {
    "usual": {},
    "round": {"width": 1.04, "cheek": 1.03, "jaw": 1.09, "chin": 1.22, "point": 1.4},
    "heart": {"width": 1.02, "jaw": 0.93, "chin": 0.84, "point": 0.8},
    "long": {"width": 0.91, "jaw": 0.98, "eye_size": 0.97, "nose_out": 1.08},
    "square": {"jaw": 1.16, "chin": 1.36, "point": 1.7, "jaw_round": 0.2},
    "heavy": {"width": 1.09, "cheek": 1.07, "jaw": 1.27, "chin": 1.5, "point": 2.2,
              "eye_size": 0.9, "eye_open": 0.88, "nose_width": 1.15, "jaw_round": 1.5},
    "gaunt": {"width": 0.94, "cheek": 0.94, "jaw": 0.86, "chin": 0.92, "jaw_round": 0.3,
              "nose_out": 1.1},
}  # fmt: skip
"""Factors on a style's proportions."""

WEIGHTS = {"heavy": 1.3, "round": 1.06, "gaunt": 0.88}
"""Factors on the weight of the body below."""

FLESH_HIDDEN = 35
"""Degrees of yaw beyond which a far cheek does not show its hollow."""


@lru_cache(maxsize=256)
def face_shape(character: Character) -> str:
    """A key of `SHAPE_CHANGES`, the same at each drawing."""
    rng = np.random.default_rng(character.seed + 31)
    return pick(rng, FACE_SHAPES["child" if character.age == "child" else character.gender])


def draw_flesh(sketch: Sketch) -> None:
    """The fold of a double chin, or hollows under the cheekbones; call it clipped to the face."""
    shape, s = face_shape(sketch.character), sketch.style
    if sketch.character.facial_hair in ("full beard", "long beard") or s.detail < 0.15:
        return
    if shape == "heavy":
        y, w = 0.5 * (s.mouth_y + 0.5) + 0.02, s.mouth_width
        fold = np.array([[-1.3 * w, y - 0.012], [0, y + 0.016], [1.3 * w, y - 0.012]])
        sketch.line(sketch.head.place(fold), 0.7, alpha=0.75)
    elif shape == "gaunt":
        for side in (-1, 1):
            if sketch.head.hides(side, FLESH_HIDDEN):
                continue
            _hollow(sketch, side)


def _hollow(sketch: Sketch, side: int) -> None:
    """A wedge of shadow under one cheekbone."""
    s = sketch.style
    wide, top = s.width * s.cheek, s.nose_y - 0.02
    wedge = np.array([[0.88 * wide, top - 0.02], [0.66 * wide, top + 0.03],
                      [0.46 * wide, s.mouth_y + 0.01], [0.66 * wide, s.mouth_y],
                      [0.82 * wide, top + 0.05]])  # fmt: skip
    hollow = smooth(sketch.head.place(wedge * [side, 1]), closed=True)
    sketch.shade(hollow, sketch.skin, 0.6)

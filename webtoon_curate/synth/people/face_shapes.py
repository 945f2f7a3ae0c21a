"""Shapes of faces: round, heart-shaped, long, square, heavy, gaunt; a person keeps one for life."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.people.character import Character

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

BODY_WEIGHTS = {"heavy": 1.3, "round": 1.06, "gaunt": 0.88}
"""Factors on the weight of the body below."""


@lru_cache(maxsize=256)
def face_shape(character: Character) -> str:
    """A key of `SHAPE_CHANGES`, the same at each drawing."""
    rng = np.random.default_rng(character.seed + 31)
    return pick(rng, FACE_SHAPES["child" if character.age == "child" else character.gender])

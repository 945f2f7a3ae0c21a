"""Flesh: double chins, and hollows under the cheekbones."""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth.paint import smooth
from webtoon_curate.synth.people.face_shapes import face_shape
from webtoon_curate.synth.sketch import Sketch

FLESH_HIDDEN = 35
"""Degrees of yaw beyond which a far cheek does not show its hollow."""


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

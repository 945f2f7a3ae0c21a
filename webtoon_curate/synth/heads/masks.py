"""Cloth masks, eye patches and bandages."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import joined, pen, smooth, solid
from webtoon_curate.synth.sketch import WHITE, Sketch

Array = NDArray[Any]

LOOP_HIDDEN = 20
"""Degrees of yaw beyond which a far ear does not show a mask's loop."""
MASK_BULGES = 30
"""Degrees of yaw beyond which the nose lifts a mask off the outline of the face."""
EYE_PATCHES = ("eye patch", "bandage")
"""Marks that cover an eye."""


def draw_patch(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """An eye patch or a bandage over one eye."""
    kinds = [mark for mark in sketch.character.marks if mark in EYE_PATCHES]
    if not kinds:
        return
    own = np.random.default_rng(sketch.character.seed + 7)
    eye = eyes[int(own.random() * 2)]
    s, head = sketch.style, sketch.head
    color = (34, 30, 36) if kinds[0] == "eye patch" and own.random() < 0.5 else WHITE
    x, y = eye.center
    r = max(1.5 * s.eye_size, 0.09)
    strap = [[-s.width * 0.98, s.eye_y - 0.12 * eye.side], [x, y],
             [s.width * 0.98, s.eye_y + 0.12 * eye.side]]  # fmt: skip
    sketch.painter.stroke(smooth(sketch.place(strap, 0.02)), pen(color, 0.02), Label.OCCLUDER)
    if eye.facing > -0.1:
        angle = np.linspace(0, 2 * np.pi, 11)[:-1]
        ring = np.stack([x + r * np.cos(angle), y + 0.85 * r * np.sin(angle)], axis=1)
        sketch.blob(head.place(ring, 0.02), color, Label.OCCLUDER)


def draw_mask(sketch: Sketch) -> None:
    """A cloth mask from the nose to under the chin."""
    if "face mask" not in sketch.character.marks:
        return
    own = np.random.default_rng(sketch.character.seed + 10)
    color = sketch.tone((245, 247, 250) if own.random() < 0.6 else (40, 40, 46))
    s, head = sketch.style, sketch.head
    low = head.contour[5:-5]
    top = s.nose_y - 0.3 * s.nose_out - 0.06
    reach = 0.78 * s.width
    upper = head.place(np.array([[reach, top + 0.06], [0.5 * reach, top + 0.01]]), 0.02)
    ridge = head.place(np.array([[0.0, top]]), 0.03 + 0.6 * s.nose_out)
    other = head.place(np.array([[-0.5 * reach, top + 0.01], [-reach, top + 0.06]]), 0.02)
    front = head.place(np.array([[0.0, s.nose_y], [0.0, s.mouth_y]]), 0.03 + s.nose_out)
    path = joined(low, np.concatenate([upper, ridge, other]))
    if abs(head.pose.yaw) > MASK_BULGES:
        bulge = smooth(np.concatenate([ridge, front, low[len(low) // 2 : len(low) // 2 + 1]]))
        sketch.painter.fill(bulge, solid(color), Label.OCCLUDER)
        sketch.outline(bulge, color)
    sketch.painter.fill(path, solid(color), Label.OCCLUDER)
    sketch.outline(path, color)
    for y in (s.nose_y + 0.02, s.mouth_y + 0.02):
        fold = head.place(np.array([[-0.6 * reach, y], [0, y + 0.012], [0.6 * reach, y]]), 0.02)
        sketch.line(fold, 0.5, sketch.shadow(color, 1.5), alpha=0.8)
    for side in (-1, 1):
        if head.hides(side, LOOP_HIDDEN):
            continue
        ear = head.project(np.array([[side * s.width, s.eye_y + 0.05, 0.0]]))[0]
        edge = head.place(np.array([[side * reach, top + 0.07]]), 0.02)
        sketch.line(np.concatenate([edge, 0.5 * (edge + ear), ear]), 0.9, color)

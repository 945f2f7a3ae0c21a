"""The truth of a drawn head, and which of its points the picture still shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.labels import FACE_LABELS
from webtoon_curate.synth.paint import Color, Painter

Array = NDArray[Any]


NEAR_Y, NEAR_X = (axis.ravel() for axis in np.mgrid[-2:3, -2:3])
"""Offsets to the 5 x 5 pixels around a point."""
NEAR_MIDDLE = 12
"""Which of them is the point's own."""
FACE_TABLE = np.array([value in FACE_LABELS for value in range(256)])
"""(256,) whether a label is one of the face."""


@dataclass
class HeadTruth:
    """What is true of one drawn head, in pixels of the picture.

    Attributes:
        landmarks: (68, 2) float32, iBUG order; hidden ones included.
        landmarks_z: (68,) float32, depth in box widths, larger nearer to the reader, 0 at the
            depth of the ears.
        visible: (68,) bool; False where something else is drawn over the point or it faces away.
        box: x, y, width, height of the face: from amid the forehead to the chin, ear to ear; of
            heads that lean, around the ellipse in the leaning box.
        view: frontal, profile or occluded.
        painted: False where the fill leaves colors unpainted (line art).
        blank: whether the face has no features at all.
    """

    landmarks: NDArray[np.float32]
    landmarks_z: NDArray[np.float32]
    visible: NDArray[np.bool_]
    box: tuple[float, float, float, float]
    view: str
    yaw: float
    pitch: float
    roll: float
    gender: str
    age: str
    glasses: bool
    facial_hair: str | None
    hat: bool
    expression: str
    hair_style: str
    hair_color: Color
    left_eye_color: Color
    right_eye_color: Color
    skin_color: Color
    painted: bool
    family: str
    fill: str
    instance: int
    character_seed: int
    blank: bool = False


def update_visibility(painter: Painter, truth: HeadTruth) -> None:
    """Hides points, and notes an occluded `view`, by what the label map shows now.

    Call it again after drawing over a head; what was hidden stays so. A point is visible where
    one of the 5 x 5 pixels around it shows this head's face; points outside the picture are not.
    """
    labels, owners = painter.key_views()
    height, width = labels.shape
    spots = np.clip(np.floor(truth.landmarks), -9, 1 << 20).astype(np.intp)
    x = spots[:, :1] + NEAR_X
    y = spots[:, 1:] + NEAR_Y
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    face = FACE_TABLE[labels[y, x]] & (owners[y, x] == truth.instance) & inside
    truth.visible &= face.any(1) & inside[:, NEAR_MIDDLE]
    if not truth.visible[36:48].any() and truth.view == "frontal":
        truth.view = "occluded"

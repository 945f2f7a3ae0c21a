"""The parsing classes of a drawn page; one byte a pixel."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Label(IntEnum):
    """What a pixel shows. ``LEFT`` and ``RIGHT`` are the picture's sides, not the character's.

    The classes partition every picture: each pixel has one. The lid line and the lashes belong
    to the eye, the iris holds pupil and highlights, and ``SKIN`` is the face, bald scalp included.
    """

    BACKGROUND = 0
    SKIN = 1
    HAIR = 2
    LEFT_EYE = 3
    RIGHT_EYE = 4
    LEFT_IRIS = 5
    RIGHT_IRIS = 6
    LEFT_BROW = 7
    RIGHT_BROW = 8
    NOSE = 9
    MOUTH = 10
    INNER_MOUTH = 11
    EARS = 12
    GLASSES = 13
    HAT = 14
    FACIAL_HAIR = 15
    NECK = 16
    CLOTHES = 17
    OCCLUDER = 18
    LETTERING = 19


MIRRORED_LABELS = np.arange(256, dtype=np.uint8)
"""The class of each class in a mirrored picture."""
for _left, _right in (
    (Label.LEFT_EYE, Label.RIGHT_EYE),
    (Label.LEFT_IRIS, Label.RIGHT_IRIS),
    (Label.LEFT_BROW, Label.RIGHT_BROW),
):
    MIRRORED_LABELS[[_left, _right]] = _right, _left

FACE_LABELS = frozenset(range(Label.SKIN, Label.INNER_MOUTH + 1)) - {Label.HAIR}
"""Labels whose pixels show the face itself: skin and features, without hair, ears and things."""

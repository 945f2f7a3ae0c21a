"""The 68 points of iBUG/300-W (Sagonas et al. 2013) as lines that can be drawn or measured.

`left` and `right` are the picture's sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.reader.points import (
    CHIN,
    EIGHT,
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LEFT_MOUTH,
    MIRRORED,
    NOSE_TIP,
    REGIONS,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
    RIGHT_MOUTH,
)

POINTS = 68


@dataclass(frozen=True)
class Contour:
    """One line of a face.

    Attributes:
        name: e.g. `left_eye`.
        points: indices of its points, along the line.
        closed: whether the last point is joined to the first.
    """

    name: str
    points: tuple[int, ...]
    closed: bool

    def segments(self) -> list[tuple[int, int]]:
        """Its pieces, as pairs of points."""
        ends = [*self.points[1:], self.points[0]] if self.closed else self.points[1:]
        return list(zip(self.points, ends))


def _contour(name: str, first: int, last: int, closed: bool = False) -> Contour:
    return Contour(name, tuple(range(first, last + 1)), closed)


CONTOURS = (
    _contour("jaw", 0, 16),
    _contour("left_brow", 17, 21),
    _contour("right_brow", 22, 26),
    _contour("nose_bridge", 27, 30),
    _contour("nose_base", 31, 35),
    _contour("left_eye", 36, 41, closed=True),
    _contour("right_eye", 42, 47, closed=True),
    _contour("outer_lips", 48, 59, closed=True),
    _contour("inner_lips", 60, 67, closed=True),
)
"""Every line of the face; each of the 68 points is on exactly one."""

LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
JAW, BROWS, MOUTH = REGIONS["jaw"], REGIONS["brows"], REGIONS["mouth"]


def five_points(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centers of the eyes, tip of the nose, corners of the mouth.

    Args:
        points: (..., 68, 2).

    Returns:
        (..., 5, 2): left eye, right eye, nose, left and right corner of the mouth.
    """
    points = np.asarray(points)
    eyes = [points[..., eye, :].mean(axis=-2) for eye in (LEFT_EYE, RIGHT_EYE)]
    single = [points[..., index, :] for index in (NOSE_TIP, LEFT_MOUTH, RIGHT_MOUTH)]
    return np.stack([*eyes, *single], axis=-2)


__all__ = [
    "BROWS",
    "CHIN",
    "CONTOURS",
    "EIGHT",
    "JAW",
    "LEFT_EYE",
    "LEFT_EYE_INNER",
    "LEFT_EYE_OUTER",
    "LEFT_MOUTH",
    "MIRRORED",
    "MOUTH",
    "NOSE_TIP",
    "POINTS",
    "REGIONS",
    "RIGHT_EYE",
    "RIGHT_EYE_INNER",
    "RIGHT_EYE_OUTER",
    "RIGHT_MOUTH",
    "Contour",
    "five_points",
]

"""How ordinary a face's shape is, among the shapes of its title.

A shape is told by few numbers: its coordinates in a space of shapes, how far it lies outside that
space, and how it sits in the face box. Titles draw faces their own way, so each number is compared
with the title's own median, in its own median deviations (Rousseeuw and Croux 1993); a title with
few faces borrows both from drawings at large. Eyes count with their middles only: their size says
nothing about the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.align import apply, similarity
from webtoon_curate.landmarks.points import LEFT_EYE, RIGHT_EYE

Floats = NDArray[np.float64]

_OUTLINE = np.array([*range(0, 36), *range(48, 60)])
"""Jaw, brows, nose, outer lips."""
NORMAL = 1.4826
"""Standard deviations of a normal distribution in a median absolute deviation."""
BORROWED = 20
"""Faces that the general shape counts for in a title's median and deviation."""
NARROWEST = 0.5
"""A title's deviation is not taken for less than this share of the general one."""
FARTHEST = 8.0
"""Deviations above this say no more than it: one broken number must not hide the others."""


@dataclass(frozen=True)
class ShapeSpace:
    """Shapes of drawn faces; made by `benchmarks/calibrate_quality.py`.

    Attributes:
        mean: (50, 2) the mean of jaw, brows, nose, outer lips and the middles of the eyes.
        basis: (k, 100) orthonormal directions in which shapes vary most.
        center, spread: (k + 4,) median and deviation of `numbers` over drawn faces.
    """

    mean: Floats
    basis: Floats
    center: Floats
    spread: Floats

    def numbers(self, points: NDArray, boxes: NDArray) -> Floats:
        """What tells shapes apart.

        Args:
            points: (n, 68, 2) pixels.
            boxes: (n, 4) x, y, width, height of the faces, same pixels.

        Returns:
            (n, k + 4): coordinates in the space, distance from it, logarithm of the points' extent
            and place of their middle in face sizes; NaN for points that have no shape.
        """
        outline = reduced(points)
        aligned = apply(similarity(outline, self.mean), outline)
        away = (aligned - self.mean).reshape(len(outline), self.mean.size)
        inside = away @ self.basis.T
        outside = np.linalg.norm(away - inside @ self.basis, axis=1)
        low, high = outline.min(axis=1), outline.max(axis=1)
        boxes = np.asarray(boxes, np.float64)
        size = np.sqrt(boxes[:, 2] * boxes[:, 3])
        middle = ((low + high) / 2 - boxes[:, :2] - boxes[:, 2:] / 2) / size[:, None]
        extent = np.sqrt(np.maximum(np.prod(high - low, axis=1), 1e-12)) / size
        return np.column_stack([inside, outside, np.log(extent), middle])

    def prior(self, numbers: Floats) -> tuple[Floats, Floats]:
        """Median and deviation of a title, from the (n, k + 4) numbers of its faces."""
        numbers = numbers[np.isfinite(numbers).all(axis=1)]
        if not len(numbers):
            return self.center, self.spread
        weight = len(numbers) / (len(numbers) + BORROWED)
        center = np.median(numbers, axis=0)
        spread = NORMAL * np.median(np.abs(numbers - center), axis=0)
        spread = np.maximum(spread, NARROWEST * self.spread)
        mixed = weight * center + (1 - weight) * self.center
        return mixed, weight * spread + (1 - weight) * self.spread


def reduced(points: NDArray) -> Floats:
    """(n, 50, 2): the (n, 68, 2) points without the contours of eyes and inner lips."""
    points = np.asarray(points, np.float64)
    eyes = [points[:, eye].mean(axis=1, keepdims=True) for eye in (LEFT_EYE, RIGHT_EYE)]
    return np.concatenate([points[:, _OUTLINE], *eyes], axis=1)


def distances(numbers: Floats, prior: tuple[Floats, Floats]) -> Floats:
    """(n,) root mean square deviation of shapes from a prior; `FARTHEST` for what has no shape."""
    center, spread = prior
    away = np.minimum(np.abs(numbers - center) / spread, FARTHEST)
    return np.sqrt((np.nan_to_num(away, nan=FARTHEST) ** 2).mean(axis=1))

"""The mean shape of faces and how far they spread around it, in one pass over their landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.landmarks.points import LEFT_EYE, POINTS, RIGHT_EYE

SAMPLE = 2_000
"""Faces whose mean the others are laid on: a thousandth of a face's size is then well known."""
FRONTAL = 30.0
"""Degrees of yaw up to which faces have one shape; beyond, the far side is hidden."""
ROUNDS = 3
"""Of generalised Procrustes analysis over the sample; it settles in two."""
_MIN_SPREAD = 1e-6
"""Pixels: points that all lie in one place are no shape."""


def shapes_of(table: pa.Table) -> tuple[NDArray[np.complex128], NDArray[np.intp]]:
    """The usable faces of a batch: near frontal, with 68 finite points.

    Args:
        table: with `landmarks` and `yaw`; faces without a yaw are taken.

    Returns:
        (n, 68) complex points x + iy, centered and of root mean square 1 from there; and the (n,)
        rows that they are of.
    """
    column = table["landmarks"].combine_chunks()
    yaw = pc.fill_null(pc.cast(table["yaw"], pa.float64()), 0.0).to_numpy()
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero((lengths == 2 * POINTS) & (np.abs(yaw) <= FRONTAL))
    values = column.take(pa.array(rows)).flatten()
    points = pc.cast(values, pa.float64()).fill_null(np.nan).to_numpy().reshape(-1, POINTS, 2)
    shapes = points[..., 0] + 1j * points[..., 1]
    with np.errstate(all="ignore"):
        shapes = shapes - shapes.mean(axis=1, keepdims=True)
        size = np.sqrt((np.abs(shapes) ** 2).mean(axis=1, keepdims=True))
        usable = np.isfinite(size[:, 0]) & (size[:, 0] > _MIN_SPREAD)
        return shapes[usable] / size[usable], rows[usable]


def aligned(shapes: NDArray[np.complex128], mean: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Shapes turned and scaled onto a mean by least squares (Gower 1975), all (n, 68) centered."""
    turn = (shapes.conj() @ mean) / (np.abs(shapes) ** 2).sum(axis=1)
    return shapes * turn[:, None]


def sample_mean(shapes: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """(68,) mean of (n, 68) shapes, n at least 1, its eyes level, by Procrustes analysis."""
    mean = shapes[0]
    for _ in range(ROUNDS):
        mean = aligned(shapes, mean).mean(axis=0)
        mean = mean - mean.mean()
        level = mean[RIGHT_EYE].mean() - mean[LEFT_EYE].mean()
        turn = np.conj(level) / abs(level) if abs(level) > 0 else 1.0
        mean = mean * turn / np.sqrt((np.abs(mean) ** 2).mean())
    return mean


class Spread:
    """Sums of aligned shapes: their mean and the covariance of each point."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = np.zeros((POINTS, 2))
        self._products = np.zeros((POINTS, 3))

    def add(self, shapes: NDArray[np.complex128]) -> None:
        """Count (n, 68) aligned shapes."""
        x, y = shapes.real, shapes.imag
        self.count += len(shapes)
        self._sum += np.stack([x.sum(axis=0), y.sum(axis=0)], axis=1)
        self._products += np.stack([(x * x).sum(0), (x * y).sum(0), (y * y).sum(0)], axis=1)

    def data(self) -> dict[str, Any]:
        """`count`, `mean` (68 x [x, y]), `ellipses` (68 x [longer, shorter half axis of one
        standard deviation, angle in degrees]) and `spread`, the root mean square distance of
        points from their means; in units of the face's root mean square radius."""
        if not self.count:
            return {"count": 0, "mean": None, "ellipses": None, "spread": None}
        mean = self._sum / self.count
        x, y = mean.T
        xx, xy, yy = (self._products / self.count - np.stack([x * x, x * y, y * y], axis=1)).T
        middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        axes = np.sqrt(np.maximum([middle + radius, middle - radius], 0))
        angles = np.degrees(np.arctan2(2 * xy, xx - yy) / 2)
        return {
            "count": self.count,
            "mean": np.round(mean, 4).tolist(),
            "ellipses": np.round(np.stack([*axes, angles], axis=1), 4).tolist(),
            "spread": round(float(np.sqrt(np.maximum(xx + yy, 0).mean())), 4),
        }

"""Where a face looks, from its points alone: for backends that don't say it themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROFILE = 55.0
"""Yaw from which on a face is a profile, degrees; as drawn faces are named."""
OCCLUDED = 0.35
"""Share of the face that is covered from which on it is occluded."""


def pose_of(points: NDArray, model: Floats) -> Floats:
    """Yaw, pitch and roll by a scaled orthographic view of a mean face (DeMenthon and Davis 1995).

    Args:
        points: (n, 68, 2) pixels.
        model: (68, 3) x to the right, y down, z to the reader, of a face that looks at the reader.

    Returns:
        (n, 3) degrees, as in the tables; NaN for points that span no plane.
    """
    points = np.asarray(points, np.float64)
    centered = points - points.mean(axis=1, keepdims=True)
    solid = model - model.mean(axis=0)
    rows = np.einsum("km,nmi->nik", np.linalg.pinv(solid), centered)
    finite = np.isfinite(rows).all(axis=(1, 2))
    angles = np.full((len(points), 3), np.nan)
    angles[finite] = [_angles(*pair) for pair in rows[finite]] or np.zeros((0, 3))
    return angles


def _angles(across: Floats, down: Floats) -> tuple[float, float, float]:
    """Of the view whose axes, in the model's space, are these up to scale."""
    left, sizes, right = np.linalg.svd(np.stack([across, down]), full_matrices=False)
    if sizes[-1] <= 1e-9 * max(sizes[0], 1e-300):
        return np.nan, np.nan, np.nan
    x, y = left @ right  # the nearest pair of orthonormal axes
    z = np.cross(x, y)
    # The face looks along the model's z: what of it points to the right, down and at the reader.
    yaw = np.degrees(np.arctan2(x[2], np.hypot(y[2], z[2])))
    pitch = np.degrees(np.arctan2(-y[2], z[2]))
    roll = np.degrees(np.arctan2(y[0], x[0]))
    return float(yaw), float(pitch), float(roll)


def view_of(yaw: float | None, covered: float | None) -> str | None:
    """`frontal`, `profile` or `occluded`; None where the yaw is not known."""
    if covered is not None and covered > OCCLUDED:
        return "occluded"
    if yaw is None or not np.isfinite(yaw):
        return None
    return "profile" if abs(yaw) > PROFILE else "frontal"

"""Similarities that bring faces to one place: canonical five points, FFHQ's square, level eyes.

A similarity is four numbers a, b, tx, ty: (x, y) goes to (a x - b y + tx, b x + a y + ty). Those
here map episode pixels to the unit square of the aligned crop; times its side, to its pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.points import five_points

Floats = NDArray[np.float64]

CANONICAL = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]]
) / 112  # fmt: skip
"""(5, 2): eyes, nose and corners of the mouth in the unit square: the places for 112 x 112 crops
that ArcFace (Deng et al. 2019) and its kin are trained on."""
FFHQ_EYES, FFHQ_MOUTH, FFHQ_RISE = 2.0, 1.8, 0.1
"""Half the side of FFHQ's square in distances of the eyes, and of eyes to mouth; how far below the
eyes its middle lies, in the latter (Karras et al. 2019, appendix A)."""
EYES_LEVEL, EYES_APART = 0.42, 0.36
"""Height of the eyes in the crop of `eyes_level`, and their distance, shares of its side."""


def similarity(source: NDArray, target: NDArray) -> Floats:
    """The similarity that brings points nearest to others, by least squares (Umeyama 1991).

    Args:
        source: (..., m, 2) points.
        target: (..., m, 2), or (m, 2) for all.

    Returns:
        (..., 4) float64 a, b, tx, ty; NaN where the source's points are all one, or not finite.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    center, goal = source.mean(axis=-2), target.mean(axis=-2)
    u, v = source - center[..., None, :], target - goal[..., None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (u**2).sum(axis=(-2, -1))
        size = np.where(size > 0, size, np.nan)
        a = (u * v).sum(axis=(-2, -1)) / size
        b = (u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]).sum(axis=-1) / size
    tx = goal[..., 0] - a * center[..., 0] + b * center[..., 1]
    ty = goal[..., 1] - b * center[..., 0] - a * center[..., 1]
    return np.stack([a, b, tx, ty], axis=-1)


def apply(mapping: NDArray, points: NDArray) -> Floats:
    """(..., m, 2) points, mapped by (..., 4) similarities."""
    a, b, tx, ty = np.moveaxis(np.asarray(mapping, np.float64)[..., None, :], -1, 0)
    x, y = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    return np.stack([a * x - b * y + tx, b * x + a * y + ty], axis=-1)


def inverse(mapping: NDArray) -> Floats:
    """(..., 4): what undoes the similarities, from the unit square to episode pixels."""
    a, b, tx, ty = np.moveaxis(np.asarray(mapping, np.float64), -1, 0)
    size = a * a + b * b
    c, d = a / size, -b / size
    return np.stack([c, d, -(c * tx - d * ty), -(d * tx + c * ty)], axis=-1)


def to_canonical(points: NDArray) -> Floats:
    """(..., 4): brings (..., 68, 2) points' eyes, nose and mouth to `CANONICAL`."""
    return similarity(five_points(points), CANONICAL)


def to_ffhq(points: NDArray) -> Floats:
    """(..., 4): to the square that FFHQ's crops show, from (..., 68, 2) points."""
    five = np.asarray(five_points(points), np.float64)
    eyes, mouth = five[..., :2, :].mean(axis=-2), five[..., 3:, :].mean(axis=-2)
    across, down = five[..., 1, :] - five[..., 0, :], mouth - eyes
    turned = np.stack([-down[..., 1], down[..., 0]], axis=-1)
    way = across - turned
    reach = np.maximum(_length(across) * FFHQ_EYES, _length(down) * FFHQ_MOUTH)
    half = way / np.maximum(_length(way), 1e-12) * reach
    middle = eyes + down * FFHQ_RISE
    return similarity(
        np.stack([middle - half, middle + half], axis=-2), np.array([[0.0, 0.5], [1.0, 0.5]])
    )


def to_level_eyes(points: NDArray) -> Floats:
    """(..., 4): eyes on one level at fixed places, from (..., 68, 2) points."""
    apart = EYES_APART / 2
    eyes = np.array([[0.5 - apart, EYES_LEVEL], [0.5 + apart, EYES_LEVEL]])
    return similarity(five_points(points)[..., :2, :], eyes)


def _length(vectors: NDArray) -> Floats:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)

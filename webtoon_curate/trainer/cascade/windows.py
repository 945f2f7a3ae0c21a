"""Windows of 24 x 24 pixels with a face, cut as a search would meet them, and worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.trainer.cascade.features import WINDOW
from webtoon_curate.trainer.cascade.pictures import DRAWN, Picture

ROOM = 1.3
"""Side of the window over the mean side of the labelled face: brows to chin with some hair, neck
and ears, as much as lbpcascade_animeface's windows have."""
SHIFT, ZOOM, ROLL = 0.025, 0.05, 5.0
"""Jitter: of the place in window sides, of the size (both at most, evenly; a search in steps of 2
pixels and of 1.1 misses by that much), and of the angle (standard deviation, degrees)."""
MOST_ROLL = 20.0
PATCH = 0.8
"""Half the side of what is cut out around a window, in window sides: room to turn it."""
LARGEST_SHARE = 0.2
"""Most that one artist's faces may weigh among the real ones."""


@dataclass(frozen=True)
class FaceWindows:
    """Windows with a face.

    Attributes:
        pixels: (n, 24, 24) uint8.
        weights: (n,) float64 that add up to 1, half of it real and half of it drawn, if there
            are both.
        pictures: (n,) int, number of the picture that each is cut from.
    """

    pixels: NDArray[np.uint8]
    weights: NDArray[np.float64]
    pictures: NDArray[np.int64]


def place_of(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The window, (4,) x, y, side, side, that belongs to a labelled face (4,) or faces (n, 4)."""
    side = box[..., 2:].mean(axis=-1, keepdims=True) * ROOM
    return np.concatenate([box[..., :2] + (box[..., 2:] - side) / 2, side, side], axis=-1)


def face_windows(
    pictures: Sequence[Picture], real: int, drawn: int, rng: np.random.Generator
) -> FaceWindows:
    """Jittered windows of every upright face.

    Args:
        pictures: real and drawn.
        real: windows of each real face.
        drawn: of each drawn face.
        rng: of the jitter.
    """
    pixels, owners, sources = [], [], []
    for number, picture in enumerate(pictures):
        for box in picture.faces[picture.upright]:
            for _ in range(drawn if picture.source == DRAWN else real):
                pixels.append(_jittered(picture.grey, place_of(box), rng))
                owners.append(number)
                sources.append(picture.source)
    weights = _weights(np.array(sources))
    stack = np.array(pixels, np.uint8).reshape(-1, WINDOW, WINDOW)
    return FaceWindows(stack, weights, np.array(owners, np.int64))


def _weights(sources: NDArray) -> NDArray[np.float64]:
    weights = np.ones(len(sources))
    drawn = sources == DRAWN
    names, counts = np.unique(sources[~drawn], return_counts=True)
    for name, count in zip(names, counts):
        weights[sources == name] = min(1.0, LARGEST_SHARE * (~drawn).sum() / count)
    for kind in (drawn, ~drawn):
        weights[kind] /= max(weights[kind].sum(), 1)
    return weights / max(weights.sum(), 1e-9)


def _jittered(
    grey: NDArray[np.uint8], place: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint8]:
    import cv2

    x, y, side = (float(v) for v in place[:3])
    center = np.array([x, y]) + side * (0.5 + rng.uniform(-SHIFT, SHIFT, 2))
    side *= float(np.exp(rng.uniform(-ZOOM, ZOOM)))
    patch, center = _patch(grey, center, side)
    patch = _worn(patch, rng)
    # Most are halved by area first, as the backend does; the others go straight, as in OpenCV.
    while side >= 2 * WINDOW and rng.random() < 0.8:
        patch = cv2.resize(patch, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        center, side = center / 2, side / 2
    angle = np.deg2rad(np.clip(rng.normal(0, ROLL), -MOST_ROLL, MOST_ROLL))
    step = side / WINDOW
    turn = step * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        turn[:, 0] *= -1
    middle = (WINDOW - 1) / 2
    matrix = np.column_stack([turn, center - 0.5 - turn @ (middle, middle)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        patch, matrix, (WINDOW, WINDOW), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def _patch(
    grey: NDArray[np.uint8], center: NDArray, side: float
) -> tuple[NDArray[np.uint8], NDArray]:
    """The surroundings of a window, and its center in them."""
    reach = PATCH * side
    low = np.clip(np.floor(center - reach).astype(int), 0, None)
    high = np.ceil(center + reach).astype(int)
    return np.ascontiguousarray(grey[low[1] : high[1], low[0] : high[0]]), center - low


def _worn(patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Other contrast, blur, grain and JPEG, each now and then."""
    import cv2

    if rng.random() < 0.4:
        gamma = np.exp(rng.uniform(-0.6, 0.6))
        patch = cv2.LUT(patch, np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8))
    if rng.random() < 0.15:
        patch = cv2.GaussianBlur(patch, (0, 0), rng.uniform(0.3, 0.012 * min(patch.shape) + 0.4))
    if rng.random() < 0.15:
        grain = rng.normal(0, rng.uniform(2, 9), patch.shape)
        patch = np.clip(patch + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 90))]
        _, data = cv2.imencode(".jpg", patch, quality)
        patch = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return patch

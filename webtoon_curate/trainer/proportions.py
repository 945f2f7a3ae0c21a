"""Other proportions for a face: eyes grow, jaws shrink, and its points move along."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WAVES, SLOPE, STEEPEST = 3, 0.12, 0.45
"""Waves along each axis; standard deviation of how much one stretches, and most of all."""
BUMPS, SWELL, RADIUS = 2, 0.25, (0.06, 0.2)
"""Most places that swell or shrink, how much at most, and how wide they are, shares of the crop.
`STEEPEST` + `BUMPS` * `SWELL` is below 1, so that nothing is folded over."""
MIDDLE = (0.2, 0.8)
"""Where those places are."""
NODES = 32
"""Places along each side where the map is computed; between them it is even."""
ROUNDS = 30
"""Of the search for where a place of the old face lies in the new one."""


class Proportions:
    """A smooth map of a crop onto itself that keeps its border.

    Args:
        rng: chooses it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        slopes = rng.normal(0, SLOPE, (WAVES, 2))
        slopes *= np.minimum(1, STEEPEST / np.abs(slopes).sum(axis=0))
        self._turns = np.pi * np.arange(1, WAVES + 1)[:, None]
        self._waves = slopes / self._turns
        count = int(rng.integers(BUMPS + 1))
        self._centers = rng.uniform(*MIDDLE, (count, 2))
        self._radii = rng.uniform(*RADIUS, count)
        self._swell = rng.uniform(-SWELL, SWELL, count)

    def _shift(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """(..., 2) shares of the side: from places of the new crop to those of the old one."""
        inside = np.clip(places, 0, 1)
        shift = (np.sin(inside[..., None, :] * self._turns) * self._waves).sum(axis=-2)
        for center, radius, swell in zip(self._centers, self._radii, self._swell):
            away = places - center
            near = np.exp(-(away**2).sum(axis=-1, keepdims=True) / (2 * radius**2))
            shift = shift - swell * away * near
        return shift

    def places(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """Where places of the old crop, (n, 2) shares of its side, lie in the new one."""
        moved = np.array(places, float)
        for _ in range(ROUNDS):
            moved = places - self._shift(moved)
        return moved.astype(np.float32)

    def pixels(self, pixels: NDArray[np.uint8], flags: int = cv2.INTER_LINEAR) -> NDArray[np.uint8]:
        """The new crop of an old one, (size, size[, 3])."""
        size = len(pixels)
        y, x = (np.mgrid[:NODES, :NODES] + 0.5) / NODES
        shift = self._shift(np.stack([x, y], axis=-1)).astype(np.float32)
        old = cv2.resize(shift, (size, size)) * size
        old += np.stack(np.meshgrid(*[np.arange(size, dtype=np.float32)] * 2), axis=-1)
        return cv2.remap(pixels, old, None, flags, borderMode=cv2.BORDER_REPLICATE)

"""What the detector should say of a tile: heat maps and boxes for the cells of all its levels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.trainer.tiles import Tile

LEVELS = ((8, 0.0, 56.0), (16, 36.0, 128.0), (32, 88.0, float("inf")))
"""Stride, and the longer sides in pixels of the faces that the level answers for; they overlap,
so that no face falls between two levels."""
SPREAD = 0.12
"""Standard deviation of the heat around a center, in face sizes."""
BOX_CORE = 0.5
"""Heat from which on a cell also learns the box (Training-Time-Friendly Network, Liu et al.
2019: more cells learn boxes than the one at the center)."""


class Targets(NamedTuple):
    """For the cells of all levels, small strides first, row by row.

    Attributes:
        heat: (n, 2) float32, 0-1, of faces and of creatures' faces; 1 in center cells.
        counted: (n,) float32, 0 where nothing is learned.
        boxes: (n, 4) float32 corners of the cell's face.
        weights: (n,) float32, how much the cell's box counts; adds up to 1 for each face and level.
    """

    heat: NDArray[np.float32]
    counted: NDArray[np.float32]
    boxes: NDArray[np.float32]
    weights: NDArray[np.float32]


def targets(tile: Tile) -> Targets:
    """The targets of a square tile."""
    parts = [_level(tile, *level) for level in LEVELS]
    return Targets(*(np.concatenate(arrays) for arrays in zip(*parts)))


def _level(tile: Tile, stride: int, least: float, most: float) -> Targets:
    side = tile.pixels.shape[0] // stride
    at = (np.arange(side, dtype=np.float32) + 0.5) * stride
    heat = np.zeros((2, side, side), np.float32)
    boxes = np.zeros((side, side, 4), np.float32)
    weights = np.zeros((side, side), np.float32)
    longer = (tile.boxes[:, 2:] - tile.boxes[:, :2]).max(axis=1, initial=0)
    for i in np.argsort(-longer):
        if not least <= longer[i] < most:
            continue
        x0, y0, x1, y1 = tile.boxes[i]
        center = (x0 + x1) / 2, (y0 + y1) / 2
        row, column = (min(int(c // stride), side - 1) for c in center[::-1])
        across = np.exp(-((((at - center[0]) / (x1 - x0)) / SPREAD) ** 2) / 2)
        down = np.exp(-((((at - center[1]) / (y1 - y0)) / SPREAD) ** 2) / 2)
        glow = down[:, None] * across[None]
        glow[row, column] = 1
        kind = int(tile.creatures[i])
        heat[kind] = np.maximum(heat[kind], np.minimum(glow, 0.999))
        heat[kind, row, column] = 1
        if not kind:
            core = glow >= BOX_CORE
            boxes[core] = tile.boxes[i]
            weights[core] = glow[core] / glow[core].sum()
    return Targets(
        heat.reshape(2, -1).T,
        _counted(tile, at).reshape(-1),
        boxes.reshape(-1, 4),
        weights.reshape(-1),
    )


def _counted(tile: Tile, at: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 in ignored places, but 1 again around the faces in them."""
    counted = np.ones((len(at), len(at)), np.float32)
    for value, places in ((0, tile.ignored), (1, tile.boxes)):
        for x0, y0, x1, y1 in places:
            rows, columns = (at >= y0) & (at <= y1), (at >= x0) & (at <= x1)
            counted[np.ix_(rows, columns)] = value
    return counted

"""How like two small grey pictures are as drawings: aligned, and patient with edits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dedup.hashes import SMALL

Floats = NDArray[np.float32]

_SHIFTS, _SCALES = (-2, -1, 0, 1, 2), (0.9, 1.0, 1.11)
_MARGIN = 2
_KEPT = 0.75
"""Share of the picture's blocks that count, best first: the others may hold an edit."""
_FLAT = 36.0
"""Variance below which a block of 8-bit grey is noise."""
_CHUNK = 512


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Floats:
    """Correlation of pictures in their blocks, at the best small shift and scale.

    Blocks of 8 x 8 pixels are compared by their normalised correlation, which another light does
    not change; the worst quarter is left out, where a mouth has moved or letters lie.

    Args:
        first, second: (n, 32, 32) uint8.

    Returns:
        (n,) float32, -1 to 1.
    """
    out = np.empty(len(first), np.float32)
    for start in range(0, len(first), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = _likeness(first[part], second[part])
    return out


def _likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Floats:
    inner = slice(_MARGIN, SMALL - _MARGIN)
    fixed = first[:, inner, inner].astype(np.float32)
    best = np.full(len(first), -1, np.float32)
    for scale in _SCALES:
        scaled = _scaled(second, scale)
        for dy in _SHIFTS:
            for dx in _SHIFTS:
                moved = scaled[:, _MARGIN + dy : SMALL - _MARGIN + dy,
                               _MARGIN + dx : SMALL - _MARGIN + dx]  # fmt: skip
                np.maximum(best, _correlation(fixed, moved), out=best)
    return best


def _correlation(a: Floats, b: Floats) -> Floats:
    """(n,) mean of the best blocks' correlations, weighted with their contrast."""
    a, b = _blocks(a), _blocks(b)
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    va, vb = (a * a).mean(-1), (b * b).mean(-1)
    values = ((a * b).mean(-1) + _FLAT / 4) / (np.sqrt(va * vb) + _FLAT / 4 + np.abs(va - vb) / 8)
    values = np.clip(values, -1, 1)
    kept = round(values.shape[1] * _KEPT)
    return np.sort(values, axis=1)[:, -kept:].mean(1)


def _blocks(pictures: Floats) -> Floats:
    count, side = len(pictures), (SMALL - 2 * _MARGIN) // 4
    return pictures.reshape(count, 4, side, 4, side).swapaxes(2, 3).reshape(count, 16, -1)


def _scaled(pictures: NDArray[np.uint8], scale: float) -> Floats:
    """The pictures, larger or smaller about their middles; edges are repeated."""
    middle = (SMALL - 1) / 2
    turn = np.array([[scale, 0, middle - scale * middle], [0, scale, middle - scale * middle]])
    stack = np.ascontiguousarray(pictures.transpose(1, 2, 0))
    out = np.empty(pictures.shape, np.float32)
    for start in range(0, stack.shape[2], 4):
        part = np.ascontiguousarray(stack[:, :, start : start + 4])
        warped = cv2.warpAffine(part, turn, (SMALL, SMALL), borderMode=cv2.BORDER_REPLICATE)
        out[start : start + 4] = warped.reshape(SMALL, SMALL, -1).transpose(2, 0, 1)
    return out

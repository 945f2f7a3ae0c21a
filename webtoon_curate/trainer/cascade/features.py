"""Multi-block local binary patterns (Liao et al. 2007): nine equal cells, the middle one compared
with its eight neighbours, give a byte."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

WINDOW = 24
"""Side of the window, pixels; that of OpenCV's own cascades."""
CODES = 256
CHUNK = 4096
"""Windows whose sums are held at once: 10 MB of integral images."""

_NEIGHBOURS = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""Row and column of the neighbours from the highest bit to the lowest: clockwise from top left."""


@cache
def rectangles() -> NDArray[np.uint8]:
    """Every feature of a window: (8464, 4), x, y, cell width, cell height in pixels.

    Features of one cell size lie together, row after row.
    """
    rows = []
    for width in range(1, WINDOW // 3 + 1):
        for height in range(1, WINDOW // 3 + 1):
            y, x = np.mgrid[: WINDOW - 3 * height + 1, : WINDOW - 3 * width + 1]
            size = np.broadcast_to((width, height), (x.size, 2))
            rows.append(np.column_stack([x.ravel(), y.ravel(), size]))
    table = np.concatenate(rows).astype(np.uint8)
    table.setflags(write=False)
    return table


def codes(windows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The code of every feature in every window.

    Args:
        windows: (n, 24, 24) grey.

    Returns:
        (8464, n): a feature's codes lie side by side, for that is how boosting reads them.
    """
    out = np.empty((len(rectangles()), len(windows)), np.uint8)
    for start in range(0, len(windows), CHUNK):
        part = windows[start : start + CHUNK]
        sums = integrals(part)
        at = 0
        for width in range(1, WINDOW // 3 + 1):
            for height in range(1, WINDOW // 3 + 1):
                patterns = _patterns(sums, width, height)
                count = patterns.shape[0] * patterns.shape[1]
                out[at : at + count, start : start + len(part)] = patterns.reshape(count, -1)
                at += count
    return out


def chosen_codes(windows: NDArray[np.uint8], rects: NDArray[np.integer]) -> NDArray[np.uint8]:
    """The codes of some features.

    Args:
        windows: (n, 24, 24) grey.
        rects: (m, 4) as `rectangles`.

    Returns:
        (m, n).
    """
    sums = integrals(windows)
    out = np.empty((len(rects), len(windows)), np.uint8)
    for row, (x, y, width, height) in zip(out, np.asarray(rects, int)):
        block = sums[y : y + 3 * height + 1, x : x + 3 * width + 1]
        row[:] = _patterns(block, width, height)[0, 0]
    return out


def integrals(windows: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Sums of all pixels above and left of each corner: (25, 25, n)."""
    sums = np.zeros((WINDOW + 1, WINDOW + 1, len(windows)), np.int32)
    sums[1:, 1:] = windows.transpose(1, 2, 0)
    return sums.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)


def _patterns(sums: NDArray[np.int32], width: int, height: int) -> NDArray[np.uint8]:
    """Codes of one cell size at every place of the integral images: (rows, columns, n)."""
    cells = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
    cells += sums[:-height, :-width]
    rows, columns = cells.shape[0] - 2 * height, cells.shape[1] - 2 * width
    middle = cells[height : height + rows, width : width + columns]
    out = np.zeros(middle.shape, np.uint8)
    for row, column in _NEIGHBOURS:
        top, left = row * height, column * width
        out <<= 1
        out |= cells[top : top + rows, left : left + columns] >= middle
    return out

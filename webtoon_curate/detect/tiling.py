"""Windows over scenes of any size, in bounded memory.

A scene that fits a detector's window is one window. A larger one is searched in overlapping
windows at full size for faces up to the overlap, then reduced and searched again for larger
ones, until the whole scene fits one window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Read
from webtoon_curate.detect.detector import Detector, Tiling
from webtoon_curate.detect.merging import merge
from webtoon_curate.faces import Detections, Scene

REDUCTION = 4
"""How much smaller the next level is; a face is looked for on the level where it fits."""
BATCH = 4
"""Windows that run together: enough for a GPU, 17 MB of pixels."""
_GRAIN = 32
"""Sides of windows that repeat rows anyway; networks would fill them up to this."""
_MORE_COLUMNS = 8
"""How many more columns of windows than the fewest are thought of."""
_SEAM = 3
"""A box that ends this near to an inner window border is cut by it, pixels."""
_DRIFT = 0.1
"""How far a face's box may lie elsewhere in another window, shares of its side."""


def starts(length: int, window: int, overlap: int) -> list[int]:
    """First pixels of windows that cover `length`, evenly spread, overlapping at least so much."""
    count = _count(length, window, overlap)
    return [round(i * (length - window) / (count - 1)) for i in range(count)] if count > 1 else [0]


def window_size(size: tuple[int, int], tiling: Tiling) -> tuple[int, int]:
    """The windows that cover a scene with the fewest pixels, those that are seen twice included.

    Args:
        size: width and height of the scene.
        tiling: what a window may be.

    Returns:
        Width and height of each window; of scenes that fit, the scene's own.
    """
    overlap, pixels = tiling.overlap, tiling.pixels or tiling.width * tiling.height
    best = (math.inf, (0, 0))
    fewest = _count(size[0], tiling.width, overlap)
    for columns in range(fewest, fewest + _MORE_COLUMNS):
        width = _side(size[0], columns, overlap, tiling.width)
        highest = min(tiling.height, pixels // width)
        if highest <= overlap and highest < size[1]:
            continue
        rows = _count(size[1], highest, overlap)
        height = _side(size[1], rows, overlap, highest)
        best = min(best, (columns * rows * width * height, (width, height)))
    return best[1]


def _count(length: int, window: int, overlap: int) -> int:
    """How many windows cover `length`."""
    return 1 if length <= window else -(-(length - overlap) // (window - overlap))


def _side(length: int, count: int, overlap: int, most: int) -> int:
    """Of so many windows, the smallest that cover `length`, in whole `_GRAIN`s."""
    if count == 1:
        return length
    side = -(-(length + (count - 1) * overlap) // count)
    return min(length, most, -(-side // _GRAIN) * _GRAIN)


def detect_scene(detector: Detector, read: Read, scene: Scene) -> Detections:
    """The faces of a scene.

    Args:
        detector: of `load_detector`.
        read: `Strip.read` or the like; called for rectangles no larger than a window.
        scene: its place, in episode pixels.

    Returns:
        Boxes in episode pixels, one a face, best first; scores at least `detector.min_score`.
    """
    tiling = detector.tiling
    if min(scene.width, scene.height) < tiling.smallest:
        return Detections()

    def read_scene(x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        return read(scene.x + x, scene.y + y, width, height)

    found = []
    scale, size = 1.0, (scene.width, scene.height)
    while True:
        window = window_size(size, tiling)
        reduced = _Reduced(size) if window != size else None
        found += [
            part.mapped(scale, scene.x, scene.y)
            for part in _level(detector, read_scene, size, window, reduced)
        ]
        if reduced is None or min(reduced.size) < tiling.smallest:
            break
        read_scene, size, scale = reduced.read, reduced.size, scale * REDUCTION
    merged = merge(Detections.concatenate(found))
    return merged[merged.scores >= detector.min_score]


def _level(
    detector: Detector,
    read: Read,
    size: tuple[int, int],
    window: tuple[int, int],
    reduced: _Reduced | None,
) -> Iterator[Detections]:
    """The faces of each window of one level, in pixels of the level."""
    (width, height), overlap = window, detector.tiling.overlap
    corners = [
        (x, y) for y in starts(size[1], height, overlap) for x in starts(size[0], width, overlap)
    ]
    for start in range(0, len(corners), BATCH):
        batch = corners[start : start + BATCH]
        windows = [read(x, y, width, height) for x, y in batch]
        for (x, y), pixels, found in zip(batch, windows, detector(windows)):
            if reduced is not None:
                reduced.add(pixels, x, y)
            whole = _whole(found.boxes, (x, y, width, height), size, overlap)
            yield found[whole].mapped(1, x, y)


def _whole(
    boxes: NDArray[np.float32],
    window: tuple[int, int, int, int],
    size: tuple[int, int],
    overlap: int,
) -> NDArray[np.bool_]:
    """Which boxes of a window are not cut by a border that is not the level's own.

    Half of a face near a border can look like a face: what has its middle beyond the middle of
    the overlap is left to the window on the other side, which sees more of it.
    """
    x, y, width, height = window
    whole = np.ones(len(boxes), bool)
    for axis, start, length, end in ((0, x, width, size[0]), (1, y, height, size[1])):
        low, side = boxes[:, axis], boxes[:, 2 + axis]
        before, behind = low, length - low - side
        for inner, beside in ((start > 0, before), (start + length < end, behind)):
            if inner:
                whole &= (beside > _SEAM) & (beside + side / 2 >= overlap / 2 - _DRIFT * side)
    return whole


class _Reduced:
    """A level reduced by `REDUCTION`, filled window by window while the level is searched."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = (-(-size[0] // REDUCTION), -(-size[1] // REDUCTION))
        self.pixels = np.zeros((self.size[1], self.size[0], 3), np.uint8)

    def add(self, window: NDArray[np.uint8], x: int, y: int) -> None:
        """Puts in a window whose corner is at (x, y) of the level."""
        import cv2

        skip_x, skip_y = -x % REDUCTION, -y % REDUCTION
        window = window[skip_y:, skip_x:]
        height, width = window.shape[:2]
        to_x, to_y = (x + skip_x) // REDUCTION, (y + skip_y) // REDUCTION
        target = self.pixels[to_y:, to_x:][: -(-height // REDUCTION), : -(-width // REDUCTION)]
        if target.size:
            small = (target.shape[1], target.shape[0])
            target[:] = cv2.resize(window, small, interpolation=cv2.INTER_AREA)

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """A rectangle, as `Read`."""
        return self.pixels[y : y + height, x : x + width]

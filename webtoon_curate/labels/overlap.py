"""Which boxes lie on one face, without comparing all with all: a folder of ten thousand pictures is
one episode."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Generic, TypeVar

from webtoon_curate.labels.events import Box

SAME_FACE = 0.5
"""Boxes with at least this IoU are one face: the PASCAL VOC criterion. Detections of one run
overlap less (`detect.merging.IOU`), so two of them are never taken for one."""
_TALLEST = 1000
"""Power of two; beyond it there are hardly any floats."""
Item = TypeVar("Item")


class Near(Generic[Item]):
    """Things with boxes, by where they lie.

    Boxes with an IoU of `SAME_FACE` or more differ in height at most twofold, and the heights of
    their middles by at most half of the lower one. So each is in a cell of rows of its own size,
    and those of three sizes are looked through.
    """

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, float], list[tuple[int, Item]]] = defaultdict(list)
        self._count = 0

    def add(self, box: Box, item: Item) -> None:
        """Put in a thing with its box."""
        size = _size(box)
        self._cells[size, _row(box, size)].append((self._count, item))
        self._count += 1

    def __call__(self, box: Box) -> list[Item]:
        """All that overlap a box by `SAME_FACE`, and some more; in the order of `add`."""
        size = _size(box)
        found: list[tuple[int, Item]] = []
        for other in (size - 1, size, size + 1):
            row = _row(box, other)
            for near in (row - 1, row, row + 1):
                found += self._cells.get((other, near), ())
        return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0-1."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def _size(box: Box) -> int:
    """The power of two above the height."""
    return min(math.frexp(box[3])[1], _TALLEST)


def _row(box: Box, size: int) -> float:
    return (box[1] + box[3] / 2) // math.ldexp(1.0, size)

"""One box a face: greedy suppression by overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.faces import Detections

IOU = 0.4
"""Two boxes that overlap this much are one face; the evaluation matches at the same figure."""
COVERED = 0.7
"""A box with this share of the smaller one inside the other is a part of the same face."""


def overlaps(
    box: NDArray[np.floating], boxes: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """IoU and intersection over the smaller area of one box with many.

    Args:
        box: (4,) x, y, width, height.
        boxes: (n, 4), the same.

    Returns:
        Two (n,) float arrays in 0-1; 0 for boxes without area.
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=1)
    area, areas = np.prod(box[2:]), np.prod(boxes[:, 2:], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = np.where(both > 0, both / (area + areas - both), 0)
        covered = np.where(both > 0, both / np.minimum(area, areas), 0)
    return iou, covered


def merge(detections: Detections, iou: float = IOU, covered: float = COVERED) -> Detections:
    """The best box of each face, best first.

    Args:
        detections: any number, in any order.
        iou: boxes that overlap a better one by more are dropped.
        covered: so are boxes whose intersection with a better one is more than this share of
            the smaller of the two.

    Returns:
        A part of `detections`, by falling score; ties by position, so that the order in which
        windows were searched does not matter.
    """
    x, y, w, h = detections.boxes.T
    left = np.lexsort((h, w, x, y, -detections.scores))
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        same_iou, same_covered = overlaps(detections.boxes[best], detections.boxes[left])
        left = left[(same_iou <= iou) & (same_covered <= covered)]
    return detections[np.array(kept, int)]

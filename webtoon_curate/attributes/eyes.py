"""Where a face's points leave room for eyes.

A map of parts takes closed lids, hair, rims and buttons for irises, and reaches over lids and skin.
The points of the eyes are found apart from it: irises and whites lie where both say. Whites beyond
would tell of the light, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label

SIDES = (
    (Label.LEFT_EYE, Label.LEFT_IRIS, slice(36, 42)),
    (Label.RIGHT_EYE, Label.RIGHT_IRIS, slice(42, 48)),
)
"""What lies around the irises, these, and the points around the eyes in the order of iBUG."""
SMALL = 30
"""Pixels of an iris between the points below which it may lie a pixel beyond: dots do."""
INSIDE = 0.3
"""Share of an iris in the map that lies between the points, at least: with 0.2 to 0.4 as many eyes
of drawn faces are named right."""
SURE = 0.35
"""Mean confidence of an eye's points below which it is told by nothing: real faces below were seen
from behind a hand, were statues, or asleep."""


def within_eyes(
    labels: NDArray[np.uint8], points: NDArray[np.floating], confidence: NDArray[np.floating]
) -> NDArray[np.uint8]:
    """A map of parts whose irises and whites lie between the points of the eyes.

    Args:
        labels: (height, width) of `Label`.
        points: (68, 2) x and y in the map's pixels, iBUG order.
        confidence: (68,) of the points, 0-1.

    Returns:
        (height, width): what is left out is `OCCLUDER`. Points that are not finite leave nothing
        out.
    """
    kept = labels.copy()
    for around, label, eye in SIDES:
        iris, own = labels == label, points[eye]
        count = np.count_nonzero(iris)
        if not count or not np.isfinite(own).all():
            continue
        inside = _between(own, labels.shape)
        if np.count_nonzero(iris & inside) < SMALL:
            inside = _between(own, labels.shape, beyond=1)
        # `not >=` so that confidences that are not finite count as none
        if np.count_nonzero(iris & inside) < INSIDE * count or not confidence[eye].mean() >= SURE:
            inside[:] = False
        kept[(iris | (labels == around)) & ~inside] = Label.OCCLUDER
    return kept


def _between(
    points: NDArray[np.floating], shape: tuple[int, ...], beyond: int = 0
) -> NDArray[np.bool_]:
    """The pixels in the convex hull of points, and up to so many beyond it."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    # Points may lie anywhere; OpenCV counts in 32-bit fixed point.
    places = np.clip(points, -4 * max(shape), 4 * max(shape)).astype(np.float32)
    cv2.fillConvexPoly(mask, np.round(cv2.convexHull(places) - 0.5).astype(np.int32), 1)
    return cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=beyond).astype(bool)

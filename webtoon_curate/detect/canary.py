"""A picture with two faces, drawn by this code, that every working detector must react to.

One face is drawn in the manner of manga, the other shaded like a grey photograph; both frontal,
so that a detector of either domain finds at least one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

FACES = np.array([[26, 46, 76, 72], [154, 38, 92, 104]], np.float32)
"""x, y, width, height of the drawn and of the shaded face, brow to chin, pixels."""

_BITS = 4
"""Fractional bits of OpenCV's drawing coordinates."""


def _ellipse(
    picture: NDArray,
    center: tuple[float, float],
    axes: tuple[float, float],
    color: tuple[int, int, int],
    thickness: int = -1,
    arc: tuple[int, int] = (0, 360),
) -> None:
    import cv2

    at = tuple(round(v * (1 << _BITS)) for v in center)
    radii = tuple(round(v * (1 << _BITS)) for v in axes)
    cv2.ellipse(picture, at, radii, 0, *arc, color, thickness, cv2.LINE_AA, _BITS)


def _drawn(picture: NDArray) -> None:
    """A manga head in 128 x 160 pixels."""
    import cv2

    hair, line, white = (70, 45, 50), (90, 60, 60), (255, 255, 255)
    _ellipse(picture, (64, 58), (46, 48), hair)
    cv2.rectangle(picture, (18, 58), (110, 118), hair, -1)
    face = [[30, 50], [34, 84], [50, 102], [64, 110], [78, 102], [94, 84], [98, 50], [64, 30]]
    fringe = [[28, 56], [34, 28], [64, 20], [94, 28], [100, 56], [88, 46], [80, 56], [70, 44]]
    fringe += [[60, 56], [50, 44], [40, 56], [36, 48]]
    cv2.fillPoly(picture, [np.array(face)], (250, 224, 206), cv2.LINE_AA)
    cv2.polylines(picture, [np.array(face)], True, line, 1, cv2.LINE_AA)
    cv2.fillPoly(picture, [np.array(fringe)], hair, cv2.LINE_AA)
    for x in (47, 81):
        _ellipse(picture, (x, 70), (10, 11), white)
        _ellipse(picture, (x, 71), (7, 9), (60, 60, 120))
        _ellipse(picture, (x, 71), (3.5, 5), (20, 15, 30))
        _ellipse(picture, (x - 2.5, 66.5), (2.5, 3), white)
        _ellipse(picture, (x, 69), (11, 10), (30, 20, 25), 3, (200, 340))
        _ellipse(picture, (x, 54), (9, 4), line, 1, (200, 340))
    cv2.line(picture, (64, 84), (63, 87), (170, 110, 100), 1, cv2.LINE_AA)
    _ellipse(picture, (64, 93), (6, 4), (170, 80, 80), 1, (10, 170))


def _shaded(picture: NDArray) -> None:
    """A human head with soft shadows in 160 x 160 pixels, grey."""
    import cv2

    def spot(x: float, y: float, w: float, h: float, grey: int) -> None:
        _ellipse(picture, (x, y), (w, h), (grey, grey, grey))

    spot(80, 72, 56, 62, 60)
    spot(80, 84, 46, 58, 190)
    for x in (60, 100):
        spot(x, 72, 14, 9, 140)
        spot(x, 60, 14, 4, 70)
        spot(x, 73, 10, 5, 225)
        spot(x, 73, 5, 5, 50)
        _ellipse(picture, (x, 71), (11, 5), (60, 60, 60), 2, (190, 350))
    for x, y, w, h, grey in ((80, 95, 5, 14, 215), (80, 106, 11, 4, 130), (74, 106, 3, 2, 70)):
        spot(x, y, w, h, grey)
    spot(86, 106, 3, 2, 70)
    spot(80, 121, 18, 5, 110)
    cv2.line(picture, (63, 121), (97, 121), (60, 60, 60), 2, cv2.LINE_AA)
    spot(80, 131, 12, 2, 160)
    picture[:] = cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), 1.6)


@cache
def canary_picture(scale: float = 1.0) -> NDArray[np.uint8]:
    """The picture, `scale` times as large: RGB, uint8, (160, 288, 3) at 1, not writable.

    The same bytes on every call.
    """
    import cv2

    drawn = np.full((160, 128, 3), (205, 225, 240), np.uint8)
    shaded = np.full((160, 160, 3), 200, np.uint8)
    _drawn(drawn)
    _shaded(shaded)
    picture = np.concatenate([drawn, shaded], axis=1)
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture.setflags(write=False)
    return picture

"""Points and maps of parts drawn over pictures, for people to look at."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.points import CONTOURS, POINTS
from webtoon_curate.synth.labels import Label

Color = tuple[int, int, int]

COLORS: dict[str, Color] = {
    "jaw": (0, 150, 255),
    "left_brow": (160, 90, 255),
    "right_brow": (160, 90, 255),
    "nose_bridge": (0, 190, 90),
    "nose_base": (0, 190, 90),
    "left_eye": (255, 40, 40),
    "right_eye": (255, 40, 40),
    "outer_lips": (255, 140, 0),
    "inner_lips": (255, 140, 0),
}
"""sRGB by contour."""
_FRACTION = 4
"""Bits of a pixel in which OpenCV is told places."""
_FARTHEST = 1 << 20
"""Pixels: OpenCV counts in 32 bits, and points may be anywhere."""

PART_COLORS = np.zeros((256, 3), np.uint8)
"""(256, 3) uint8 sRGB by class of `webtoon_curate.synth.labels.Label`; the background is black."""
for _label in Label:
    if _label:
        _hue = (_label * 0.381966) % 1  # the golden angle: neighbours differ
        PART_COLORS[_label] = np.multiply(colorsys.hsv_to_rgb(_hue, 0.75, 0.95), 255)


def draw_landmarks(
    picture: NDArray[np.uint8],
    points: NDArray[np.float32],
    confidence: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """A picture with the contours of a face.

    Args:
        picture: (h, w, 3) uint8 RGB; it is not changed.
        points: (68, 2) in its pixels; lines to points that are not finite are left out.
        confidence: (68,) 0-1: points below 0.5 are drawn hollow.
    """
    import cv2

    canvas = np.ascontiguousarray(picture).copy()
    points = np.asarray(points, np.float64).reshape(POINTS, 2)
    finite = np.isfinite(points).all(axis=1)
    # OpenCV counts from the middles of pixels.
    clipped = np.clip(np.nan_to_num(points) - 0.5, -_FARTHEST, _FARTHEST)
    spots = np.round(clipped * (1 << _FRACTION)).astype(np.int64)
    thick = max(1, round(min(canvas.shape[:2]) / 250))
    for contour in CONTOURS:
        color = COLORS[contour.name]
        for first, second in contour.segments():
            if finite[first] and finite[second]:
                ends = tuple(map(int, spots[first])), tuple(map(int, spots[second]))
                cv2.line(canvas, *ends, color, thick, cv2.LINE_AA, _FRACTION)
        for index in contour.points:
            if finite[index]:
                sure = confidence is None or confidence[index] >= 0.5
                place = tuple(map(int, spots[index]))
                radius = (thick + 1) << _FRACTION
                fill = cv2.FILLED if sure else 1
                cv2.circle(canvas, place, radius, color, fill, cv2.LINE_AA, _FRACTION)
    return canvas


def draw_parts(
    picture: NDArray[np.uint8], parsing: NDArray[np.uint8], strength: float = 0.5
) -> NDArray[np.uint8]:
    """A picture with the map of its parts over it.

    Args:
        picture: (h, w, 3) uint8 RGB; it is not changed.
        parsing: (s, t) uint8 classes; it is stretched over the picture.
        strength: of the map's colors, 0-1; the background is left as it is.
    """
    import cv2

    height, width = picture.shape[:2]
    classes = cv2.resize(parsing, (width, height), interpolation=cv2.INTER_NEAREST)
    mixed = (1 - strength) * picture + strength * PART_COLORS[classes]
    return np.where((classes > 0)[..., None], np.round(mixed), picture).astype(np.uint8)

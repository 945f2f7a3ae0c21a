"""The form of drawn figures, guessed from where they are and from the landmarks of their faces.

A height for every pixel is enough to let light come from anywhere after the drawing is done:
from a side, from below, from behind, from a lamp in the picture. Heights are in face widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SIDE = 128
"""Pixels of the longer side at which form is modelled; light runs softly over skin."""


class Form(NamedTuple):
    """Slopes of the surface, (height, width) float32 each at about `SIDE` pixels: how much it
    rises to the right and downwards, and the height itself in face widths."""

    across: Array
    down: Array
    height: Array


def face_width(points: Array) -> float:
    """Longer side of the box of a face's jaw line, in the units of its (68, 2) landmarks."""
    return float(np.ptp(points[:17], axis=0).max())


def form(figure: Array, faces: Sequence[Array]) -> Form:
    """The form of figures.

    Args:
        figure: (height, width), true where figures are.
        faces: landmarks of each face, (68, 2) in pixels.
    """
    height, width = figure.shape
    share = min(SIDE / max(height, width), 1.0)
    size = max(round(width * share), 8), max(round(height * share), 8)
    mask = cv2.resize(figure.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    widths = [max(face_width(points * scale), 4.0) for points in faces]
    unit = max(widths, default=0.4 * min(size))
    ground = cv2.GaussianBlur(mask, (0, 0), 0.11 * unit) * 0.28 * unit
    for points, wide in zip(faces, widths):
        _model(ground, np.asarray(points, np.float32) * scale, wide)
    ground = cv2.GaussianBlur(ground, (0, 0), 0.8)
    across = cv2.Sobel(ground, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(ground, cv2.CV_32F, 0, 1, scale=0.125)
    return Form(across, down, ground / unit)


def _model(ground: Array, points: Array, wide: float) -> None:
    """Adds a face: the round of the head, and its features as soft hills and hollows."""
    left, right = points[36:42].mean(0), points[42:48].mean(0)
    nose, chin, lip = points[30], points[8], points[[51, 57]].mean(0)
    brows = points[17:27].mean(0)
    head = points[:17].mean(0) * 0.5 + brows * 0.5
    under = 0.62 * lip + 0.38 * chin
    cheeks = [(eye + points[at] + nose) / 3 for eye, at in ((left, 3), (right, 13))]
    hills = [
        (head, 0.40, 0.50), (points[28], 0.045, 0.035), (points[29], 0.05, 0.05),
        (nose, 0.055, 0.075), (points[33], 0.05, 0.03), (points[51], 0.05, 0.018),
        (points[57], 0.05, 0.022), (under, 0.06, -0.025), (0.85 * chin + 0.15 * lip, 0.08, 0.035),
        (left, 0.085, -0.045), (right, 0.085, -0.045), (cheeks[0], 0.11, 0.03),
        (cheeks[1], 0.11, 0.03), (points[19], 0.07, 0.025), (points[24], 0.07, 0.025),
        (brows + 0.25 * (brows - nose), 0.2, 0.05),
    ]  # fmt: skip
    rows = np.arange(ground.shape[0], dtype=np.float32)
    columns = np.arange(ground.shape[1], dtype=np.float32)
    at = np.array([place for place, _, _ in hills], np.float32)
    reach = np.array([[size * wide] for _, size, _ in hills], np.float32)
    tall = np.array([[rise * wide] for _, _, rise in hills], np.float32)
    x = np.exp(-0.5 * ((columns - at[:, :1]) / reach) ** 2)
    y = np.exp(-0.5 * ((rows - at[:, 1:]) / reach) ** 2) * tall
    ground += y.T @ x


def toward(shape: Form, x: float, y: float, front: float) -> Array:
    """Light that the surface takes from a direction, -1 to 1.

    Args:
        shape: the surface.
        x, y: direction to the light in the picture, y down.
        front: the light's share from the reader's side; below 0 it comes from behind.
    """
    far = 1 / np.sqrt(x * x + y * y + front * front)
    steep = 1 / np.sqrt(1 + shape.across**2 + shape.down**2)
    return (front - x * shape.across - y * shape.down) * steep * far


def spread(values: Array, like: Array) -> Array:
    """A map at the size of a picture ``like``."""
    return cv2.resize(values, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_LINEAR)


def edge(values: Array, at: float, soft: float) -> Array:
    """0 below ``at``, 1 above, over a width of ``soft``."""
    return np.clip((values - at) / max(soft, 1e-3) + 0.5, 0, 1)

"""Colors between spaces, and how different two of them look.

sRGB is IEC 61966-2-1, OKLab is Björn Ottosson's (2020), CIELAB is relative to D65.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

_ENCODED = np.arange(256) / 255
LINEAR = np.where(_ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4)
LINEAR = LINEAR.astype(np.float32)
"""(256,) linear light of each sRGB value, 0-1."""

_TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929],
     [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_TO_OKLAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468],
     [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375],
     [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
_WHITE = _TO_XYZ.sum(axis=1)


def linear_of(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light of sRGB.

    Args:
        srgb: (…, 3) uint8.

    Returns:
        (…, 3) float32, 0-1.
    """
    return LINEAR[np.asarray(srgb, np.uint8)]


def srgb_of(linear: ArrayLike) -> NDArray[np.uint8]:
    """The nearest sRGB color of linear light (…, 3); what is out of range is clipped."""
    light = np.clip(np.asarray(linear, np.float64), 0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def oklab_of(linear: ArrayLike) -> Floats:
    """OKLab of linear light.

    Args:
        linear: (…, 3), 0-1.

    Returns:
        (…, 3): lightness 0-1, and a and b, about -0.4 to 0.4.
    """
    light = np.asarray(linear)
    kind = light.dtype if light.dtype == np.float32 else np.float64
    return np.cbrt(light @ _TO_LMS.T.astype(kind)) @ _TO_OKLAB.T.astype(kind)


def linear_of_oklab(oklab: ArrayLike) -> Floats:
    """Linear light (…, 3) of OKLab colors; colors outside sRGB lie outside 0-1."""
    return cones_of_oklab(oklab) ** 3 @ np.linalg.inv(_TO_LMS).T


def cones_of_oklab(oklab: ArrayLike) -> Floats:
    """Cube roots of the cones' responses (…, 3) that OKLab is made from."""
    return np.asarray(oklab, np.float64) @ np.linalg.inv(_TO_OKLAB).T


def oklab_of_cones(roots: ArrayLike) -> Floats:
    """OKLab (…, 3) of the cube roots of the cones' responses."""
    return np.asarray(roots, np.float64) @ _TO_OKLAB.T


def cielab_of(srgb: ArrayLike) -> Floats:
    """CIELAB (D65) of sRGB colors (…, 3), 0-255."""
    scaled = linear_of(np.asarray(srgb, np.uint8)).astype(np.float64) @ _TO_XYZ.T / _WHITE
    low = scaled <= (6 / 29) ** 3
    f = np.where(low, scaled / (3 * (6 / 29) ** 2) + 4 / 29, np.cbrt(scaled))
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(first: ArrayLike, second: ArrayLike) -> Floats:
    """The difference of CIELAB colors, ΔE00; 1 is about what an eye just sees.

    After Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005), equations 2-22.

    Args:
        first, second: (…, 3) L*, a*, b*; they are broadcast.

    Returns:
        (…) differences, 0 or more.
    """
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _rooted(mean_chroma)
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1 = np.degrees(np.arctan2(b1, a1 * stretch)) % 360
    h2 = np.degrees(np.arctan2(b2, a2 * stretch)) % 360
    grey = c1 * c2 == 0
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(grey, 0, np.where((turn == -180) & (h2 > h1), 180, turn))
    delta_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = _mean_hue(h1, h2, grey)
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    off = (lightness - 50) ** 2
    by_l = (l2 - l1) / (1 + 0.015 * off / np.sqrt(20 + off))
    by_c = (c2 - c1) / (1 + 0.045 * chroma)
    by_h = delta_hue / (1 + 0.015 * chroma * weight)
    rotation = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    mixed = -2 * _rooted(chroma) * np.sin(np.radians(rotation)) * by_c * by_h
    return np.sqrt(np.maximum(by_l**2 + by_c**2 + by_h**2 + mixed, 0))


def _rooted(chroma: Floats) -> Floats:
    """Root of C⁷ / (C⁷ + 25⁷)."""
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _mean_hue(h1: Floats, h2: Floats, grey: NDArray[np.bool_]) -> Floats:
    """Equation 14: the middle of two hues in degrees, their sum where one is grey."""
    total = h1 + h2
    far = np.abs(h1 - h2) > 180
    middle = np.where(far, np.where(total < 360, total + 360, total - 360), total) / 2
    return np.where(grey, total, middle)

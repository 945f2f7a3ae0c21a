"""Eyes as they would look without the glasses before them.

Lenses are drawn as a thin layer of white or pale blue over the eye and the skin around it. The skin
is seen beside them, too: how much whiter it is behind them tells the layer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import (
    linear_of,
    linear_of_oklab,
    oklab_of,
    srgb_of,
)
from webtoon_curate.attributes.tones import Tones, base_tone, tones_of
from webtoon_curate.synth.labels import Label

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDES = ((Label.LEFT_EYE, Label.LEFT_IRIS), (Label.RIGHT_EYE, Label.RIGHT_IRIS))
FEWEST_RIM, FEWEST_SKIN = 20, 8
"""Pixels of glasses in a picture, and of even skin around an eye, below which nothing is told."""
EVEN = 12
"""Largest difference of neighbours in even skin, sRGB values, as in `colors`."""
AROUND = 0.15
"""Skin within this share of an eye's width lies behind the eye's lens, or just beside it."""
LEAST_SHARE = 0.15
"""Share of the skin around an eye that lies behind the lens at least."""
THINNEST, THICKEST = 0.03, 0.45
"""Opacity of lenses through which an eye is seen; drawn haze is 0.1 to 0.2."""
ASTRAY = 12.0
"""How far from the line between skin and white a tone of skin behind lenses may lie, sRGB values:
blush and shadow lie further."""
INK = 0.03
"""Share of an eye that is ink. A layer is not thicker than what makes ink that light."""
SKIN_LIT = 0.3
"""Share of the skin that its lit tone has, as in `colors`."""
MOST = 2000
"""Pixels of the skin that are looked at."""


def without_lenses(pixels: Image, labels: NDArray[np.uint8]) -> Image:
    """A face whose eyes are seen without the white of lenses before them.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        labels: (height, width) uint8 of `webtoon_curate.synth.labels.Label`.

    Returns:
        (height, width, 3) uint8: `pixels` itself if there are no glasses, else a copy in which
        only the eyes may differ.
    """
    rim = labels == Label.GLASSES
    if np.count_nonzero(rim) < FEWEST_RIM:
        return pixels
    even = _even(pixels)
    skin = pixels[(labels == Label.SKIN) & even]
    if len(skin) < FEWEST_RIM:
        return pixels
    tones = _tones(skin)
    paint = _srgb(tones)[base_tone(tones, SKIN_LIT)]
    behind = (rim | (labels == Label.SKIN)) & even  # maps of parts take much of a lens for its rim
    clear = pixels.copy()
    for side in SIDES:
        eye = np.isin(labels, side)
        around = pixels[behind & _near(eye)]
        if len(around) >= FEWEST_SKIN:
            clear[eye] = _cleared(pixels[eye], *_layer(around, paint))
    return clear


def _layer(around: Image, paint: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Opacity of the layer before skin around an eye, and its color times that; 0 for none.

    What is seen is `(1 - opacity) * paint + opacity * color`, in sRGB values as programs blend.
    The color is about white; how far it is not is told by the skin.
    """
    tones = _tones(around)
    seen = _srgb(tones)
    to_white = 255 - paint
    opacity = (seen - paint) @ to_white / max(float(to_white @ to_white), 1.0)
    astray = np.abs(seen - paint - opacity[:, None] * to_white).max(axis=1)
    fits = (tones.shares >= LEAST_SHARE) & (opacity > THINNEST) & (opacity < THICKEST)
    fits &= astray < ASTRAY
    if not fits.any():
        return 0.0, np.zeros(3)
    best = int(fits.argmax())
    return float(opacity[best]), seen[best] - (1 - opacity[best]) * paint


def _cleared(eye: Image, opacity: float, added: NDArray[np.float64]) -> Image:
    """(n, 3) pixels of an eye without a layer."""
    ink = np.quantile(eye, INK, axis=0)
    thinner = min(1.0, float((ink / np.maximum(added, 1)).min()))
    opacity, added = thinner * opacity, thinner * added
    return np.clip(np.rint((eye - added) / (1 - opacity)), 0, 255).astype(np.uint8)


def _tones(pixels: Image) -> Tones:
    return tones_of(oklab_of(linear_of(pixels[:: 1 + len(pixels) // MOST])))


def _srgb(tones: Tones) -> NDArray[np.float64]:
    return srgb_of(linear_of_oklab(tones.middles)).astype(np.float64)


def _even(pixels: Image) -> Mask:
    import cv2

    square = np.ones((3, 3), np.uint8)
    return cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, square).max(axis=2) <= EVEN


def _near(eye: Mask) -> Mask:
    """What lies around an eye."""
    import cv2

    if not eye.any():
        return eye
    width = np.ptp(np.flatnonzero(eye.any(axis=0))) + 1
    reach = 1 + 2 * max(2, round(AROUND * int(width)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return cv2.dilate(eye.astype(np.uint8), disk).astype(bool)

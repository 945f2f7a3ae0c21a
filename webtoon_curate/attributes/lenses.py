"""Eyes as they would look without the glasses before them.

Lenses are drawn as a thin layer of white or pale blue over the eye and the skin around it. The skin
is seen beside them, too: how much whiter it is behind them tells the layer. So does ink: lines of
the eye that are greyer than the drawing's darkest ones lie behind haze.
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
from webtoon_curate.synth.labels import FACE_LABELS, Label

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDES = ((Label.LEFT_EYE, Label.LEFT_IRIS), (Label.RIGHT_EYE, Label.RIGHT_IRIS))
PERSON = FACE_LABELS | {Label.HAIR, Label.EARS, Label.NECK}
"""Whose lines are drawn with the ink of the eyes."""
FEWEST_RIM, FEWEST_SKIN = 20, 8
"""Pixels of glasses in a picture, and of even skin around an eye, below which nothing is told."""
AROUND = 0.15
"""Skin within this share of an eye's width lies behind the eye's lens."""
BESIDE = 0.6
"""Skin further than this share of an eye's width from it lies beside the lens."""
LEAST_SHARE = 0.15
"""Share of the skin around an eye that lies behind the lens at least."""
THINNEST, THICKEST = 0.03, 0.45
"""Opacity of lenses through which an eye is seen; drawn haze is 0.1 to 0.2."""
ASTRAY = 12.0
"""How far from the line between skin and white a tone of skin behind lenses may lie, sRGB values:
blush and shadow lie further."""
INK = 0.03
"""Share of an eye that is ink. A layer is not thicker than what makes ink that light."""
OTHER_INK, LEAST_INK = 0.005, 50
"""Share of what lies beside the lenses that is ink, and pixels of that below which nothing is
told."""
HAZE = np.array([235.0, 242.0, 255.0])
"""Color of lenses if only ink tells of them: they are drawn white or pale blue."""
GREYER_INK = 14.0
"""sRGB values by which ink is lighter behind haze: less is grain of a JPEG."""
LINES = 3
"""Rows above and below an iris in which lines of the eye are looked for."""
SKIN_LIT = 0.3
"""Share of the skin that its lit tone has, as in `colors`."""
MOST = 1000
"""Pixels of the skin that are looked at."""


def has_lenses(labels: NDArray[np.uint8]) -> bool:
    """Whether a face wears glasses, by its (height, width) labels."""
    return bool(np.count_nonzero(labels == Label.GLASSES) >= FEWEST_RIM)


def without_lenses(pixels: Image, labels: NDArray[np.uint8], even: Mask) -> Image:
    """A face whose eyes are seen without the white of lenses before them.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        labels: (height, width) uint8 of `webtoon_curate.synth.labels.Label`.
        even: (height, width) where there are no lines and edges.

    Returns:
        (height, width, 3) uint8: `pixels` itself if there are no glasses, else a copy in which
        only the eyes may differ.
    """
    if not has_lenses(labels):
        return pixels
    eyes = [np.isin(labels, side) for side in SIDES]
    skin = (labels == Label.SKIN) & even
    beside = skin.copy()
    for eye in eyes:
        beside[_box(eye, BESIDE)[0]] = False
    seen = pixels[beside if np.count_nonzero(beside) >= FEWEST_RIM else skin]
    if len(seen) < FEWEST_RIM:
        return pixels
    tones = _tones(seen)
    paint = _srgb(tones)[base_tone(tones, SKIN_LIT)]
    # Maps of parts take much of a lens for its rim.
    behind = skin | (even & (labels == Label.GLASSES))
    clear = pixels.copy()
    for eye in eyes:
        around = _around(pixels, eye, behind) if eye.any() else pixels[:0, 0]
        if len(around) >= FEWEST_SKIN:
            clear[eye] = _cleared(pixels[eye], *_layer(around, paint))
    return _with_ink(clear, labels)


def _with_ink(pixels: Image, labels: NDArray[np.uint8]) -> Image:
    """A face in which lines of the eyes are as dark as others; `pixels` is written to."""
    own = np.isin(labels, (*np.ravel(SIDES), Label.GLASSES))
    beside = np.isin(labels, tuple(PERSON))
    beside[_box(own, 0.0)[0]] = False
    if np.count_nonzero(beside) < LEAST_INK:
        return pixels
    ink = _darkest(pixels[beside], OTHER_INK)
    for eye, iris in SIDES:
        rows = np.flatnonzero((labels == iris).any(axis=1))
        if not len(rows):
            continue
        whole = np.isin(labels, (eye, iris))
        near = whole.copy()
        near[: max(0, int(rows[0]) - LINES)] = False
        near[int(rows[-1]) + LINES + 1 :] = False
        lighter = _darkest(pixels[near], INK) - ink
        opacity = float((lighter / (HAZE - ink)).mean())
        if lighter.min() >= GREYER_INK and np.ptp(lighter) <= ASTRAY and opacity < THICKEST:
            seen = (pixels[whole] - opacity * HAZE) / (1 - opacity)
            pixels[whole] = np.clip(np.rint(seen), 0, 255).astype(np.uint8)
    return pixels


def _darkest(pixels: Image, share: float) -> NDArray[np.float64]:
    """(3,) mean of the darkest share of (n, 3) pixels."""
    count = max(1, round(share * len(pixels)))
    darkest = np.argsort(pixels.astype(np.int64).sum(axis=1), kind="stable")[:count]
    return pixels[darkest].mean(axis=0)


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


def _around(pixels: Image, eye: Mask, behind: Mask) -> Image:
    """(n, 3) pixels of what lies around an eye, of those that may lie behind its lens."""
    import cv2

    box, margin = _box(eye, AROUND)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
    near = cv2.dilate(eye[box].astype(np.uint8), disk).astype(bool)
    return pixels[box][near & behind[box]]


def _box(eye: Mask, share: float) -> tuple[tuple[slice, slice], int]:
    """The box of an eye with a margin on each side, and the margin: a share of its width."""
    rows, columns = (np.flatnonzero(eye.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return (slice(0, 0), slice(0, 0)), 0
    margin = max(2, round(share * (int(columns[-1] - columns[0]) + 1)))
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    end, right = int(rows[-1]) + margin + 1, int(columns[-1]) + margin + 1
    return (slice(top, end), slice(left, right)), margin

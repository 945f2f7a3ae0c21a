"""Which of the colors under a map of hair are the hair's paint.

Maps of parts take skin, hats and ground for hair, and outlines and shadow may cover more of it
than the paint does. A tone counts as the hair's as far as it is found there and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.tones import (
    SAME,
    Floats,
    Tones,
    base_tone,
    of_one_paint,
    tones_of,
)
from webtoon_curate.synth.labels import FACE_LABELS, Label

Mask = NDArray[np.bool_]

ELSEWHERE = tuple(
    sorted({Label.BACKGROUND, Label.SKIN, Label.NOSE, Label.EARS, Label.NECK, Label.HAT}
           | {Label.CLOTHES})
)  # fmt: skip
"""What maps of parts take for hair."""
LEAST = 0.2
"""Share of the paint that its lit tone has, on drawn faces of `synth`: the base has more, shine and
rim light less."""
BESIDE = 0.2
"""Hair within half this share of the picture's height from the face is beside it: hats and ground
lie further out."""
ENOUGH = 60
"""Pixels beside the face that are asked; where there are fewer, all hair is."""
MOST_TONES = 8
"""Tones that are looked at; the others are small."""
MOST = 6000
"""Pixels of hair, and of what is not hair, that are looked at."""
AS_OWN = 0.5
"""Tones less the hair's own than this share of the first's are no light or shadow of it."""
BARELY = 1e-6
"""Share of the hair that each tone has at least: of a wide tone no pixel may be near the middle."""
SECOND_SHARE, SECOND_APART, SECOND_OWN = 0.25, 0.12, 0.6
"""Share of the hair, distance in OKLab from its first color, and share of its pixels in the picture
that are of the hair, which a second color has."""
INK_LIGHTNESS, INK_CHROMA = 0.22, 0.02
"""OKLab below which a tone may be line and shadow: it is no second color."""
COLORED, AMID_INK = 0.045, 0.3
"""Chroma of OKLab of a color between strands of ink, and how large it is there at least, of the
ink's share: hair that is shaded in black has this color, not two."""
SHEEN_HUES = (180.0, 310.0)
"""Hues of OKLab (degrees) in which comics paint the shine of black hair."""
LINING = 0.3
"""Lightness by which a second color that is darker may be the hair's inside in shadow, or a hat."""


@dataclass(frozen=True)
class HairPaint:
    """What hair is painted in.

    Attributes:
        color: (3,) float32 OKLab of its lit tone.
        tones: of the paint, light and shadow; `shares` are those of what is seen of it, sum 1.
        second: (3,) of hair in two colors, such as dyed tips.
    """

    color: Floats
    tones: Tones
    second: Floats | None


def hair_paint(oklab: Floats, labels: NDArray[np.uint8], inner: Mask) -> HairPaint:
    """The paint of a face's hair.

    Args:
        oklab: (height, width, 3) float32 of the face.
        labels: (height, width) of `Label`.
        inner: (height, width) of the hair, without its border if it is large enough; not empty.
    """
    tones = tones_of(_some(oklab[inner]))
    tones = tones[np.arange(len(tones)) < MOST_TONES]
    near = inner & _beside_face(labels)
    here = _shares(oklab[inner], tones)
    beside = _shares(oklab[near], tones) if near.sum() >= ENOUGH else here
    own = _own(oklab, labels, tones)
    seen = (here + beside) * own + BARELY
    first = _first(tones, seen)
    paint = of_one_paint(tones, first)
    sides = seen * paint * (own >= AS_OWN * own[first])
    base = base_tone(Tones(tones.middles, sides, tones.spreads), LEAST, first)
    some = sides > 0
    chosen = Tones(tones.middles, (sides / sides.sum()).astype(np.float32), tones.spreads)[some]
    fair = (np.minimum(here, beside) >= SECOND_SHARE) & (own >= SECOND_OWN)
    return HairPaint(tones.middles[base], chosen, _second(tones, first, paint, fair))


def _first(tones: Tones, seen: Floats) -> int:
    """The tone with most to be seen, or the color that is shaded in ink."""
    first, ink = int(seen.argmax()), _ink(tones)
    if not ink[first]:
        return first
    _, a, b = tones.middles.T
    hue = np.degrees(np.arctan2(b, a)) % 360
    colored = (np.hypot(a, b) >= COLORED) & ((hue < SHEEN_HUES[0]) | (hue > SHEEN_HUES[1]))
    shaded = colored & (seen >= AMID_INK * seen[first])
    return int(np.where(shaded, seen, 0).argmax()) if shaded.any() else first


def _second(tones: Tones, first: int, paint: Mask, fair: Mask) -> Floats | None:
    middles = tones.middles
    apart = np.linalg.norm(middles - middles[first], axis=1) >= SECOND_APART
    lit = middles[:, 0] > middles[first, 0] - LINING
    other = ~paint & ~_ink(tones) & apart & lit & fair
    return middles[int(other.argmax())] if other.any() else None


def _ink(tones: Tones) -> Mask:
    """(n,) which tones may be ink."""
    return (tones.middles[:, 0] < INK_LIGHTNESS) & (np.hypot(*tones.middles[:, 1:].T) < INK_CHROMA)


def _own(oklab: Floats, labels: NDArray[np.uint8], tones: Tones) -> Floats:
    """(n,) of all pixels that have a tone, the share that the map calls hair."""
    hair, others = labels == Label.HAIR, np.isin(labels, ELSEWHERE)
    inside = _shares(oklab[hair], tones) * int(hair.sum())
    outside = _shares(oklab[others], tones) * int(others.sum())
    return inside / np.maximum(inside + outside, 1)


def _shares(pixels: Floats, tones: Tones) -> Floats:
    """(n,) the share of pixels (m, 3) that have each tone."""
    if not len(pixels):
        return np.zeros(len(tones), np.float32)
    pixels = _some(pixels)
    return np.array(
        [(np.linalg.norm(pixels - middle, axis=1) <= SAME).mean() for middle in tones.middles],
        np.float32,
    )


def _some(pixels: Floats) -> Floats:
    return pixels[:: max(1, len(pixels) // MOST)]


def _beside_face(labels: NDArray[np.uint8]) -> Mask:
    import cv2

    reach = 1 + 2 * round(BESIDE * len(labels) / 2)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    face = np.isin(labels, tuple(sorted(FACE_LABELS)))
    return cv2.dilate(face.astype(np.uint8), disk).astype(bool)

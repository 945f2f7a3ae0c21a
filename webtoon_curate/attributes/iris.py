"""The color of irises: not of pupils, glints, the glow below or the shadow of the lid above.

An iris is mixed with ink towards its pupil and rim, with white towards its glow, and lies in the
shadow of the lid at its top. Ink and white take saturation away, so what is most saturated in the
iris' hue, below the lid's shadow, is the paint, however little of it is left. A map of parts
reaches over skin and the white of the eye and takes closed lids, buttons and hair for irises: what
is skin or white is left out, and what lies in no eye is hardly believed. Both eyes have one color
unless both show clearly that they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import (
    ciede2000,
    cielab_of,
    linear_of_oklab,
    srgb_of,
)
from webtoon_curate.attributes.tones import SAME, Tones, base_tone, tones_of
from webtoon_curate.synth.labels import Label

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

EYES = {
    "left_eye_color": (Label.LEFT_EYE, Label.LEFT_IRIS),
    "right_eye_color": (Label.RIGHT_EYE, Label.RIGHT_IRIS),
}
"""What lies around an iris, and the iris."""
FEWEST = 12
"""Pixels of an iris in the map below which it has no color."""
ISLAND = 1 / 3
"""Parts of an iris' map that are this much smaller than its largest are faults of the map."""
SKIN_LIT, SKIN_TONE = 0.3, 0.1
"""Share of the skin that its lit tone has, and that its tones have which a map reaches over."""
WHITE = 0.9
"""Share of the pixels around an iris that are darker than its white: lids, lashes, shadow."""
WHITE_TONE, SHADED_WHITE = 0.1, 0.6
"""Share of the pixels around an iris, and lightness, of a grey tone that is white in shadow."""
ENOUGH, LEAST = 8, 4
"""Pixels clear of skin that are enough to leave out those beside it, which are mixed with it, and
pixels of an iris below which it is not told."""
GLINT_LIGHTNESS, GLINT_CHROMA = 0.88, 0.04
"""Pixels lighter and greyer than this are glints in an eye."""
LID = 0.35
"""Share of an iris' height, from its top, that lies in the shadow of the lid."""
PAINT, FULL = 0.1, 0.9
"""Share of an iris that has its paint, at least, and share of the paint's saturation that its
pixels have."""
NOISE = 0.1
"""Lightness of OKLab that is added before chroma is divided by it: what is nearly black has no
hue."""
COLORFUL, SATURATED = 0.05, 0.085
"""Chroma of OKLab, and chroma over lightness, of which either makes an iris colored: shadow of a
lid on black or grey has less. Dark brown is known by the second."""
GREY_SHARE = 0.2
"""Share of a black or grey iris that its paint has."""
FAINT, GREYER, LIGHTER, ONE_HUE = 0.1, 0.055, 0.1, 0.8
"""A colored tone of less chroma than the first is shadow on grey if a large tone has less chroma
over lightness than the second, is lighter by the third, and has another hue (cosine below the
last)."""
OVER_SKIN, BLUER, WHITES = 0.9, 1.12, 0.05
"""Whites of eyes have at least this share of the skin's green light, their blue over red is this
many times the skin's, in any light; and they are this share of an open eye."""
AROUND = 0.25
"""Share of an iris' pixels that the map has around it, if it has white."""
HAZE = 0.25
"""How far lenses may take skin towards white."""
SKIN_HUE = 0.9
"""Cosine of the difference from the skin's hue above which what surrounds a dot is mixed with
skin."""
DOT_LIGHTNESS, DOT_SHARE, DOT_WIDTH, DOT_FILL = 0.42, 0.25, 1.8, 0.5
"""An eye without white is a dot if this dark, at least this share of its map, at most this many
times as wide as high, and if it fills that much of its box: the line of a closed lid does not."""
AROUND_DOT = 0.1
"""Lightness of OKLab by which what surrounds a dot is lighter: the lens of sunglasses is not."""
DOTTED, NO_EYE = 0.8, 0.2
"""What is left of the confidence in dots, and in what has neither white nor the shape of a dot."""
PLENTY = 40
"""Pixels that are plenty: confidence has fallen to 1 - 1/e at as many."""
BEHIND = 0.5
"""What is left of the confidence in an iris behind glasses."""
HAZED, UNCLEAR = 0.3, 0.2
"""A grey iris behind glasses that is lighter than this (OKLab) may be glare or haze on a dark one,
and little of the confidence is left."""
SLIT, LIDDED, SHADED = 0.5, 0.45, 0.5
"""An iris less high than this share of its width, and darker than the second, may be all in the
shadow of the lid: what is left of the confidence."""
ONE_COLOR, APART = 6.0, 15.0
"""ΔE2000 of both eyes below which each confirms the other, and above which they differ."""
ODD_CONFIDENCE, ODD_PIXELS = 0.15, 20
"""Confidence and pixels that each of two eyes of different colors has."""
ODD_CHROMA, ODD_LIGHTNESS = 0.08, 0.2
"""Chroma of the colored one, and difference of lightness, if the other is grey or black."""
SUPPORT = 0.5
"""Share of the other eye's confidence that counts for or against an eye."""


@dataclass(frozen=True)
class Iris:
    """What an iris is painted in.

    Attributes:
        paint: (3,) OKLab.
        colored: whether it is a color, not black, grey or white.
        share: of the clear pixels that have it, 0-1.
        spread: median distance of these pixels from it, OKLab.
        pixels: that were clear of skin and white.
        confidence: 0-1.
    """

    paint: Floats
    colored: bool
    share: float
    spread: float
    pixels: int
    confidence: float


def iris_colors(
    oklab: Floats, labels: NDArray[np.uint8], skin: Tones | None, lenses: bool
) -> dict[str, Iris]:
    """The irises of a face.

    Args:
        oklab: (height, width, 3) of the face, without the haze of lenses.
        labels: (height, width) uint8 of `Label`.
        skin: the tones of its skin; None where it has none.
        lenses: whether it wears glasses.

    Returns:
        By the names of `EYES`. An iris that shows too little has the color of the other.
    """
    shown = [name for name, (_, iris) in EYES.items() if np.sum(labels == iris) >= FEWEST]
    found = {name: _read(oklab, labels, EYES[name], skin, lenses) for name in shown}
    return _agreed({name: iris for name, iris in found.items() if iris is not None}, shown)


def iris_paint(seen: Floats, height: Floats, inside: Mask | None = None) -> tuple[Floats, bool]:
    """What an iris is painted in.

    Args:
        seen: (n, 3) OKLab of its pixels, n at least 1.
        height: (n,) where in the iris they are, 0 at its top, 1 at its bottom.
        inside: (n,) which of them are not mixed with white beside them; all when None.

    Returns:
        (3,) OKLab, and whether it is a color, not black, grey or white.
    """
    glints = (seen[:, 0] > GLINT_LIGHTNESS) & (_chroma(seen) < GLINT_CHROMA)
    inside = ~glints if inside is None else inside & ~glints
    grey = _lightest(tones_of(seen[inside] if inside.sum() >= ENOUGH else seen))
    if not glints.all():
        seen, height = seen[~glints], height[~glints]
    lit = height >= LID
    paint = _most_saturated(seen[lit] if lit.sum() >= max(LEAST, len(seen) / 3) else seen)
    chroma = float(_chroma(paint))
    colored = chroma >= COLORFUL or chroma >= SATURATED * float(paint[0])
    if colored and chroma < FAINT and grey[0] > paint[0] + LIGHTER:
        colored = _chroma(grey) >= GREYER * grey[0] or _one_hue(paint, grey) >= ONE_HUE
    return (paint, True) if colored else (grey, False)


def _read(
    oklab: Floats,
    labels: NDArray[np.uint8],
    parts: tuple[Label, Label],
    skin: Tones | None,
    lenses: bool,
) -> Iris | None:
    """One iris by its map; None if there are too few pixels that are neither skin nor white."""
    eye, iris = labels == parts[0], _whole(labels == parts[1])
    box = _box(eye | iris)
    eye, iris, oklab = eye[box], iris[box], oklab[box]
    over = _skin(oklab, eye | iris, skin)
    white = _white(oklab, eye, iris)
    likeness, dot = _eye_likeness(oklab, eye, iris, skin, lenses)
    own = iris & ~over & ~white & dot
    clear = own & ~_grown(over)
    clear = clear if np.count_nonzero(clear) >= ENOUGH else own
    rows, _ = np.nonzero(clear)
    if len(rows) < LEAST:
        return None
    top, high, wide = _extent(own)
    seen = oklab[clear]
    paint, colored = iris_paint(seen, (rows - top + 0.5) / high, ~_grown(white)[clear])
    away = np.linalg.norm(seen - paint, axis=1)
    near = away <= 2 * SAME
    share, spread = float(near.mean()), float(np.median(away[near])) if near.any() else 0.0
    sure = (1 - np.exp(-len(seen) / PLENTY)) * min(1.0, 2 * share) * (1 - spread / (4 * SAME))
    sure *= likeness
    if high < SLIT * wide and paint[0] < LIDDED:
        sure *= SHADED
    if lenses:
        sure *= BEHIND * (UNCLEAR if not colored and paint[0] > HAZED else 1)
    return Iris(paint, colored, share, spread, len(seen), float(sure))


def _agreed(found: dict[str, Iris], shown: Sequence[str]) -> dict[str, Iris]:
    """Both irises as the one that is told better, unless they are of two colors."""
    if not found:
        return {}
    best = max(found.values(), key=lambda iris: iris.confidence)
    if len(found) == 2:
        one, other = found.values()
        apart = _difference(one, other)
        if apart >= APART and _odd(one, other):
            return found
        agrees = (apart <= ONE_COLOR) - (apart >= APART)
        sure = best.confidence + agrees * SUPPORT * min(one.confidence, other.confidence)
        best = replace(best, confidence=min(1.0, sure))
    return dict.fromkeys(shown, best)


def _odd(one: Iris, other: Iris) -> bool:
    """Whether two irises that look different show it well enough to be so."""
    if min(one.confidence, other.confidence) < ODD_CONFIDENCE:
        return False
    if min(one.pixels, other.pixels) < ODD_PIXELS:
        return False
    lighter = abs(float(one.paint[0] - other.paint[0]))
    chromas = float(_chroma(one.paint)), float(_chroma(other.paint))
    if min(chromas) < COLORFUL:
        return max(chromas) >= ODD_CHROMA and lighter > ODD_LIGHTNESS
    return _one_hue(one.paint, other.paint) < ONE_HUE or lighter > 1.5 * ODD_LIGHTNESS


def _difference(one: Iris, other: Iris) -> float:
    """ΔE2000 of two irises."""
    pair = srgb_of(linear_of_oklab(np.stack([one.paint, other.paint])))
    return float(ciede2000(*cielab_of(pair)))


def _most_saturated(inside: Floats) -> Floats:
    """The median of the pixels that are most saturated in the iris' hue."""
    tint = inside[:, 1:] / (inside[:, :1] + NOISE)
    hue = (tint * np.linalg.norm(tint, axis=1)[:, None]).sum(axis=0)
    along = tint @ (hue / max(float(np.linalg.norm(hue)), 1e-9))
    least = min(len(along), max(LEAST, round(PAINT * len(along))))
    full = np.partition(along, -least)[-least]
    return np.median(inside[along >= min(FULL * full, full)], axis=0)


def _lightest(tones: Tones) -> Floats:
    """The lightest of the large tones."""
    large = tones.shares >= min(GREY_SHARE, float(tones.shares[0]))
    return tones.middles[int(np.where(large, tones.middles[:, 0], -1).argmax())]


def _whole(iris: Mask) -> Mask:
    """A map of an iris without its small islands."""
    import cv2

    count, at, stats, _ = cv2.connectedComponentsWithStats(iris.astype(np.uint8), connectivity=8)
    if count <= 2:
        return iris
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(at, 1 + np.flatnonzero(sizes >= ISLAND * sizes.max()))


def _skin(oklab: Floats, own: Mask, skin: Tones | None) -> Mask:
    """Where the skin around an eye runs into its map: an iris of its color does not touch it."""
    import cv2

    if skin is None:
        return np.zeros(own.shape, bool)
    tones = skin.middles[skin.shares >= min(SKIN_TONE, float(skin.shares[0]))]
    alike = np.linalg.norm(oklab[..., None, :] - tones, axis=-1).min(axis=-1) <= SAME
    _, at = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    return alike & np.isin(at, np.unique(at[alike & ~own]))


def _white(oklab: Floats, eye: Mask, iris: Mask) -> Mask:
    """Where the white of an eye is, if it has any, and the shadow of the lid on it."""
    around = oklab[eye]
    if len(around) < FEWEST:
        return np.zeros(eye.shape, bool)
    white = np.median(around[around[:, 0] >= np.quantile(around[:, 0], WHITE)], axis=0)
    if white[0] <= oklab[iris][:, 0].mean():  # a lid line
        return np.zeros(eye.shape, bool)
    found = np.linalg.norm(oklab - white, axis=-1) <= 2 * SAME
    tones = tones_of(around)
    shaded = (tones.shares >= WHITE_TONE) & (tones.middles[:, 0] >= SHADED_WHITE)
    for tone in tones.middles[shaded & (_chroma(tones.middles) <= COLORFUL)]:
        found |= np.linalg.norm(oklab - tone, axis=-1) <= SAME
    return found


def _eye_likeness(
    oklab: Floats, eye: Mask, iris: Mask, skin: Tones | None, lenses: bool
) -> tuple[float, Mask]:
    """How far a map shows an open eye, by white in it or by the shape of a dot, and where an iris
    may be: what has the skin's hue around a dot is mixed with skin."""
    anywhere = np.ones(iris.shape, bool)
    if skin is None:
        return 1.0, anywhere
    size = np.count_nonzero(iris)
    own = skin.middles[base_tone(skin, SKIN_LIT)]
    if np.count_nonzero(eye) >= AROUND * size and _has_white(oklab[eye | iris], own, lenses):
        return 1.0, anywhere
    dark = iris & (oklab[..., 0] < DOT_LIGHTNESS)
    count = np.count_nonzero(dark)
    if count < max(ENOUGH, DOT_SHARE * size):
        return NO_EYE, anywhere
    _, high, wide = _extent(dark)
    if wide > DOT_WIDTH * high or count < DOT_FILL * high * wide:
        return NO_EYE, anywhere
    lightness, around = oklab[..., 0], _grown(dark, 3) & ~_grown(dark)
    if not around.any() or lightness[around].mean() < lightness[dark].mean() + AROUND_DOT:
        return NO_EYE, anywhere
    along = oklab[..., 1:] @ own[1:] / max(float(_chroma(own)), 1e-9)
    return DOTTED, dark | (along < SKIN_HUE * _chroma(oklab))


def _has_white(seen: Floats, skin: Floats, lenses: bool) -> bool:
    """Whether pixels (n, 3) have white among them, in any light; behind glasses, whose haze whitens
    skin, in white light."""
    red, green, blue = linear_of_oklab(seen).T
    own = linear_of_oklab(skin)
    least = own[1] + HAZE * (1 - own[1]) if lenses else OVER_SKIN * own[1]
    white = (green >= least) & (blue * own[0] >= BLUER * own[2] * red)
    return bool(np.count_nonzero(white) >= max(LEAST, WHITES * len(white)))


def _extent(mask: Mask) -> tuple[int, int, int]:
    """Top row, height and width of a mask."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _grown(mask: Mask, times: int = 1) -> Mask:
    """A mask with the pixels beside it, and those beside these."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square, iterations=times).astype(bool)


def _box(mask: Mask) -> tuple[slice, slice]:
    """The box of a mask, with room for what lies beside it."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(0, int(rows[0]) - LEAST), int(rows[-1]) + LEAST + 1),
        slice(max(0, int(columns[0]) - LEAST), int(columns[-1]) + LEAST + 1),
    )


def _chroma(oklab: Floats) -> Floats:
    return np.hypot(oklab[..., 1], oklab[..., 2])


def _one_hue(one: Floats, other: Floats) -> float:
    """Cosine of the difference of two colors' hues."""
    return float(one[1:] @ other[1:]) / max(float(_chroma(one) * _chroma(other)), 1e-9)

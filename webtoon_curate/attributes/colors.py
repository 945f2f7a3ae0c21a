"""The colors of a face's parts, from its pixels and their parsing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import (
    linear_of,
    linear_of_oklab,
    oklab_of,
    srgb_of,
)
from webtoon_curate.attributes.hair import hair_paint
from webtoon_curate.attributes.iris import EYES, Iris, iris_colors
from webtoon_curate.attributes.lenses import has_lenses, without_lenses
from webtoon_curate.attributes.light import colorless_beside, lights_skin, without_light_on
from webtoon_curate.attributes.tones import SAME, Tones, base_tone, tones_of
from webtoon_curate.synth.labels import Label

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

WHITE_LIGHT = np.ones(3, np.float32)
PARTS: dict[str, tuple[Label, ...]] = {
    "skin_color": (Label.SKIN, Label.NOSE),
    "lips_color": (Label.MOUTH,),
    "brows_color": (Label.LEFT_BROW, Label.RIGHT_BROW),
}
"""The labels whose pixels show a part, but for hair and eyes."""
COLUMNS = ("hair_color", *EYES, *PARTS, "hair_color_2")
"""Names of colors, as in the tables."""
_LEAST = {"skin_color": 0.3, "lips_color": 0.3, "brows_color": 0.2}
"""Share of a paint that its lit tone has, on drawn faces of `synth`."""
FEWEST = 12
"""Pixels below which a part has no color."""
INNER = 20
"""Pixels within a part that are enough to leave out its border."""
MOST = 6000
"""Pixels of a part that are looked at."""
EVEN = 12
"""Difference of neighbours (sRGB values) that is grain, not an edge: JPEG of good quality."""
GREY_CHROMA, GREY_SHARE = 0.02, 0.97
"""A drawing is grey if this share of its pixels has less chroma (OKLab) than that."""
LIPS_APART = 0.035
"""Distance from the skin in OKLab below which lips are not painted."""
ONE_GROUND = 0.01
"""Distance in OKLab within which hair and skin are the same paper."""
OFF_PAPER, PAINTED = 0.04, 0.1
"""Distance in OKLab's a and b from mixtures of ink and paper that is a color, and the share of a
person that has any if it is painted."""
ENOUGH = 60
"""Pixels that are plenty: confidence has fallen to 1 - 1/e at as many."""


@dataclass(frozen=True)
class PartColor:
    """The color of a part.

    Attributes:
        color: (3,) uint8 sRGB in white light.
        raw: (3,) uint8 sRGB, as drawn.
        share: of the part's pixels that have it, 0-1; those on edges are left out.
        spread: median distance of these pixels from it, OKLab.
        confidence: 0-1.
        tones: of hair, that name it: its light and shadow as drawn, and without the light where
            that turns even skin blue or green.
    """

    color: NDArray[np.uint8]
    raw: NDArray[np.uint8]
    share: float
    spread: float
    confidence: float
    tones: Tones | None = None


def face_colors(
    pixels: Image, labels: NDArray[np.uint8], light: NDArray[np.floating] | None = None
) -> dict[str, PartColor]:
    """The colors of a face.

    Args:
        pixels: (height, width, 3) uint8 RGB of the face with its hair.
        labels: (height, width) uint8 of `webtoon_curate.synth.labels.Label`.
        light: (3,) linear sRGB of the scene's light; white when None.

    Returns:
        Colors by the names of `COLUMNS`; parts that are hidden, too small or not
        painted are left out, and so is everything in a grey drawing, and in a line drawing on
        one ground.

    Raises:
        ValueError: if the shapes do not fit.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape != (*labels.shape, 3):
        raise ValueError(f"RGB uint8 with labels of its size, not {pixels.shape}, {labels.shape}")
    if is_grey(linear_of(pixels)):
        return {}
    light = WHITE_LIGHT if light is None else np.asarray(light, np.float32)
    uneven = _unevenness(pixels)
    oklab = oklab_of(linear_of(without_lenses(pixels, labels, uneven <= EVEN)))
    found = _Found(oklab, uneven, light)
    lenses = has_lenses(labels)
    for part, shown in PARTS.items():
        found.add(part, np.isin(labels, shown))
    for part, iris in iris_colors(oklab, labels, found.tones.get("skin_color"), lenses).items():
        found.add_iris(part, iris)
    found.add_hair(pixels, labels)
    found.drop_bare_lips()
    person = ~np.isin(labels, (Label.BACKGROUND, Label.OCCLUDER, Label.LETTERING))
    return {} if found.unpainted(person) else found.colors


def is_grey(linear: NDArray[np.float32]) -> bool:
    """Whether a picture (…, 3) of linear light has no colors but those of its paper or light."""
    flat = linear.reshape(-1, 3)
    flat = flat[:: max(1, len(flat) // MOST)]
    cast = flat.sum(axis=0) / max(float(flat.sum()), 1e-6) * 3
    _, a, b = oklab_of(flat / np.maximum(cast, 1e-3)).T
    return bool((np.hypot(a, b) < GREY_CHROMA).mean() >= GREY_SHARE)


def _unevenness(pixels: Image) -> Image:
    """Largest difference of values among each pixel and its eight neighbours."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    red, green, blue = cv2.split(cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, square))
    return np.maximum(np.maximum(red, green), blue)


def _inner(mask: Mask) -> Mask:
    """A part without its border, if enough is left of it."""
    import cv2

    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return inner if inner.sum() >= INNER else mask


def _apart(first: PartColor, second: PartColor) -> float:
    """The distance of two colors as drawn, OKLab."""
    pair = oklab_of(linear_of(np.stack([first.raw, second.raw])))
    return float(np.linalg.norm(pair[0] - pair[1]))


class _Found:
    """The colors of one face as they are found."""

    def __init__(
        self, oklab: NDArray[np.float32], uneven: Image, light: NDArray[np.float32]
    ) -> None:
        self.colors: dict[str, PartColor] = {}
        self.tones: dict[str, Tones] = {}
        self._oklab, self._uneven, self._light = oklab, uneven, light

    def add(self, part: str, mask: Mask) -> None:
        """The color of a part, if enough of it is seen."""
        seen = self._pixels(mask)
        if len(seen) < FEWEST:
            return
        tones = self.tones[part] = tones_of(seen)
        paint = tones.middles[base_tone(tones, _LEAST[part])]
        self.colors[part] = self._color(paint, seen, int(mask.sum()))

    def add_iris(self, part: str, iris: Iris) -> None:
        """The color of an iris."""
        color, raw = self._printed(iris.paint)
        self.colors[part] = PartColor(color, raw, iris.share, iris.spread, iris.confidence)

    def add_hair(self, pixels: Image, labels: NDArray[np.uint8]) -> None:
        """The color of the hair, and a second one of hair in two; after the skin's."""
        hair = labels == Label.HAIR
        inner = _inner(hair)
        if inner.sum() < FEWEST:
            return
        paint = hair_paint(self._oklab, labels, inner)
        tones, skin = paint.tones, self.colors.get("skin_color")
        if skin is not None:
            strange = lights_skin(pixels, labels, skin.raw)
            seen_in = without_light_on if strange else colorless_beside
            tones = replace(tones, middles=seen_in(tones.middles, skin.raw))
        seen = self._pixels(hair)
        seen, count = seen if len(seen) else self._oklab[inner], int(hair.sum())
        first = self._color(paint.color, seen, count)
        self.colors["hair_color"] = replace(first, tones=tones)
        if paint.second is not None:
            self.colors["hair_color_2"] = self._color(paint.second, seen, count)

    def unpainted(self, person: Mask) -> bool:
        """Whether hair and skin are one ground with lines on it, and so is the person: pale hair
        may have the skin's color, but clothes and features do not."""
        hair, skin = self.colors.get("hair_color"), self.colors.get("skin_color")
        if hair is None or skin is None or _apart(hair, skin) >= ONE_GROUND:
            return False
        _, *paper = oklab_of(linear_of(skin.raw))
        tint = np.array(paper)
        seen = self._oklab[person][:, 1:]
        inked = np.clip(seen @ tint / max(float(tint @ tint), 1e-6), 0, 1)[:, None] * tint
        colored = np.linalg.norm(seen - inked, axis=1) > OFF_PAPER
        return bool(colored.mean() < PAINTED)

    def drop_bare_lips(self) -> None:
        """Lips of the skin's color are a line, not lips."""
        lips, skin = self.colors.get("lips_color"), self.colors.get("skin_color")
        if lips is None or skin is None:
            return
        if _apart(lips, skin) < LIPS_APART:
            del self.colors["lips_color"]

    def _pixels(self, mask: Mask) -> NDArray[np.float32]:
        """OKLab of the part's pixels: its inside if it is large enough, and no edges."""
        if mask.sum() < FEWEST:
            return self._oklab[:0, 0]
        mask = _inner(mask)
        uneven = self._uneven[mask]
        mask = mask & (self._uneven <= max(EVEN, float(np.median(uneven))))
        seen = self._oklab[mask]
        return seen[:: max(1, len(seen) // MOST)]

    def _color(
        self, middle: NDArray[np.float32], seen: NDArray[np.float32], pixels: int
    ) -> PartColor:
        away = np.linalg.norm(seen - middle, axis=1)
        near = away <= 2 * SAME
        share, spread = float(near.mean()), float(np.median(away[near])) if near.any() else 0.0
        enough = 1 - np.exp(-pixels / ENOUGH)
        sure = enough * min(1.0, 2 * share) * (1 - spread / (4 * SAME))
        return PartColor(*self._printed(middle), share, spread, float(sure))

    def _printed(self, oklab: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """sRGB of a color in white light, and as drawn."""
        linear = np.clip(linear_of_oklab(oklab), 0, 1)
        return srgb_of(linear / np.maximum(self._light, 1e-3)), srgb_of(linear)


def colors_row(colors: Mapping[str, PartColor]) -> dict[str, object]:
    """The columns of `schema.COLORS` for the parts of a face; null for those not found."""
    row: dict[str, object] = {}
    for part in COLUMNS:
        found = colors.get(part)
        row |= {
            part: None if found is None else found.color.tolist(),
            f"{part}_raw": None if found is None else found.raw.tolist(),
            f"{part}_share": None if found is None else found.share,
            f"{part}_spread": None if found is None else found.spread,
            f"{part}_confidence": None if found is None else found.confidence,
        }
    return row

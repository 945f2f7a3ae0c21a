"""Names of colors: a small palette for each part, in English, Korean and Japanese.

`data/palette.json` has for each name some colors that people call so in drawings. A color has the
name of the nearest of them by ΔE2000.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webtoon_curate.attributes.colors import PartColor
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of

LANGUAGES = ("en", "ko", "ja")
PALETTES = ("hair", "eye", "skin")
EYES_APART = 15.0
"""ΔE2000 below which two eyes are one color: a small iris is read up to this far off."""
SURE = 0.1
"""Confidence below which an eye has no name: its iris is a few pixels, or hardly shows paint. Of
drawn irises without glasses 3% lie below."""
MIXED = "mixed"
"""Name of hair in two colors."""


@dataclass(frozen=True)
class Palette:
    """The names of a part's colors.

    Attributes:
        names: as in the tables.
        labels: of each name, by language.
        lab: (n, 3) CIELAB of all colors that have a name.
        owner: (n,) index into `names` of each.
        colors: (n, 3) uint8 sRGB of the same.
    """

    names: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]
    lab: NDArray[np.float64]
    owner: NDArray[np.intp]
    colors: NDArray[np.uint8]

    def name(self, color: ArrayLike) -> str:
        """The name of an sRGB color, (3,) 0-255."""
        return self.names[self.owner[ciede2000(cielab_of(color), self.lab).argmin()]]


@cache
def palette(part: str) -> Palette:
    """The palette of `hair`, `eye` or `skin`."""
    data = resources.files("webtoon_curate.attributes") / "data" / "palette.json"
    entries = json.loads(data.read_text(encoding="utf-8"))[part]
    names = tuple(entries)
    codes = [(at, code) for at, name in enumerate(names) for code in entries[name]["colors"]]
    colors = np.array([tuple(bytes.fromhex(code[1:])) for _, code in codes], np.uint8)
    labels = {name: {lang: entries[name][lang] for lang in LANGUAGES} for name in names}
    return Palette(names, labels, cielab_of(colors), np.array([at for at, _ in codes]), colors)


def label_of(part: str, name: str, language: str = "en") -> str:
    """A name of the tables in a language, `en`, `ko` or `ja`.

    Example:
        >>> label_of("hair", "dark_brown", "ko"), label_of("eye", "blue/brown", "ja")
        ('짙은 갈색', '青/茶色')
    """
    if name == MIXED:
        return {"en": "mixed", "ko": "섞인 색", "ja": "混色"}[language]
    return "/".join(palette(part).labels[one][language] for one in name.split("/"))


def names_of(colors: Mapping[str, PartColor]) -> dict[str, str | None]:
    """`hair_name`, `eye_name` and `skin_name` of a face; None where there is no color, and for eyes
    whose color is not `SURE`.

    Hair is named as drawn: people name it by what they see, and a light that was told wrong does
    more harm than one that was not undone. Eyes and skin are named in white light.
    """
    hairs = [colors[name].raw for name in ("hair_color", "hair_color_2") if name in colors]
    names = list(dict.fromkeys(map(palette("hair").name, hairs)))
    hair = MIXED if len(names) > 1 else next(iter(names), None)
    skin = colors.get("skin_color")
    both = ("left_eye_color", "right_eye_color")
    eyes = [colors[name] for name in both if name in colors and colors[name].confidence >= SURE]
    if len(eyes) == 2 and ciede2000(*(cielab_of(eye.color) for eye in eyes)) < EYES_APART:
        eyes = [max(eyes, key=lambda eye: eye.confidence)]
    return {
        "hair_name": hair,
        "eye_name": "/".join(dict.fromkeys(palette("eye").name(e.color) for e in eyes)) or None,
        "skin_name": palette("skin").name(skin.color) if skin is not None else None,
    }

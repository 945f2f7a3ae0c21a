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
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of, linear_of_oklab, srgb_of

LANGUAGES = ("en", "ko", "ja")
PALETTES = ("hair", "eye", "skin")
EYES_APART = 15.0
"""ΔE2000 below which two eyes are one color: a small iris is read up to this far off."""
SURE = 0.15
"""Confidence below which an eye has no name: its iris is a few pixels, hardly shows paint, lies in
no eye, or is grey behind glasses."""
SURE_HAIR = 0.4
"""Certainty below which hair has no name: two or three names are as good."""
SOFT = 6.0
"""ΔE2000 in which the odds of a name fall by e: names of one color differ among people by as much.
Of 2 to 12, those from 4 to 8 agree with people's names of real hair within 2%."""
FAMILIES = {
    "brown": ("dark_brown", "light_brown"),
    "blue": ("dark_blue", "light_blue", "teal"),
    "red": ("orange",),
}
"""Names of hair that shade into each other, by what people say who do not tell them apart."""
DARKEST = 0.05
"""Lightness of OKLab that black ink counts as."""
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
        return self.names[int(self.distances(color).argmin())]

    def distances(self, colors: ArrayLike) -> NDArray[np.float64]:
        """ΔE2000 of sRGB colors (…, 3) from the nearest color of each name, (…, names)."""
        apart = ciede2000(cielab_of(colors)[..., None, :], self.lab)
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        return np.minimum.reduceat(apart, starts, axis=-1)


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
    """`hair_name`, `eye_name` and `skin_name` of a face; None where there is no color, and where
    an eye is not `SURE` or hair not `SURE_HAIR`.

    Hair is named by `hair_vote`, eyes and skin in white light.
    """
    hair, second = colors.get("hair_color"), colors.get("hair_color_2")
    name, sure = hair_vote(hair) if hair is not None else ("", 0.0)
    if second is not None and family(palette("hair").name(second.raw)) != family(name):
        name, sure = MIXED, 1.0
    skin = colors.get("skin_color")
    both = ("left_eye_color", "right_eye_color")
    eyes = [colors[name] for name in both if name in colors and colors[name].confidence >= SURE]
    if len(eyes) == 2 and ciede2000(*(cielab_of(eye.color) for eye in eyes)) < EYES_APART:
        eyes = [max(eyes, key=lambda eye: eye.confidence)]
    return {
        "hair_name": name if sure >= SURE_HAIR else None,
        "eye_name": "/".join(dict.fromkeys(palette("eye").name(e.color) for e in eyes)) or None,
        "skin_name": palette("skin").name(skin.color) if skin is not None else None,
    }


def family(name: str) -> str:
    """What people say who do not use a name of hair, itself for most names."""
    return next((head for head, others in FAMILIES.items() if name in others), name)


def hair_vote(hair: PartColor) -> tuple[str, float]:
    """The name of hair, and how certain it is, 0-1.

    All tones of light and shadow have a vote, for people name what they see of the whole: black
    hair is black although its lit side is grey. A vote is as large as the tone's share times its
    lightness, since shadow says less of a paint, and goes to the names near it. First families are
    voted for, then the name of that family which the color `raw` is nearest to.

    Hair is named as drawn, for a light that was told wrong does more harm than one that was not
    undone, except where even the skin has another hue (`webtoon_curate.attributes.light`).
    """
    names, tones = palette("hair"), hair.tones
    if tones is None:
        colors, weights = hair.raw[None], np.ones(1)
    else:
        colors = srgb_of(linear_of_oklab(tones.middles))
        weights = tones.shares * np.maximum(tones.middles[:, 0], DARKEST)
        weights = weights / weights.sum()
    apart = names.distances(colors)
    odds = np.exp((apart.min(axis=1, keepdims=True) - apart) / SOFT)
    votes = weights @ (odds / odds.sum(axis=1, keepdims=True))
    families = [family(name) for name in names.names]
    shares = {one: sum(v for v, of in zip(votes, families) if of == one) for one in families}
    winner = max(shares, key=lambda one: shares[one])
    mine = [at for at, one in enumerate(families) if one == winner]
    drawn = names.distances(hair.raw)
    return names.names[min(mine, key=lambda at: drawn[at])], float(shares[winner])

"""Who is drawn: identities that stay the same from drawing to drawing."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.paint import Color, mix

SKIN_BANDS: dict[str, tuple[Color, Color]] = {
    "very light": ((255, 240, 230), (252, 226, 210)),
    "light": ((252, 220, 198), (242, 200, 170)),
    "medium": ((232, 186, 148), (206, 150, 108)),
    "dark": ((186, 126, 84), (140, 88, 58)),
    "very dark": ((120, 74, 50), (66, 42, 34)),
}
"""Bands of natural skin, from the lightest to the darkest color of each; sampled evenly."""

FANTASY_SKIN = 0.012
"""Share of skins of any hue: trolls, ghosts, robots."""

AGES: dict[str, float] = {"child": 0.2, "teen": 0.2, "adult": 0.2, "middle": 0.2, "old": 0.2}

GENDERS: dict[str, float] = {"woman": 0.48, "man": 0.48, "unknown": 0.04}
GLASSES_SHARE = 0.5
HAT_SHARE = 0.14
FACIAL_HAIR_SHARE = 0.4

HAIR_COLORS: dict[str, tuple[Color, Color, float]] = {
    "black": ((24, 22, 28), (52, 48, 58), 26),
    "dark brown": ((60, 38, 30), (88, 56, 42), 16),
    "brown": ((110, 70, 46), (150, 100, 66), 14),
    "blond": ((214, 172, 96), (246, 222, 150), 11),
    "red": ((150, 56, 30), (206, 96, 46), 6),
    "grey": ((130, 130, 136), (196, 196, 202), 5),
    "white": ((224, 224, 230), (250, 250, 252), 5),
    "fantasy": ((0, 0, 0), (0, 0, 0), 17),
}
"""From, to and weight; fantasy colors have any hue."""

EYE_COLORS: dict[str, tuple[Color, Color, float]] = {
    "dark brown": ((46, 28, 22), (78, 48, 34), 26),
    "brown": ((104, 64, 38), (150, 96, 56), 20),
    "black": ((22, 20, 26), (46, 42, 50), 12),
    "blue": ((60, 110, 180), (120, 176, 226), 11),
    "green": ((58, 120, 76), (120, 180, 110), 8),
    "grey": ((100, 108, 118), (158, 166, 176), 6),
    "amber": ((190, 130, 40), (226, 176, 70), 5),
    "fantasy": ((0, 0, 0), (0, 0, 0), 12),
}
SKIN_TONED_HAIR = 0.06
"""Share of characters whose hair has about the tone of their skin, before greying."""
ODD_EYES = 0.02
"""Share of characters whose eyes differ in color."""

HAIR_STYLES: dict[str, dict[str, float]] = {
    "woman": {
        "long": 14, "layered": 14, "long see-through": 7, "bob": 10, "bob tucked": 6,
        "ponytail": 10, "twin tails": 5, "bun": 7, "half up": 4, "hime": 6, "wavy": 11,
        "short": 5, "center part": 4, "swept": 2, "braids": 4, "afro": 3, "curly": 4, "shag": 3,
        "two block": 1, "bald": 0.5,
    },
    "man": {
        "short": 16, "two block": 12, "comma": 10, "parted fringe": 10, "dandy": 10,
        "undercut": 6, "spiky": 10, "swept": 8, "center part": 5, "side part": 8, "bald": 5,
        "receding": 3, "shag": 5, "long": 4, "buzz": 5, "curly": 5, "afro": 3, "ponytail": 2,
    },
    "unknown": {"short": 5, "bob": 4, "shag": 4, "curly": 2, "long": 2, "bald": 1},
}  # fmt: skip

FACIAL_HAIR: dict[str, float] = {
    "stubble": 5, "mustache": 3, "goatee": 4, "full beard": 4, "handlebar": 1, "long beard": 2,
    "sideburns": 1,
}  # fmt: skip
GLASSES: dict[str, float] = {
    "round": 4, "square": 4, "oval": 3, "thin": 2, "rimless": 2, "half rim": 2, "thick": 2,
    "sun": 1.5, "cat": 1,
}  # fmt: skip
HATS: dict[str, float] = {
    "cap": 5, "beanie": 3, "brim": 3, "witch": 1, "hood": 6, "helmet": 1.5, "headband": 2,
    "headphones": 2, "beret": 1.5, "crown": 0.7, "straw": 1, "hairband": 2, "bow": 2,
    "cat ears": 1, "pins": 2,
}  # fmt: skip
HAT_COVERS = frozenset({"cap", "beanie", "brim", "witch", "hood", "helmet", "beret", "straw"})
"""Head-wear that counts as a hat in the truth; the rest are ornaments."""
MARKS: dict[str, float] = {
    "mole": 0.10, "freckles": 0.06, "scar": 0.05, "eye scar": 0.02, "tattoo": 0.015,
    "eye patch": 0.015, "bandage": 0.02, "plaster": 0.015, "bags": 0.08,
    "face mask": 0.025,
}  # fmt: skip
"""Share of characters with each mark; they may have several."""


@dataclass(frozen=True)
class Character:
    """An identity. Colors are sRGB in white light; lists of names are module tables.

    ``seed`` fixes everything small: where locks fall, how features differ from the style's.
    """

    seed: int
    gender: str
    age: str
    skin: Color
    skin_band: str
    hair: Color
    left_eye: Color
    right_eye: Color
    hair_style: str
    bangs: float
    facial_hair: str | None
    glasses: str | None
    glasses_color: Color
    hat: str | None
    hat_color: Color
    marks: tuple[str, ...]
    ear: str
    lipstick: Color | None
    clothes: Color

    @property
    def side(self) -> int:
        """1 or -1: the picture's side of partings, bows, crooked smiles, for life."""
        return 1 if self.seed % 2 else -1


def vivid(rng: np.random.Generator, saturation: float = 0.6, value: float = 0.8) -> Color:
    """Any hue."""
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(),
        saturation * between(rng, 0.6, 1.3) if saturation < 0.75 else saturation,
        min(1.0, value * between(rng, 0.6, 1.2)),
    )
    return (round(red * 255), round(green * 255), round(blue * 255))


def _from_table(rng: np.random.Generator, table: Mapping[str, tuple[Color, Color, float]]) -> Color:
    name = pick(rng, {key: row[2] for key, row in table.items()})
    low, high, _ = table[name]
    return vivid(rng) if name == "fantasy" else mix(low, high, rng.random())


def _skin(rng: np.random.Generator) -> tuple[str, Color]:
    if rng.random() < FANTASY_SKIN:
        return "fantasy", vivid(rng, 0.35, 0.85)
    band = one_of(rng, tuple(SKIN_BANDS))
    return band, mix(*SKIN_BANDS[band], rng.random())


def _aged(rng: np.random.Generator, hair: Color, age: str) -> Color:
    """Hair as it is at an age: as it was, or grey."""
    grey = {"old": 0.8, "middle": 0.2}.get(age, 0.0)
    if rng.random() >= grey:
        return hair
    return mix((150, 150, 156), (240, 240, 244), rng.random())


def sample_character(rng: np.random.Generator, **fixed: Any) -> Character:
    """A new identity; fields given by name are kept as given.

    Raises:
        TypeError: a name is not a field of `Character`.
    """
    gender = fixed.get("gender") or pick(rng, GENDERS)
    age = fixed.get("age") or pick(rng, AGES)
    band, skin = _skin(rng)
    hair = _from_table(rng, HAIR_COLORS)
    if rng.random() < SKIN_TONED_HAIR:
        hair = mix(skin, hair, 0.25 * rng.random())
    hair = _aged(rng, hair, age)
    left = _from_table(rng, EYE_COLORS)
    right = _from_table(rng, EYE_COLORS) if rng.random() < ODD_EYES else left
    grown = gender == "man" and age not in ("child", "teen")
    facial = pick(rng, FACIAL_HAIR) if grown and rng.random() < FACIAL_HAIR_SHARE else None
    hair_style = pick(rng, HAIR_STYLES[gender])
    if age in ("child", "teen") and hair_style in ("bald", "receding"):
        hair_style = "short"
    lip = gender == "woman" and age != "child" and rng.random() < 0.4
    dark = rng.random() < 0.6
    drawn = {
        "seed": int(rng.integers(2**31)),
        "gender": gender,
        "age": age,
        "skin": skin,
        "skin_band": band,
        "hair": hair,
        "left_eye": left,
        "right_eye": right,
        "hair_style": hair_style,
        "bangs": rng.random(),
        "facial_hair": facial,
        "glasses": pick(rng, GLASSES) if rng.random() < GLASSES_SHARE else None,
        "glasses_color": (30, 28, 32) if dark else vivid(rng, 0.7, 0.6),
        "hat": pick(rng, HATS) if rng.random() < HAT_SHARE else None,
        "hat_color": vivid(rng, 0.55, 0.7),
        "marks": tuple(name for name, share in MARKS.items() if rng.random() < share),
        "ear": "elf" if rng.random() < 0.03 else "human",
        "lipstick": mix((190, 40, 60), (220, 120, 120), rng.random()) if lip else None,
        "clothes": vivid(rng, 0.5, 0.75),
    }
    return Character(**(drawn | fixed))

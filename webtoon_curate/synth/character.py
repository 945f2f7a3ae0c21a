"""Who is drawn: identities that stay the same from drawing to drawing, and what faces express."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from webtoon_curate.synth.face_shapes import SHAPE_CHANGES, face_shape
from webtoon_curate.synth.head import Pose
from webtoon_curate.synth.manners import OWN_LIDS, OWN_LIDS_SHARE
from webtoon_curate.synth.paint import Color, mix
from webtoon_curate.synth.profiles import own_side
from webtoon_curate.synth.style import Style, between, one_of, pick


@dataclass(frozen=True)
class Expression:
    """What an expression does to brows, eyes and mouth.

    Brows: heights in eye widths, up positive; ``brow_uneven`` lifts one more than the other.
    Eyes: factor on the opening. Mouth: ``smile`` bends the corners up (1) or down (-1), ``gape``
    opens in mouth widths, ``wide`` scales the width.
    """

    brow_inner: float = 0.0
    brow_outer: float = 0.0
    eye_open: float = 1.0
    lid: str = "open"
    smile: float = 0.0
    gape: float = 0.0
    wide: float = 1.0
    teeth: bool = False
    brow_uneven: float = 0.0


EXPRESSIONS: dict[str, Expression] = {
    "neutral": Expression(),
    "smile": Expression(smile=0.6, brow_outer=0.05),
    "grin": Expression(smile=0.8, gape=0.22, wide=1.35, teeth=True),
    "laugh": Expression(smile=0.7, gape=0.75, wide=1.3, lid="happy", brow_outer=0.15, teeth=True),
    "happy": Expression(smile=0.7, gape=0.45, wide=1.15, brow_outer=0.1),
    "sad": Expression(smile=-0.5, brow_inner=0.3, brow_outer=-0.1, eye_open=0.85, wide=0.85),
    "cry": Expression(smile=-0.6, gape=0.45, brow_inner=0.4, eye_open=0.6, wide=1.1, teeth=True),
    "angry": Expression(smile=-0.35, brow_inner=-0.4, brow_outer=0.25, eye_open=0.85),
    "shout": Expression(
        smile=-0.1, gape=1.0, wide=1.25, brow_inner=-0.4, brow_outer=0.25, teeth=True
    ),
    "shock": Expression(gape=0.85, wide=0.8, lid="wide", brow_inner=0.35, brow_outer=0.3),
    "surprise": Expression(gape=0.4, wide=0.6, eye_open=1.15, brow_inner=0.3, brow_outer=0.3),
    "smirk": Expression(smile=0.5, wide=0.9, brow_inner=-0.1, eye_open=0.8),
    "sleepy": Expression(eye_open=0.4, lid="half", smile=-0.1),
    "calm": Expression(lid="closed", smile=0.15),
    "pain": Expression(lid="squeezed", gape=0.35, smile=-0.3, brow_inner=-0.3, teeth=True),
    "pout": Expression(smile=-0.3, wide=0.55, brow_inner=-0.15),
    "kiss": Expression(wide=0.4, gape=0.25, lid="closed"),
    "worry": Expression(smile=-0.4, wide=0.9, brow_inner=0.3, brow_outer=-0.05),
    "wavy": Expression(smile=0.0, wide=1.1, brow_inner=0.2),
    "talk": Expression(gape=0.35, wide=0.85),
    "wink": Expression(smile=0.6, lid="wink", gape=0.2),
    "bored": Expression(eye_open=0.55, lid="half", smile=-0.15),
    "glare": Expression(eye_open=0.6, brow_inner=-0.35, brow_outer=0.1, smile=-0.2),
    "sneer": Expression(
        smile=0.9, gape=0.3, wide=1.5, brow_inner=-0.35, brow_outer=0.15, eye_open=0.75, teeth=True
    ),
    "clench": Expression(
        smile=-0.25, gape=0.32, wide=1.3, brow_inner=-0.4, brow_outer=0.15, eye_open=0.8, teeth=True
    ),
    "contempt": Expression(smile=0.2, lid="half", eye_open=0.65, brow_uneven=0.3, wide=0.9),
    "doubt": Expression(smile=-0.2, eye_open=0.85, brow_inner=-0.1, brow_uneven=0.45, wide=0.8),
    "drunk": Expression(smile=0.3, gape=0.25, lid="half", eye_open=0.6, brow_inner=0.25),
    "teary": Expression(smile=-0.25, brow_inner=0.4, brow_outer=-0.1, eye_open=1.05, wide=0.75),
    "tongue": Expression(smile=0.6, gape=0.3, wide=0.95, brow_outer=0.1),
    "dread": Expression(
        smile=-0.35, gape=0.4, wide=1.15, lid="wide", brow_inner=0.35, brow_outer=0.1, teeth=True
    ),
    "dazed": Expression(gape=0.4, wide=0.8, eye_open=0.8, brow_inner=0.3),
}

EXPRESSION_WEIGHTS: dict[str, float] = {
    "neutral": 18, "smile": 10, "talk": 10, "happy": 6, "angry": 6, "glare": 4, "sad": 5,
    "surprise": 5, "shout": 5, "grin": 4, "laugh": 4, "worry": 5, "shock": 3, "cry": 3,
    "smirk": 4, "sleepy": 3, "calm": 7, "pain": 3, "pout": 2, "kiss": 1, "wavy": 1, "wink": 1,
    "bored": 3, "sneer": 2, "clench": 2.5, "contempt": 2, "doubt": 2, "drunk": 1, "teary": 2.5,
    "tongue": 0.7, "dread": 1.5, "dazed": 0.8,
}  # fmt: skip

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


def vivid(rng: np.random.Generator, saturation: float = 0.6, value: float = 0.8) -> Color:
    """Any hue."""
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(),
        saturation * between(rng, 0.6, 1.3) if saturation < 0.75 else saturation,
        min(1.0, value * between(rng, 0.6, 1.2)),
    )
    return (round(red * 255), round(green * 255), round(blue * 255))


def _from_table(
    rng: np.random.Generator, table: Mapping[str, tuple[Color, Color, float]]
) -> tuple[str, Color]:
    name = pick(rng, {key: row[2] for key, row in table.items()})
    low, high, _ = table[name]
    return name, vivid(rng) if name == "fantasy" else mix(low, high, rng.random())


def _skin(rng: np.random.Generator) -> tuple[str, Color]:
    if rng.random() < FANTASY_SKIN:
        return "fantasy", vivid(rng, 0.35, 0.85)
    band = one_of(rng, tuple(SKIN_BANDS))
    return band, mix(*SKIN_BANDS[band], rng.random())


MARKS: dict[str, float] = {
    "mole": 0.10, "freckles": 0.06, "scar": 0.05, "eye scar": 0.02, "tattoo": 0.015,
    "eye patch": 0.015, "bandage": 0.02, "plaster": 0.015, "bags": 0.08,
    "face mask": 0.025,
}  # fmt: skip


def _old(rng: np.random.Generator, hair: Color, age: str) -> Color:
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
    _, hair = _from_table(rng, HAIR_COLORS)
    if rng.random() < SKIN_TONED_HAIR:
        hair = mix(skin, hair, 0.25 * rng.random())
    hair = _old(rng, hair, age)
    _, left = _from_table(rng, EYE_COLORS)
    right = _from_table(rng, EYE_COLORS)[1] if rng.random() < ODD_EYES else left
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


_AGE_CHANGES: dict[str, dict[str, float]] = {
    "child": {"eye_size": 1.1, "eye_open": 1.08, "nose_out": 0.7, "nose_width": 0.85,
              "mouth_width": 0.88, "width": 1.07, "chin": 1.08, "brow_weight": 0.85},
    "teen": {"width": 1.02},
    "middle": {"eye_open": 0.92, "nose_out": 1.08, "jaw": 1.03},
    "old": {"eye_open": 0.82, "nose_out": 1.15, "nose_width": 1.12, "jaw": 1.05, "chin": 1.05,
            "eye_size": 0.94, "ear": 1.15},
}  # fmt: skip
_GENDER_CHANGES: dict[str, dict[str, float]] = {
    "man": {"eye_size": 0.91, "eye_open": 0.76, "jaw": 1.13, "chin": 1.22, "point": 1.4,
            "brow_weight": 1.75, "brow_gap": 0.72, "lash": 0.4, "lips": 0.35, "nose_out": 1.14,
            "nose_width": 1.18, "mouth_width": 1.12, "width": 0.98, "blush": 0.3},
    "woman": {"eye_size": 1.04, "eye_open": 1.08, "jaw": 0.95, "chin": 0.90, "point": 0.85,
              "brow_weight": 0.78, "brow_gap": 1.1, "lash": 1.35, "lips": 1.35,
              "nose_width": 0.9, "mouth_width": 0.95, "blush": 1.2},
}  # fmt: skip
PRETTY_MEN, HANDSOME_WOMEN = 0.09, 0.06
"""Shares of men and women whose faces hardly show their gender, as `HARDLY` of its changes."""
HARDLY = (-0.3, 0.3)
CUE_SPREAD = 0.25
"""How much the strength of the changes varies between the others (standard deviation)."""


@lru_cache(maxsize=256)
def gender_cues(character: Character) -> float:
    """How strongly somebody's face and build follow `_GENDER_CHANGES`: about 1, 0 not at all."""
    rng = np.random.default_rng(character.seed + 6)
    hardly = {"man": PRETTY_MEN, "woman": HANDSOME_WOMEN}.get(character.gender, 0.0)
    if rng.random() < hardly:
        return between(rng, *HARDLY)
    return float(np.clip(1 + CUE_SPREAD * rng.standard_normal(), 0.6, 1.5))


OWN_SPREAD = 0.07
"""Standard deviation of a person's own proportions around the style's, as a share."""
_OWN = ("width", "jaw", "chin", "point", "eye_size", "eye_open", "eye_gap", "iris", "nose_out",
        "nose_width", "mouth_width", "brow_weight", "brow_gap", "ear", "hair_volume")  # fmt: skip
SNUG_GAP = 0.3
"""Styles whose eyes stand closer than this let them touch."""
CHILD_EYE_DROP = 0.03
CHILD_CUES = 0.6
"""How much of the changes children show."""
DOT_SIZES = {"dot": (0.014, 0.032), "oval": (0.024, 0.055)}
"""Half widths of eyes that are single shapes."""


@lru_cache(maxsize=256)
def embody(style: Style, character: Character) -> Style:
    """The style with a person's own proportions: what the head is built from."""
    rng = np.random.default_rng(character.seed)
    changes = dict(zip(_OWN, np.exp(OWN_SPREAD * rng.standard_normal(len(_OWN))).tolist()))
    changes["eye_gap"] = changes["eye_gap"] ** 0.4
    changes["width"] = changes["width"] ** 0.5
    for name, factor in _AGE_CHANGES.get(character.age, {}).items():
        changes[name] = changes.get(name, 1.0) * factor
    cues = gender_cues(character) * (CHILD_CUES if character.age == "child" else 1.0)
    for name, factor in _GENDER_CHANGES.get(character.gender, {}).items():
        changes[name] = changes.get(name, 1.0) * factor**cues
    for name, factor in SHAPE_CHANGES[face_shape(character)].items():
        changes[name] = changes.get(name, 1.0) * factor
    values = {name: getattr(style, name) * factor for name, factor in changes.items()}
    values["eye_tilt"] = style.eye_tilt + 0.075 * float(rng.standard_normal())
    values["nose_y"] = style.nose_y + 0.012 * float(rng.standard_normal())
    if style.eye in DOT_SIZES:
        low, high = DOT_SIZES[style.eye]
        values["eye_size"] = min(max(values["eye_size"] * 0.5, low), high)
        values["eye_open"] = min(max(values["eye_open"], 0.9), 1.7)
    if character.age == "child":
        values["eye_y"] = style.eye_y + CHILD_EYE_DROP
    lids = own_lids(style, character)
    side = own_side(style.side, character)
    return replace(style, **_possible(style, values), side=side, lids=lids)


def own_lids(style: Style, character: Character) -> str:
    """A key of `eyes.LID_SHAPES` or plain: the style's, or a person's own."""
    rng = np.random.default_rng(character.seed + 32)
    if style.lids == "plain" or rng.random() >= OWN_LIDS_SHARE:
        return style.lids
    return pick(rng, OWN_LIDS[character.gender])


def _possible(style: Style, values: dict[str, float]) -> dict[str, float]:
    """Proportions that a face can have: eyes inside the head and apart, mouth above the chin."""
    for name in ("lash", "lips", "blush", "jaw_round"):
        if name in values:
            values[name] = min(values[name], 1.0)
    values["jaw"] = min(values["jaw"], 1.02)
    values["chin"] = min(values["chin"], 0.9 * values["jaw"])
    values["point"] = min(values["point"], 0.8 * values["chin"])
    width = values["width"]
    gap = values["eye_gap"] * width
    snug = 1.0 if style.eye_gap < SNUG_GAP else 0.8
    values["eye_size"] = min(values["eye_size"], snug * gap, 0.93 * (width - gap))
    low = style.eye_y + (CHILD_EYE_DROP if "eye_y" in values else 0.0)
    tall = values["eye_size"] * values["eye_open"]
    values["nose_y"] = max(values["nose_y"], low + min(0.75 * tall, 0.1) + 0.03)
    return values


YAWS: tuple[tuple[float, int, int], ...] = (
    (0.30, 0, 12), (0.46, 12, 48), (0.12, 48, 70), (0.12, 70, 98),
)  # fmt: skip
"""Share and range of yaws, degrees to either side: frontal, three-quarter, nearly a profile,
profiles and a little past them."""
STEEP = 0.08
"""Share of poses with a pitch evenly from the whole range."""
PITCH_SPREAD, ROLL_SPREAD = 9, 12
"""Standard deviations in degrees."""
PITCHES, ROLLS = (-38, 36), (-60, 60)
"""Where they are clipped, degrees: a negative pitch looks down."""


def sample_pose(rng: np.random.Generator, roll: float = 1.0) -> Pose:
    """A pose; `roll` scales how far heads lean. Distribution: `YAWS` and the spreads."""
    low, high = pick(rng, {(low, high): share for share, low, high in YAWS})
    turn = between(rng, low, high) * one_of(rng, (-1, 1))
    pitch = float(np.clip(rng.normal(-1, PITCH_SPREAD), *PITCHES))
    if rng.random() < STEEP:
        pitch = between(rng, *PITCHES)
    return Pose(
        yaw=turn,
        pitch=pitch,
        roll=float(np.clip(rng.normal(0, ROLL_SPREAD), *ROLLS)) * roll,
        expression=pick(rng, EXPRESSION_WEIGHTS),
        gaze=(between(rng, -0.6, 0.6), between(rng, -0.3, 0.3)),
        distance=between(rng, 4.0, 14.0),
    )

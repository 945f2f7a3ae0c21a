"""A person's own proportions: what age, gender and chance make of a style's."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from webtoon_curate.synth.chance import between, pick
from webtoon_curate.synth.people.character import Character
from webtoon_curate.synth.people.face_shapes import SHAPE_CHANGES, face_shape
from webtoon_curate.synth.people.manners import OWN_LIDS, OWN_LIDS_SHARE
from webtoon_curate.synth.people.profiles import own_side
from webtoon_curate.synth.people.style import Style

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
NOSE_TO_MOUTH = 0.03
"""Least way from the nose's tip down to the mouth, in heads."""


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
"""How much lower children's eyes lie, in heads."""
CHILD_CUES = 0.6
"""How much of the changes by gender children show."""
DOT_SIZES = {"dot": (0.014, 0.032), "oval": (0.024, 0.055)}
"""Half widths of eyes that are single shapes."""


@lru_cache(maxsize=256)
def embody(style: Style, character: Character) -> Style:
    """The style with a person's own proportions: what the head is built from."""
    rng = np.random.default_rng(character.seed)
    changes = dict(zip(_OWN, np.exp(OWN_SPREAD * rng.standard_normal(len(_OWN))).tolist()))
    changes["eye_gap"] = changes["eye_gap"] ** 0.4
    changes["width"] = changes["width"] ** 0.5
    child = character.age == "child"
    cues = gender_cues(character) * (CHILD_CUES if child else 1.0)
    for table, strength in (
        (_AGE_CHANGES.get(character.age, {}), 1.0),
        (_GENDER_CHANGES.get(character.gender, {}), cues),
        (SHAPE_CHANGES[face_shape(character)], 1.0),
    ):
        for name, factor in table.items():
            changes[name] = changes.get(name, 1.0) * factor**strength
    values = {name: getattr(style, name) * factor for name, factor in changes.items()}
    values["eye_tilt"] = style.eye_tilt + 0.075 * float(rng.standard_normal())
    values["nose_y"] = style.nose_y + 0.012 * float(rng.standard_normal())
    if style.eye in DOT_SIZES:
        low, high = DOT_SIZES[style.eye]
        values["eye_size"] = min(max(values["eye_size"] * 0.5, low), high)
        values["eye_open"] = min(max(values["eye_open"], 0.9), 1.7)
    values["eye_y"] = style.eye_y + (CHILD_EYE_DROP if child else 0.0)
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
    tall = values["eye_size"] * values["eye_open"]
    values["nose_y"] = max(values["nose_y"], values["eye_y"] + min(0.75 * tall, 0.1) + 0.03)
    values["nose_y"] = min(values["nose_y"], style.mouth_y - NOSE_TO_MOUTH)
    return values

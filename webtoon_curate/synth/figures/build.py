"""Proportions of bodies, in heads (crown to chin)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from webtoon_curate.synth.heads.face import frontal_box
from webtoon_curate.synth.people.character import Character
from webtoon_curate.synth.people.face_shapes import BODY_WEIGHTS, face_shape
from webtoon_curate.synth.people.proportions import embody, gender_cues
from webtoon_curate.synth.people.style import Style

HEADS_TALL = {
    "manhwa": (6.4, 7.6), "shoujo": (6.0, 7.4), "shounen": (5.4, 7.2), "anime": (5.0, 6.6),
    "chibi": (2.0, 2.9), "gag": (2.6, 4.6), "western": (4.0, 6.6), "painted": (6.2, 7.6),
    "seinen": (6.2, 7.4), "clear_line": (4.6, 6.2), "retro": (3.6, 5.6),
}  # fmt: skip
"""How many heads a grown figure is high, by the style's family."""

_AGE_HEIGHT = {"child": 0.72, "teen": 0.94, "adult": 1.0, "middle": 1.0, "old": 0.95}


@dataclass(frozen=True)
class Build:
    """A body's proportions.

    Attributes:
        tall: whole figure in heads.
        limb: scale of lengths: 1 for a figure of 7.3 heads.
        broad: scale of widths.
        shoulder, waist, hip: half widths in heads.
        neck: half its width in heads.
        throat: how far the Adam's apple stands out, 0 to 1.
    """

    tall: float
    limb: float
    broad: float
    shoulder: float
    waist: float
    hip: float
    neck: float
    throat: float


def build_of(style: Style, character: Character) -> Build:
    """The proportions that a person has in a style, the same each time."""
    rng = np.random.default_rng(character.seed + 1)
    low, high = HEADS_TALL[style.family]
    tall = float(rng.uniform(low, high)) * _AGE_HEIGHT[character.age]
    tall = max(tall, 1.9)
    limb = (tall - 1) / 6.3
    broad = limb**0.72
    # From 0, as women are built, to 1, as men are.
    man = {"man": 1.0, "woman": 0.0}.get(character.gender, 0.5)
    grown = character.age not in ("child", "teen")
    cues = min(max(gender_cues(character), 0.25), 1.3)
    man = 0.5 + (man - 0.5) * cues * (0.6 if character.age == "child" else 1.0)
    weight = float(np.exp(rng.normal(0, 0.12))) * BODY_WEIGHTS.get(face_shape(character), 1.0)
    young = 0.85 if character.age == "child" else 1.0
    return Build(
        tall=tall,
        limb=limb,
        broad=broad,
        shoulder=(0.76 + 0.28 * man) * broad * young * weight**0.4,
        waist=(0.48 + 0.16 * man) * broad * young * weight,
        hip=(0.64 - 0.04 * man) * broad * young * weight**0.7,
        neck=(0.155 + (0.105 if grown else 0.075) * man) * broad * weight**0.4,
        throat=max(man - 0.4, 0.0) * (1.0 if grown else 0.6),
    )


def face_span(style: Style, character: Character) -> tuple[float, float]:
    """Middle and height of the frontal face box, in heads from the middle of the head.

    `draw_head` places and measures heads by that box, bodies by the whole head.
    """
    top, chin = frontal_box(embody(style, character))
    return (top + chin) / 2, chin - top

"""Casts of titles: who is in a story, and the strangers in its crowds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.figures.clothes import sample_outfit
from webtoon_curate.synth.grounds.places import sample_place
from webtoon_curate.synth.ink import hsv
from webtoon_curate.synth.paint import mix
from webtoon_curate.synth.people.character import SKIN_BANDS, sample_character
from webtoon_curate.synth.people.style import Style, sample_style
from webtoon_curate.synth.scenes.plan import Cast, Member
from webtoon_curate.synth.sketch import penned

USUAL_CASTS = 0.6
"""Share of titles whose people are as in most webtoons: young, light, few with glasses. The
others are balanced as `sample_character` is."""

USUAL_AGES = {"child": 0.07, "teen": 0.36, "adult": 0.43, "middle": 0.09, "old": 0.05}
USUAL_SKIN = {
    "very light": 0.42, "light": 0.36, "medium": 0.12, "dark": 0.06, "very dark": 0.04,
}  # fmt: skip
SIGHTED, SHAVEN = 0.6, 0.7
"""Shares of the people of usual titles who go without the glasses and the beards that they might
have."""


def _usual(rng: np.random.Generator) -> dict[str, Any]:
    """Fixed fields of a usual character."""
    band = pick(rng, USUAL_SKIN)
    fixed: dict[str, Any] = {
        "age": pick(rng, USUAL_AGES),
        "skin": mix(*SKIN_BANDS[band], rng.uniform()),
        "skin_band": band,
    }
    if rng.random() < SIGHTED:
        fixed["glasses"] = None
    if rng.random() < SHAVEN:
        fixed["facial_hair"] = None
    return fixed


def sample_member(rng: np.random.Generator, style: Style, usual: bool, name: str) -> Member:
    """A person with clothes for two days."""
    character = penned(sample_character(rng, **(_usual(rng) if usual else {})), style)
    other = hsv(rng.uniform(), rng.uniform(0.1, 0.7), rng.uniform(0.3, 0.95))
    colors = (character.clothes, other)
    outfits = tuple(sample_outfit(rng, character.gender, color) for color in colors)
    return Member(name, character, outfits)


def sample_cast(rng: np.random.Generator, style: Style | None = None) -> Cast:
    """A title: two to seven people and two to five places in one style."""
    style = style or sample_style(rng)
    usual = rng.random() < USUAL_CASTS
    count = int(rng.integers(2, 8))
    aside = replace(sample_style(rng, "chibi"), fill=style.fill, line_color=style.line_color)
    return Cast(
        style=style,
        aside=aside,
        members=tuple(sample_member(rng, style, usual, f"c{i:02d}") for i in range(count)),
        places=tuple(sample_place(rng) for _ in range(int(rng.integers(2, 6)))),
        lively=rng.uniform(0.15, 0.6),
        usual=usual,
    )

"""Profiles: the line of a face from the side, from one flowing curve to brow ridge and hooked nose.

All of it is depth: a face keeps its frontal drawing whatever its profile. Lengths are in heads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.people.character import Character


@dataclass(frozen=True)
class Side:
    """The side view of a face. The default is one plain profile.

    Attributes:
        forehead: how much fuller the forehead is, as a share of the face's depth.
        ridge: how far the brows stand out.
        dip: how far the face falls back between the eyes.
        muzzle: how far nose base and mouth stand out.
        lip: how strongly lips swing in and out, 1 as the style has them.
        chin: how far the chin stands out; negative recedes.
        jaw: 0 a jaw that runs straight from ear to chin, 1 one with an angle under the ear.
        ridge_lifts: of the nose's ridge at four points, as shares of its tip's.
        tip: how far the tip is turned up, in lengths of the nose; negative hangs.
        under: where the nose turns to the lip: how far out, as a share of the tip's.
        least: how far the tip of the smallest nose stands out in full profile.
        pointed: whether the nose ends in a corner.
        flowing: whether forehead, nose, lips and chin are drawn in one line.
        wedge: whether eyes from the side are wedges, open to the front.
    """

    forehead: float = 0.0
    ridge: float = 0.0
    dip: float = 0.0
    muzzle: float = 0.0
    lip: float = 1.0
    chin: float = 0.0
    jaw: float = 0.0
    ridge_lifts: tuple[float, float, float, float] = (0.08, 0.34, 0.66, 1.0)
    tip: float = 0.0
    under: float = 0.92
    least: float = 0.035
    pointed: bool = False
    flowing: bool = False
    wedge: bool = False


PLAIN = Side()

SIDES: dict[str, Side] = {
    "plain": PLAIN,
    "flow": Side(forehead=0.03, dip=0.014, muzzle=-0.006, lip=0.5, chin=-0.004, jaw=0.35,
                 ridge_lifts=(0.0, 0.16, 0.48, 1.0), tip=0.3, under=0.5, least=0.062,
                 pointed=True),
    "button": Side(forehead=0.05, dip=0.024, muzzle=0.004, lip=0.7, chin=-0.012, jaw=0.25,
                   ridge_lifts=(0.0, 0.1, 0.42, 1.0), tip=0.45, under=0.75, least=0.048),
    "muzzle": Side(forehead=0.07, dip=0.03, muzzle=0.012, lip=0.25, chin=-0.022, jaw=0.15,
                   ridge_lifts=(0.0, 0.06, 0.34, 1.0), tip=0.5, under=0.4, least=0.028,
                   pointed=True),
    "straight": Side(ridge=0.006, dip=0.012, lip=0.8, chin=0.012, jaw=0.85,
                     ridge_lifts=(0.14, 0.42, 0.72, 1.0), tip=0.05, under=0.6, least=0.078,
                     pointed=True),
    "greek": Side(forehead=-0.01, dip=-0.012, lip=0.7, chin=0.006, jaw=0.6,
                  ridge_lifts=(0.3, 0.52, 0.78, 1.0), tip=0.1, under=0.6, least=0.07,
                  pointed=True),
    "real": Side(forehead=-0.01, ridge=0.016, dip=0.02, muzzle=0.004, lip=1.3, chin=0.012, jaw=1.0,
                 ridge_lifts=(0.1, 0.42, 0.76, 1.0), tip=-0.05, under=0.85, least=0.082),
    "hooked": Side(forehead=-0.03, ridge=0.014, dip=0.012, lip=0.8, chin=0.008, jaw=0.9,
                   ridge_lifts=(0.2, 0.66, 0.96, 1.0), tip=-0.35, under=0.75, least=0.092,
                   pointed=True),
    "weak": Side(forehead=-0.03, ridge=0.004, dip=0.012, muzzle=0.014, lip=1.1, chin=-0.045,
                 jaw=0.5, ridge_lifts=(0.1, 0.4, 0.74, 1.0), tip=0.0, under=0.8, least=0.08),
}  # fmt: skip

SIDE_WEIGHTS: dict[str, float] = {
    "plain": 2, "flow": 3, "button": 1.5, "muzzle": 0.6, "straight": 2, "greek": 0.7, "real": 1,
    "hooked": 0.4, "weak": 0.4,
}  # fmt: skip
"""How often styles have which profile."""
FAMILY_SIDES: dict[str, dict[str, float]] = {
    "manhwa": {"plain": 1, "flow": 3, "straight": 4, "real": 1.5, "greek": 1, "button": 0.7},
    "shoujo": {"plain": 1, "flow": 5, "button": 2, "straight": 1, "muzzle": 0.4},
    "anime": {"plain": 1, "flow": 5, "button": 2, "muzzle": 1.5},
    "chibi": {"plain": 1.5, "muzzle": 4, "button": 2},
    "painted": {"plain": 1, "straight": 3, "real": 4, "greek": 1, "hooked": 0.5},
    "seinen": {"plain": 1, "straight": 3, "real": 4, "hooked": 0.7, "flow": 1},
}  # fmt: skip

OWN_KIND = 0.22
"""Share of people whose profile is of another kind than their style's."""
OWN_KINDS = {"man": ("real", "hooked", "straight", "weak"), "woman": ("button", "flow", "greek")}
"""Of which kinds it then is, evenly."""
FLOWING, WEDGED = 0.65, 0.75
"""Shares of styles that draw the profile in one line, and eyes from the side as wedges."""


def sample_side(rng: np.random.Generator, family: str) -> Side:
    """The profile of a style: one of `SIDES`, and how it is drawn."""
    side = SIDES[pick(rng, FAMILY_SIDES.get(family, SIDE_WEIGHTS))]
    return replace(side, flowing=rng.random() < FLOWING, wedge=rng.random() < WEDGED)


def own_side(side: Side, character: Character) -> Side:
    """A person's own profile: about the style's, at times of another kind."""
    if side == PLAIN:
        return side
    rng = np.random.default_rng(character.seed + 17)
    kinds = OWN_KINDS.get(character.gender, ("button", "real", "straight"))
    other = rng.random() < OWN_KIND and character.age != "child"
    kind = SIDES[kinds[int(rng.integers(len(kinds)))]]
    chin, ridge, muzzle, forehead, tip = rng.normal(0, 1, 5).tolist()
    if other:
        side = replace(kind, flowing=side.flowing, wedge=side.wedge)
    young = character.age == "child"
    man = character.gender == "man" and not young
    return replace(
        side,
        chin=side.chin + 0.008 * chin + 0.006 * man - 0.01 * young,
        ridge=max(side.ridge + 0.003 * ridge, 0.0) * (0.0 if young else 1.0),
        muzzle=side.muzzle + 0.003 * muzzle,
        forehead=side.forehead + 0.015 * forehead + 0.03 * young,
        tip=side.tip + 0.1 * tip + 0.1 * young,
    )

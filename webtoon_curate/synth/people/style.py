"""Styles of drawing: numbers and a few choices, sampled around families and mixed between them.

Lengths are in heads: 1 is crown to chin of the drawn head, without hair. Heights run from -0.5
(crown) to 0.5 (chin).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from webtoon_curate.synth.chance import between, pick
from webtoon_curate.synth.people import manners
from webtoon_curate.synth.people.families import (
    COMMON_CHOICES,
    COMMON_RANGES,
    FAMILY_CHOICES,
    FAMILY_RANGES,
    FAMILY_WEIGHTS,
    HELDOUT_FAMILIES,
)
from webtoon_curate.synth.people.profiles import PLAIN, Side, sample_side

FINEST_PEN = 0.45
"""Width in pixels below which no line is drawn."""


@dataclass(frozen=True)
class Style:
    """How heads are built and drawn. Lengths in heads, shares 0 to 1.

    Numbers first: these are mixed between families. Then choices.
    """

    width: float  # half the head at the eyes
    cheek: float  # width at the nose, as a share of `width`
    jaw: float  # width at the mouth
    chin: float  # width just above the chin
    point: float  # width of the chin's end
    depth: float  # front of the face to the ears
    eye_y: float
    eye_gap: float  # from the middle to an eye's center, as a share of `width`
    eye_size: float  # half an eye's width
    eye_open: float  # height over width
    eye_round: float  # 0 almond, 1 oval or boxy
    eye_tilt: float  # radians, outer corner up
    iris: float  # diameter over the eye's height
    nose_y: float  # base of the nose
    nose_out: float  # how far the tip stands out
    nose_width: float  # half
    mouth_y: float
    mouth_width: float  # half
    brow_gap: float  # above the upper lid
    brow_weight: float  # thickness
    lash: float  # weight of the upper lid line
    lips: float  # 0 a line, 1 full lips
    ear: float  # height
    hair_volume: float  # hair above the skull
    lock_sharp: float  # 0 round tufts, 1 blades
    strands: float  # 0 none, 1 many lines in the hair
    shine: float  # probability of a shine band
    line: float  # pen width
    taper: float  # 0 even pen, 1 strokes end in points
    shade: float  # how dark shadows are
    tint: float  # share of purple in shadows
    blush: float  # probability and strength
    detail: float  # iris rings, highlights, wrinkles

    family: str
    eye: str  # anime, real, round, dot, oval; of simple faces also dash, lash, socket, none
    nose: str
    line_color: str  # black, brown, hue, soft, none
    fill: str
    mouth_line: str  # plain, gap, thick, short, under, soft, glossy, tint, none
    stroke: str  # whole, broken, faded, lost
    pupil: str  # full, plain, deep, ring, gradient, webtoon, jewel, halo, smoke

    jaw_round: float = 0.0  # 0 jaws with a corner, 1 one soft curve
    relief: float = 0.0  # how strongly soft skin is modelled
    warmth: float = 0.0  # red in the shadows, cheeks and noses of soft skin
    rim: float = 0.0  # light along the edge of soft skin
    skin: str = "plain"  # this and the next four: keys of `manners.MANNERS`
    lids: str = "plain"
    glint: str = "round"
    brow: str = "plain"  # of simple faces and comic ones also none
    hand: str = "clean"
    pen: float = FINEST_PEN  # least width of a line, pixels
    distant: str = "whole"  # whole, coarse, dots, dashes, lids, sockets: faces in long shots
    distant_from: float = 0.0  # height of the face box, pixels, below which they are
    simple: bool = False  # whether this is such a face
    side: Side = PLAIN  # the face from the side
    comic: float = 0.0  # share of drawings with signs for eyes
    glyph: str = ""  # this drawing's sign, a key of `comic.DISKS` or `comic.SHUT_LIDS`

    @property
    def title_seed(self) -> int:
        """What stands for the title in chances: of a number that no person or drawing changes."""
        return abs(int(self.shade * 1e9))


GREY_FILLS = frozenset({"tone", "lineart", "pencil"})
"""Fills of black and white drawing."""
PLAIN_FILLS = GREY_FILLS | {"flat"}
"""Fills whose skin and hair have one color, and at most its shadow."""
SOFT_FILLS = frozenset({"soft", "watercolor", "painted"})
"""Fills whose colors run into each other."""
GRAINY_FILLS = frozenset({"watercolor", "painted", "pencil"})
"""Fills with the texture of paper or brush."""

MIXED_SHARE = 0.4
"""Share of styles that stand between two families."""

STRAY = 0.15
"""How far numbers may leave their family's range, as a share of the range."""


def _numbers(rng: np.random.Generator, family: str) -> dict[str, float]:
    ranges = COMMON_RANGES | FAMILY_RANGES[family]
    return {
        name: low + (high - low) * ((1 + 2 * STRAY) * rng.random() - STRAY)
        for name, (low, high) in ranges.items()
    }


CLIPPED = ("lips", "taper", "strands", "shine", "blush", "detail", "lock_sharp", "eye_round")
"""Shares that are clipped to 0-1 after straying."""


def sample_style(
    rng: np.random.Generator, family: str | None = None, heldout: bool = False
) -> Style:
    """A new style.

    Args:
        rng: source of chance.
        family: one of `FAMILIES` or `HELDOUT_FAMILIES`; sampled when None, and then in
            `MIXED_SHARE` of the cases mixed with a second family.
        heldout: sample among `HELDOUT_FAMILIES` only.

    Raises:
        KeyError: the family does not exist.
    """
    mixed = False
    if family is None:
        weights = dict.fromkeys(HELDOUT_FAMILIES, 1.0) if heldout else FAMILY_WEIGHTS
        family = pick(rng, weights)
        mixed = not heldout and rng.random() < MIXED_SHARE
    numbers = _numbers(rng, family)
    choices = COMMON_CHOICES | FAMILY_CHOICES[family]
    picked = {name: pick(rng, weights) for name, weights in choices.items()}
    if mixed:
        other = pick(rng, FAMILY_WEIGHTS)
        share = rng.random() * 0.5
        second = _numbers(rng, other)
        numbers = {n: v + (second[n] - v) * share for n, v in numbers.items()}
        donor = COMMON_CHOICES | FAMILY_CHOICES[other]
        for name in ("fill", "line_color", "mouth_line", "nose", "pupil"):
            if rng.random() < 0.5:
                picked[name] = pick(rng, donor[name])
    if picked["fill"] in GREY_FILLS and picked["line_color"] == "none":
        picked["line_color"] = "black"  # ink drawings are their lines
    for name in CLIPPED:
        numbers[name] = min(max(numbers[name], 0.0), 1.0)
    if family not in HELDOUT_FAMILIES:
        numbers |= {name: rng.random() for name in ("relief", "warmth", "rim", "jaw_round")}
        picked |= _manners(rng, family)
        if rng.random() < manners.GLOSSY_SHARE.get(family, 0.0):
            picked["mouth_line"] = "glossy"
            numbers["lips"] = max(numbers["lips"], manners.GLOSSY_LIPS)
        elif rng.random() < manners.TINT_SHARE.get(family, 0.0):
            picked["mouth_line"] = "tint"
    style = Style(**numbers, **picked, family=family)
    style = replace(style, **_distant(rng, family), side=sample_side(rng, family))
    return replace(style, **_quirks(rng, style))


def _quirks(rng: np.random.Generator, style: Style) -> dict[str, Any]:
    """How often a title draws comic eyes; in cartoons also eyes that touch and large noses."""
    family, quirks = style.family, {"comic": 0.0}
    if rng.random() < manners.COMIC_TITLES.get(family, manners.COMIC_TITLES_ELSE):
        quirks["comic"] = between(rng, *manners.COMIC_DRAWINGS)
    if rng.random() < manners.SNUG_SHARE.get(family, 0.0) and style.eye in ("round", "oval"):
        size = max(style.eye_size, 0.075)
        quirks |= {"eye_size": size, "eye_gap": 1.04 * size / style.width}
    if rng.random() < manners.BIG_NOSE_SHARE.get(family, 0.0):
        quirks["nose_width"] = between(rng, 1.3, 1.9) * style.nose_width
    return quirks


def _distant(rng: np.random.Generator, family: str) -> dict[str, Any]:
    """From what size on faces are drawn with fewer parts, and how; the least width of lines."""
    weights = manners.FAMILY_DISTANT.get(family, manners.DISTANT)
    low, high = np.log(manners.DISTANT_FROM)
    return {
        "distant": pick(rng, weights),
        "distant_from": float(np.exp(between(rng, low, high))),
        "pen": between(rng, *manners.PEN) if rng.random() < manners.EVEN_PEN else FINEST_PEN,
    }


def _manners(rng: np.random.Generator, family: str) -> dict[str, str]:
    """How a family's skin, lids, highlights and brows are drawn this time."""
    weights = manners.MANNERS | manners.FAMILY_MANNERS.get(family, {})
    return {name: pick(rng, table) for name, table in weights.items()}

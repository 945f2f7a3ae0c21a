"""Styles of drawing: numbers and a few choices, sampled around families and mixed between them.

Lengths are in heads: 1 is crown to chin of the drawn head, without hair. Heights run from -0.5
(crown) to 0.5 (chin).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from webtoon_curate.synth import manners
from webtoon_curate.synth.profiles import PLAIN, Side, sample_side

T = TypeVar("T")


def pick(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """One key of a table of weights (they need not add up to one)."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return key


def one_of(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of several, evenly."""
    return choices[int(rng.random() * len(choices))]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number, evenly from a range."""
    return low + (high - low) * rng.random()


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
    skin: str = (
        "plain"  # plain (as the fill has it), form, form_soft, airbrush, gradient, painterly
    )
    lids: str = "plain"  # plain, wedge, soft, clean, sharp, lush, mono
    glint: str = "round"  # round, pair, window, star, side, low, none
    brow: str = "plain"  # plain, hair, soft, line, angular, none
    hand: str = "clean"  # clean, dry, gouache, oil, wash
    pen: float = 0.45  # least width of a line, pixels
    distant: str = "whole"  # whole, coarse, dots, dashes, lids, sockets: faces in long shots
    distant_from: float = 0.0  # height of the face box, pixels, below which they are
    simple: bool = False  # whether this is such a face
    side: Side = PLAIN  # the face from the side
    comic: float = 0.0  # share of drawings with signs for eyes
    glyph: str = ""  # this drawing's sign, a key of `comic.DISKS` or `comic.SHUT_LIDS`


Range = tuple[float, float]
_COMMON: dict[str, Range] = {
    "width": (0.35, 0.40), "cheek": (0.92, 0.98), "jaw": (0.66, 0.80), "chin": (0.30, 0.42),
    "point": (0.05, 0.10), "depth": (0.38, 0.44), "eye_y": (0.04, 0.09), "eye_gap": (0.45, 0.50),
    "eye_size": (0.075, 0.095), "eye_open": (0.5, 0.75), "eye_round": (0.3, 0.7),
    "eye_tilt": (-0.06, 0.14), "iris": (0.85, 1.1), "nose_y": (0.21, 0.25),
    "nose_out": (0.05, 0.08), "nose_width": (0.03, 0.045), "mouth_y": (0.32, 0.345),
    "mouth_width": (0.06, 0.09), "brow_gap": (0.05, 0.08), "brow_weight": (0.012, 0.022),
    "lash": (0.4, 0.7), "lips": (0.0, 0.3), "ear": (0.17, 0.22), "hair_volume": (0.05, 0.12),
    "lock_sharp": (0.5, 1.0), "strands": (0.2, 0.8), "shine": (0.2, 0.6), "line": (0.006, 0.012),
    "taper": (0.4, 0.9), "shade": (0.12, 0.28), "tint": (0.1, 0.5), "blush": (0.1, 0.5),
    "detail": (0.4, 0.8),
}  # fmt: skip

_FAMILY_RANGES: dict[str, dict[str, Range]] = {
    "manhwa": {
        "width": (0.325, 0.355), "jaw": (0.66, 0.80), "chin": (0.30, 0.40), "eye_y": (0.02, 0.055),
        "eye_size": (0.066, 0.082), "eye_open": (0.40, 0.58), "iris": (0.9, 1.1),
        "nose_y": (0.215, 0.245), "nose_out": (0.07, 0.10), "lips": (0.1, 0.6),
        "line": (0.004, 0.008), "strands": (0.3, 0.9), "detail": (0.5, 0.9),
    },
    "shoujo": {
        "width": (0.36, 0.40), "jaw": (0.60, 0.72), "chin": (0.24, 0.34), "point": (0.03, 0.06),
        "eye_y": (0.07, 0.11), "eye_size": (0.098, 0.118), "eye_open": (0.74, 1.0),
        "iris": (0.8, 0.95), "nose_y": (0.24, 0.27), "nose_out": (0.035, 0.06),
        "nose_width": (0.02, 0.03), "mouth_y": (0.335, 0.36), "mouth_width": (0.045, 0.07),
        "lash": (0.7, 1.0), "line": (0.004, 0.008), "detail": (0.7, 1.0), "blush": (0.3, 0.9),
    },
    "shounen": {
        "width": (0.35, 0.39), "jaw": (0.64, 0.82), "chin": (0.28, 0.42), "eye_y": (0.05, 0.09),
        "eye_size": (0.082, 0.100), "eye_open": (0.50, 0.72), "eye_round": (0.0, 0.4),
        "iris": (0.6, 0.85), "brow_weight": (0.018, 0.034), "line": (0.008, 0.014),
        "lock_sharp": (0.8, 1.0), "taper": (0.6, 1.0), "shade": (0.2, 0.35), "lips": (0.0, 0.1),
    },
    "anime": {
        "width": (0.39, 0.43), "jaw": (0.66, 0.78), "chin": (0.28, 0.40), "eye_y": (0.09, 0.13),
        "eye_size": (0.094, 0.118), "eye_open": (0.86, 1.15), "eye_round": (0.5, 0.9),
        "iris": (0.86, 1.05), "nose_y": (0.26, 0.285), "nose_out": (0.03, 0.05),
        "nose_width": (0.015, 0.025), "mouth_y": (0.345, 0.37), "mouth_width": (0.045, 0.075),
        "lips": (0.0, 0.0), "lash": (0.6, 1.0), "line": (0.005, 0.011), "shine": (0.4, 0.9),
        "brow_weight": (0.008, 0.014),
    },
    "chibi": {
        "width": (0.46, 0.52), "cheek": (0.98, 1.04), "jaw": (0.84, 0.95), "chin": (0.5, 0.66),
        "point": (0.14, 0.24), "eye_y": (0.15, 0.20), "eye_size": (0.088, 0.115),
        "eye_open": (1.1, 1.5), "eye_round": (0.6, 1.0), "iris": (0.86, 1.0),
        "nose_y": (0.275, 0.295), "nose_out": (0.01, 0.025), "nose_width": (0.012, 0.02),
        "mouth_y": (0.345, 0.37), "mouth_width": (0.04, 0.075), "eye_gap": (0.46, 0.54),
        "lips": (0.0, 0.0), "line": (0.008, 0.018), "blush": (0.5, 1.0), "ear": (0.12, 0.16),
        "brow_weight": (0.008, 0.016),
    },
    "gag": {
        "width": (0.40, 0.54), "cheek": (0.96, 1.08), "jaw": (0.78, 1.0), "chin": (0.45, 0.75),
        "point": (0.12, 0.28), "eye_y": (0.0, 0.12), "eye_size": (0.02, 0.05),
        "eye_open": (1.0, 1.7), "eye_gap": (0.30, 0.5), "nose_y": (0.14, 0.24),
        "nose_out": (0.02, 0.09), "nose_width": (0.025, 0.06), "mouth_y": (0.25, 0.34),
        "mouth_width": (0.05, 0.15), "line": (0.010, 0.026), "taper": (0.0, 0.3),
        "lips": (0.0, 0.0), "detail": (0.0, 0.3), "strands": (0.0, 0.3), "shine": (0.0, 0.2),
        "brow_weight": (0.01, 0.03), "shade": (0.05, 0.2), "ear": (0.13, 0.2),
    },
    "western": {
        "width": (0.27, 0.47), "cheek": (0.90, 1.08), "jaw": (0.62, 1.04), "chin": (0.36, 0.72),
        "point": (0.08, 0.28), "eye_y": (-0.02, 0.08), "eye_size": (0.06, 0.105),
        "eye_open": (0.75, 1.35), "eye_round": (0.6, 1.0), "iris": (0.35, 0.6),
        "nose_y": (0.18, 0.25), "nose_out": (0.06, 0.17), "nose_width": (0.04, 0.075),
        "mouth_y": (0.29, 0.345), "mouth_width": (0.08, 0.15), "brow_weight": (0.016, 0.045),
        "lash": (0.1, 0.4), "line": (0.008, 0.022), "taper": (0.1, 0.7), "lock_sharp": (0.1, 0.6),
        "strands": (0.0, 0.4), "detail": (0.1, 0.5), "eye_gap": (0.34, 0.46),
    },
    "painted": {
        "width": (0.32, 0.36), "jaw": (0.70, 0.86), "chin": (0.36, 0.5), "point": (0.07, 0.14),
        "eye_y": (-0.01, 0.035), "eye_size": (0.058, 0.072), "eye_open": (0.36, 0.52),
        "eye_round": (0.2, 0.5), "iris": (0.95, 1.2), "nose_y": (0.19, 0.225),
        "nose_out": (0.075, 0.115), "nose_width": (0.045, 0.06), "mouth_y": (0.295, 0.325),
        "mouth_width": (0.075, 0.10), "lips": (0.5, 1.0), "line": (0.003, 0.007),
        "shade": (0.18, 0.36), "detail": (0.6, 1.0), "strands": (0.5, 1.0), "lash": (0.3, 0.6),
        "brow_weight": (0.014, 0.03), "taper": (0.5, 1.0),
    },
    "seinen": {
        "width": (0.325, 0.365), "jaw": (0.70, 0.86), "chin": (0.34, 0.48), "eye_y": (0.0, 0.045),
        "eye_size": (0.064, 0.080), "eye_open": (0.34, 0.52), "eye_round": (0.1, 0.4),
        "iris": (0.7, 1.0), "nose_y": (0.205, 0.24), "nose_out": (0.08, 0.12),
        "nose_width": (0.038, 0.055), "mouth_y": (0.305, 0.335), "lips": (0.0, 0.5),
        "brow_weight": (0.016, 0.034), "line": (0.005, 0.011), "taper": (0.6, 1.0),
        "detail": (0.5, 1.0), "strands": (0.5, 1.0), "lock_sharp": (0.6, 1.0), "blush": (0.0, 0.2),
    },
    "clear_line": {
        "width": (0.36, 0.42), "cheek": (0.98, 1.06), "jaw": (0.80, 0.94), "chin": (0.5, 0.66),
        "point": (0.12, 0.22), "eye_y": (-0.01, 0.04), "eye_size": (0.018, 0.034),
        "eye_open": (1.2, 1.8), "eye_gap": (0.34, 0.42), "nose_y": (0.17, 0.21),
        "nose_out": (0.09, 0.14), "nose_width": (0.035, 0.05), "mouth_y": (0.27, 0.31),
        "mouth_width": (0.05, 0.09), "line": (0.010, 0.014), "taper": (0.0, 0.1),
        "lips": (0.0, 0.0), "detail": (0.0, 0.2), "strands": (0.0, 0.2), "shine": (0.0, 0.0),
        "lock_sharp": (0.0, 0.3), "brow_weight": (0.010, 0.018),
    },
    "retro": {
        "width": (0.40, 0.46), "cheek": (1.0, 1.06), "jaw": (0.76, 0.9), "chin": (0.38, 0.5),
        "point": (0.06, 0.14), "eye_y": (0.05, 0.1), "eye_size": (0.09, 0.11),
        "eye_open": (1.15, 1.5), "eye_round": (0.8, 1.0), "eye_gap": (0.38, 0.44),
        "iris": (0.7, 0.85), "nose_y": (0.22, 0.26), "nose_out": (0.06, 0.11),
        "nose_width": (0.025, 0.045), "lash": (0.8, 1.0), "line": (0.009, 0.016),
        "taper": (0.3, 0.7), "lips": (0.0, 0.0), "shine": (0.6, 1.0), "lock_sharp": (0.2, 0.6),
    },
}  # fmt: skip

_LINES = {"black": 3.0, "brown": 2.0, "hue": 2.0, "soft": 0.8, "none": 0.2}
_FILLS = {"flat": 1.5, "cel": 4.0, "cel2": 1.5, "soft": 2.0, "watercolor": 0.7, "lineart": 0.5}
_OLD_WAYS: dict[str, dict[str, float]] = {
    "stroke": {"whole": 0.92, "broken": 0.08},
    "pupil": {"full": 4, "plain": 1.5, "deep": 1.5, "ring": 1.5},
}
"""What the reserved families keep, so that they stay as they were."""
_FAMILY_CHOICES: dict[str, dict[str, dict[str, float]]] = {
    "manhwa": {
        "eye": {"anime": 3, "real": 2},
        "nose": {
            "side": 3,
            "shadow": 2,
            "nostrils": 2,
            "wedge": 1,
            "tip": 2,
            "soft": 4,
            "dots": 2,
            "bridge": 2,
            "plane": 1.2,
            "shine": 2,
        },
        "line_color": {"black": 2, "brown": 3, "hue": 3, "soft": 2.5, "none": 0.3},
        "fill": {"cel": 4, "cel2": 2, "soft": 4, "flat": 1, "watercolor": 0.5},
    },
    "shoujo": {
        "eye": {"anime": 1},
        "nose": {
            "tip": 3,
            "dot": 2,
            "side": 2,
            "shadow": 1,
            "none": 0.5,
            "soft": 2,
            "dots": 2,
            "shine": 1.5,
        },
        "fill": {"cel": 3, "soft": 3, "tone": 2.5, "watercolor": 1.5, "flat": 1, "lineart": 1},
    },
    "shounen": {
        "eye": {"anime": 1},
        "nose": {
            "side": 4,
            "wedge": 2,
            "tip": 2,
            "line": 1,
            "bridge": 2,
            "plane": 1,
            "button": 0.5,
        },
        "line_color": {"black": 5, "brown": 1, "hue": 0.5},
        "fill": {"cel": 5, "flat": 2, "tone": 2.5, "lineart": 1, "cel2": 1},
    },
    "anime": {
        "eye": {"anime": 1},
        "nose": {
            "dot": 3,
            "tip": 3,
            "none": 1,
            "shadow": 1,
            "line": 1,
            "soft": 0.7,
            "dots": 0.7,
            "button": 1,
            "shine": 1,
        },
        "fill": {"cel": 5, "flat": 2, "cel2": 2, "soft": 1.5, "lineart": 1, "pencil": 0.7},
    },
    "chibi": {
        "eye": {"anime": 4, "oval": 2, "dot": 1},
        "nose": {"none": 4, "dot": 2, "line": 0.5, "button": 1},
        "fill": {"flat": 4, "cel": 3, "soft": 1, "lineart": 0.5, "watercolor": 0.5},
    },
    "gag": {
        "eye": {"dot": 4, "oval": 2, "round": 2},
        "nose": {"round": 3, "line": 2, "none": 2, "dot": 1, "side": 1, "button": 1.5},
        "line_color": {"black": 5, "brown": 1},
        "fill": {"flat": 5, "lineart": 2, "cel": 1, "pencil": 1, "watercolor": 0.7},
    },
    "western": {
        "eye": {"round": 5, "oval": 2, "dot": 2, "real": 1},
        "nose": {"round": 5, "side": 3, "nostrils": 1, "shadow": 1, "line": 0.5, "button": 1.5},
        "line_color": {"black": 3, "brown": 2, "hue": 2, "none": 2},
        "fill": {"flat": 4, "cel": 3, "soft": 1.5, "watercolor": 1, "pencil": 0.5},
    },
    "painted": {
        "eye": {"real": 1},
        "nose": {"painted": 4, "nostrils": 2, "soft": 3},
        "line_color": {"none": 4, "hue": 3, "brown": 2, "soft": 2},
        "fill": {"painted": 5, "soft": 2, "watercolor": 1},
    },
    "seinen": {
        "eye": {"real": 3, "anime": 1},
        "nose": {"nostrils": 4, "side": 3, "wedge": 1, "bridge": 2, "plane": 3},
        "line_color": {"black": 5, "brown": 1},
        "fill": {"tone": 3, "cel": 2, "pencil": 1.5, "lineart": 1.5, "cel2": 1, "flat": 0.5},
    },
    "clear_line": {
        "eye": {"dot": 3, "oval": 1},
        "nose": {"round": 3, "side": 2},
        "line_color": {"black": 1},
        "fill": {"flat": 1},
        "mouth_line": {"plain": 1},
        **_OLD_WAYS,
    },
    "retro": {
        "eye": {"oval": 2, "anime": 3},
        "nose": {"line": 1, "tip": 2, "round": 2},
        "line_color": {"black": 1},
        "fill": {"flat": 3, "lineart": 1, "tone": 1},
        "mouth_line": {"plain": 3, "gap": 1, "thick": 1},
        **_OLD_WAYS,
    },
}
_COMMON_CHOICES: dict[str, dict[str, float]] = {
    "line_color": _LINES,
    "fill": _FILLS,
    "mouth_line": {"plain": 3, "gap": 1, "thick": 1, "short": 1, "under": 1.5, "soft": 1},
    "stroke": {"whole": 0.69, "broken": 0.08, "faded": 0.14, "lost": 0.09},
    "pupil": {
        "full": 3, "plain": 1.2, "deep": 1.2, "ring": 1.2, "gradient": 2, "webtoon": 2.5,
        "jewel": 1.2, "halo": 1, "smoke": 1,
    },
}  # fmt: skip

HELDOUT_FAMILIES = ("clear_line", "retro")
"""Families that are drawn only on demand, so that networks can be tested on unseen styles."""

FAMILIES = tuple(name for name in _FAMILY_RANGES if name not in HELDOUT_FAMILIES)
"""Families that are sampled by default."""

FAMILY_WEIGHTS = {
    "manhwa": 0.24, "shoujo": 0.12, "shounen": 0.13, "anime": 0.14, "chibi": 0.07, "gag": 0.07,
    "western": 0.10, "painted": 0.06, "seinen": 0.07,
}  # fmt: skip
"""Share of each family when none is asked for; Korean webtoons come first."""

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
    ranges = _COMMON | _FAMILY_RANGES[family]
    return {
        name: low + (high - low) * ((1 + 2 * STRAY) * rng.random() - STRAY)
        for name, (low, high) in ranges.items()
    }


NEVER_NEGATIVE = ("lips", "taper", "strands", "shine", "blush", "detail", "lock_sharp", "eye_round")
"""Shares that are clipped to 0–1 after straying."""


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
    if family is None:
        weights = dict.fromkeys(HELDOUT_FAMILIES, 1.0) if heldout else FAMILY_WEIGHTS
        family = pick(rng, weights)
        mixed = not heldout and rng.random() < MIXED_SHARE
    else:
        mixed = False
    numbers = _numbers(rng, family)
    choices = _COMMON_CHOICES | _FAMILY_CHOICES[family]
    picked = {name: pick(rng, weights) for name, weights in choices.items()}
    if mixed:
        other = pick(rng, FAMILY_WEIGHTS)
        share = rng.random() * 0.5
        second = _numbers(rng, other)
        numbers = {n: v + (second[n] - v) * share for n, v in numbers.items()}
        donor = _COMMON_CHOICES | _FAMILY_CHOICES[other]
        for name in ("fill", "line_color", "mouth_line", "nose", "pupil"):
            if rng.random() < 0.5:
                picked[name] = pick(rng, donor[name])
    if picked["fill"] in GREY_FILLS and picked["line_color"] == "none":
        picked["line_color"] = "black"  # ink drawings are their lines
    for name in NEVER_NEGATIVE:
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
        "pen": between(rng, *manners.PEN) if rng.random() < manners.EVEN_PEN else 0.45,
    }


def _manners(rng: np.random.Generator, family: str) -> dict[str, str]:
    """How a family's skin, lids, highlights and brows are drawn this time."""
    weights = manners.MANNERS | manners.FAMILY_MANNERS.get(family, {})
    return {name: pick(rng, table) for name, table in weights.items()}

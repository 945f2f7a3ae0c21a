"""Locks: bangs in pointed clumps, strands before the ears, hair over shoulders, loose hairs.

They lie over a cap whose hem is raised to the hairline, so skin shows between them. Each is a leaf
on the surface of the hair and turns with the head. A title draws hair this way or not; how the
locks fall belongs to the character, wind to the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.heads.hair.haircuts import LONG_TEMPLE, Cut, around, tip_heights
from webtoon_curate.synth.sketch import Sketch

Array = NDArray[Any]

KINDS: dict[str, str] = {
    "long": "full", "bob": "full", "ponytail": "full", "twin tails": "full", "bun": "full",
    "braids": "full", "half up": "full", "dandy": "full", "two block": "full", "hime": "blunt",
    "short": "messy", "spiky": "messy", "shag": "messy", "long see-through": "thin",
    "wavy": "parted", "layered": "parted", "center part": "parted", "side part": "parted",
    "comma": "parted", "parted fringe": "parted", "bob tucked": "parted", "swept": "slick",
    "undercut": "slick",
}  # fmt: skip
"""How the bangs of each cut fall; cuts without a name here have no locks."""

OTHER_KINDS: dict[str, dict[str, float]] = {
    "full": {"full": 5, "messy": 2.5, "thin": 1.5},
    "messy": {"messy": 3, "full": 1},
}
"""What characters make of them."""

LOCKS_AT = (0.12, 0.9, 0.88)
"""Share of titles with locks: so much, so much more per detail of the style, and the most."""

BETWEEN_EYES = 0.2
"""Share of characters with a strand that falls between the eyes or over one."""
SIDELOCKS = {"woman": 0.75, "man": 0.45}
"""Share with locks before the ears; 0.4 of others. None where hair is slick."""
OVER_SHOULDER = 0.5
"""Share of long hair that falls before a shoulder, on half of them before both."""
LONG = 0.8
"""Length from which hair falls over shoulders."""
FLICKS = {"messy": 0.85, "slick": 0.3}
"""Share of smooth cuts with tufts that stand off the outline; 0.4 for other kinds."""
WIND, WET = 0.07, 0.02
"""Shares of drawings with wind in the hair, and with wet hair, which hangs in thin strands."""
DYED, STREAKS = 0.05, 0.3
"""Share of characters with streaks of another color, and share of their locks that have it."""
BROAD = 3.0
"""Half width in degrees from which a lock has a shadow side."""

CLUMPS: dict[str, tuple[int, float, float]] = {
    "full": (6, 0.68, 0.035), "messy": (8, 0.62, 0.06), "thin": (7, 0.3, 0.05),
    "parted": (6, 0.75, 0.04),
}  # fmt: skip
"""Least number of clumps over the forehead, half width over their distance, and spread of the
heights of their tips (standard deviation, in heads), by kind."""

_T = np.array([0.0, 1 / 3, 2 / 3, 1.0])
_BENT, _WAVED = np.sin(np.pi * _T), np.sin(2 * np.pi * _T)
_THROUGH = np.array(
    [[1, 0, 0, 0], [-5 / 6, 3, -1.5, 1 / 3], [1 / 3, -1.5, 3, -5 / 6], [0, 0, 0, 1]]
)
"""Control points of the cubic through four points at `_T`."""


@dataclass(frozen=True)
class Habit:
    """How a title draws locks.

    Attributes:
        drawn: whether it does.
        fine: 0 few broad clumps, 1 many fine ones.
        side: share of a lock that its shadow side takes, 0 for none.
        line: width of the lines between locks, as a share of the pen's.
        loose: most loose hairs.
    """

    drawn: bool
    fine: float
    side: float
    line: float
    loose: int


def habit_of(sketch: Sketch) -> Habit:
    """The habit of a title: the same for all its heads."""
    return _habit(sketch.style.title_seed, sketch.style.detail)


@lru_cache(maxsize=64)
def _habit(seed: int, detail: float) -> Habit:
    rng = np.random.default_rng((seed, 1))
    least, more, most = LOCKS_AT
    return Habit(
        drawn=rng.random() < min(least + more * detail, most),
        fine=rng.random(),
        side=between(rng, 0.25, 0.5) if rng.random() < 0.7 else 0.0,
        line=between(rng, 0.5, 0.95),
        loose=int(between(rng, 0, 5)),
    )


def strands(
    count: int, root: Any, tip: Any, high: Any, low: Any, half: Any, bend: Any = 0.0,
    wave: Any = 0.0,
) -> Array:  # fmt: skip
    """Leaves on the surface of the hair as rows of a (7, count) array: a number or one for each.

    Azimuths of root and tip, heights of root and tip, half width, how far the middle stands off
    the straight way and how far it swings to both sides; degrees and heads.
    """
    rows = np.empty((7, count))
    for row, value in zip(rows, (root, tip, high, low, half, bend, wave)):
        row[:] = value
    return rows


@dataclass
class Locks:
    """Locks laid out in the picture.

    Attributes:
        left, right: (n, 4, 2) control points of the edges, from root to tip.
        leaves: their outlines.
        area: all of them together.
        far: whether each lies on the side away from the light.
        broad: whether each is wide enough for a shadow side.
        dyed: whether each has the streaks' color.
        tufts: (m, 5, 2) root, control, tip, control, root of what stands off the outline.
        wind: how strongly it blows to the picture's right, -1 to 1.
    """

    left: Array
    right: Array
    leaves: list[skia.Path]
    area: skia.Path
    far: Array
    broad: Array
    dyed: Array
    tufts: Array
    wind: float


def kind_of(sketch: Sketch) -> str | None:
    """How the bangs fall; None where hair is drawn without locks."""
    kind = KINDS.get(sketch.character.hair_style)
    if kind is None or not habit_of(sketch).drawn:
        return None
    others = OTHER_KINDS.get(kind)
    if others is None:
        return kind
    return pick(np.random.default_rng(sketch.character.seed + 21), others)


def raised(cut: Cut, kind: str) -> Cut:
    """The cut with its hem at the hairline, for locks to lie over."""
    if kind in ("blunt", "slick"):
        return cut
    temple = min(cut.temple, -0.06)
    return replace(cut, front=-0.27, temple=temple, notch=min(cut.notch, 0.05), part=None)


def build_locks(sketch: Sketch, cut: Cut, kind: str, scale: float, top: Array) -> Locks:
    """Lays the locks of a cut out on a head whose hair has so wide an outline."""
    own = np.random.default_rng(sketch.character.seed + 22)
    habit = habit_of(sketch)
    parts = [
        np.empty((7, 0)),
        *_long_locks(sketch, cut, kind, own),
        *_bangs(sketch, cut, kind, habit, own),
    ]
    rows = np.concatenate(parts, axis=1)
    blown, side, strong = sketch.rng.random(3).tolist()
    if blown > 1 - WET:
        rows[4] *= 0.45
        rows[3] += 0.05
    streaks = STREAKS if sketch.character.seed % 1009 < 1009 * DYED else 0.0
    dyed = own.random(rows.shape[1]) < streaks
    wind = (0.35 + 0.6 * strong) * (1 if side < 0.5 else -1) if blown < WIND else 0.0
    yaw = sketch.head.pose.yaw
    root, tip, bend = rows[0], rows[1], rows[5]
    turned = np.abs((np.stack([0.5 * (root + tip) + bend, tip]) + yaw + 180) % 360 - 180)
    shown = (turned[0] < 80) & (turned[1] < 92)
    rows, dyed = rows[:, shown], dyed[shown]
    left, right = _edges(sketch, rows)
    if wind:
        shift = blow(wind, np.hypot(*(left[:, 3] - left[:, 0]).T)[:, None], _T)
        left, right = left + shift, right + shift
    left, right = _THROUGH @ left, _THROUGH @ right
    leaves = [leaf(*row) for row in zip(left.tolist(), right.tolist())]
    area = skia.Path()
    for path in leaves:
        area.addPath(path)
    far = (left[:, 2, 0] - top[0]) * sketch.light.x < -0.12 * abs(sketch.light.x)
    tufts = np.zeros((0, 5, 2))
    if cut.outer == "smooth" and cut.volume >= 0.8 and own.random() < FLICKS.get(kind, 0.4):
        wide = 1.4 if cut.temple > LONG_TEMPLE else 0.85
        tufts = _tufts(sketch, scale, wide, kind == "messy", own)
    return Locks(left, right, leaves, area, far, rows[4] > BROAD, dyed, tufts, wind)


def _bangs(
    sketch: Sketch, cut: Cut, kind: str, habit: Habit, own: np.random.Generator
) -> Iterable[Array]:
    """Clumps over the forehead, the parts of their tips, and loose hairs before them."""
    sway = one_of(own, (-1, 1)) * between(own, 0.3, 1)
    part = sketch.character.side * cut.part if cut.part is not None else 18.0 * sway
    if kind in CLUMPS:
        clumps = _clumps(sketch, cut, kind, habit.fine, part, sway, own)
        yield _split(clumps, own)
        yield clumps
    loose = int(own.integers(0, habit.loose + 1)) + (2 if kind == "slick" else 0)
    if loose:
        tip = own.uniform(-55, 55, loose)
        fall = own.uniform(0.03, 0.2, loose)
        low = np.clip(tip_heights(sketch, cut, tip), -0.25, 0.1) + fall
        thick = own.uniform(0.5, 1.6, loose) * (2 if kind == "slick" else 1)
        yield strands(
            loose, root=part + (tip - part) * 0.6, tip=tip, high=-0.36, low=low, half=thick,
            bend=own.normal(0, 9, loose),
        )  # fmt: skip
    if own.random() < BETWEEN_EYES and kind != "blunt":
        tip = np.array([own.normal(0, 9)])
        yield strands(
            1, root=part * 0.5, tip=tip, high=-0.4, low=between(own, 0.08, 0.26),
            half=between(own, 2, 4.5), bend=own.normal(0, 7),
        )  # fmt: skip


def _clumps(
    sketch: Sketch,
    cut: Cut,
    kind: str,
    fine: float,
    part: float,
    sway: float,
    own: np.random.Generator,
) -> Array:
    """Clumps from the part to both sides, the outermost first."""
    least, broad, spread = CLUMPS[kind]
    count = int(least + 4 * fine)
    step = 126 / count
    tip = np.linspace(-63, 63, count) + step * own.uniform(-0.3, 0.3, count)
    off = tip - part
    half = step * np.exp(0.28 * own.standard_normal(count)) * broad
    low = tip_heights(sketch, cut, tip) + spread * own.standard_normal(count) + 0.02
    low = np.clip(low, -0.25, 0.42)
    parted = kind == "parted"
    bend = np.sign(off) * own.uniform(4, 13, count) if parted else sway * own.uniform(2, 10, count)
    if kind == "messy":
        swing = own.normal(0, 9, count)
    else:
        swing = own.uniform(4, 12) * sway * (not parted)
    root = part + off * (0.3 if parted else 0.62)
    high = own.uniform(-0.46, -0.38, count)
    order = np.argsort(-np.abs(off) + 12 * own.standard_normal(count))
    clumps = strands(count, root=root, tip=tip + swing, high=high, low=low, half=half, bend=bend)
    return clumps[:, order]


def _split(clumps: Array, own: np.random.Generator) -> Array:
    """Narrower locks under clumps, whose tips show beside theirs."""
    root, tip, high, low, half, bend, wave = clumps[:, own.random(clumps.shape[1]) < 0.6]
    count = len(tip)
    aside = half * own.uniform(0.5, 1.1, count) * np.where(own.random(count) < 0.5, -1, 1)
    low = low - own.uniform(-0.04, 0.07, count)
    return strands(count, root + 0.3 * aside, tip + aside, high, low, 0.55 * half, bend, wave)


def _long_locks(sketch: Sketch, cut: Cut, kind: str, own: np.random.Generator) -> Iterable[Array]:
    """Locks before the ears, and long hair that falls before the shoulders."""
    gender = sketch.character.gender
    before_ears = own.random() < SIDELOCKS.get(gender, 0.4) and kind != "slick"
    over = own.random() < OVER_SHOULDER and cut.length is not None and cut.length >= LONG
    both = own.random() < 0.5
    lucky = one_of(own, (-1, 1))
    for side in (-1, 1):
        if over and (both or side == lucky):
            count = 3
            wave = side * own.uniform(-1, 1, count) * (3 + 160 * cut.wave)
            yield strands(
                count, root=side * 52.0, tip=side * own.uniform(52, 84, count), high=-0.3,
                low=own.uniform(0.7, 1.15, count), half=own.uniform(6, 12, count),
                bend=side * own.uniform(2, 12, count), wave=wave,
            )  # fmt: skip
        low = {"woman": between(own, 0.15, 0.56), "man": between(own, 0.0, 0.3)}.get(gender, 0.2)
        if before_ears:
            deep = np.array([low, low - between(own, 0.03, 0.16)])
            yield strands(
                2, root=side * 46.0, tip=side * own.uniform(56, 68, 2), high=-0.34, low=deep,
                half=np.array([between(own, 5, 9), between(own, 2, 4)]),
                bend=side * own.uniform(2, 10, 2), wave=side * own.uniform(-2, 4, 2),
            )  # fmt: skip


_LEAF, _BLUNT_LEAF = np.array([0.2, 0.95, 0.62, 0.0]), np.array([0.25, 1.0, 0.85, 0.0])
"""Half widths of sharp and of blunt locks at `_T`."""


def _edges(sketch: Sketch, rows: Array) -> tuple[Array, Array]:
    """(n, 4, 2) points at `_T` on the left and on the right edges."""
    root, tip, high, low, wide, bend, wave = rows[:, :, None]
    along = root + (tip - root) * _T + bend * _BENT + wave * _WAVED
    height = high + (low - high) * _T
    leaf = _BLUNT_LEAF + (_LEAF - _BLUNT_LEAF) * sketch.style.lock_sharp
    half = wide * leaf
    azimuth = np.concatenate([along - half, along + half]).ravel()
    lift = 0.035 + 0.2 * sketch.style.hair_volume
    spots = around(sketch, azimuth, np.concatenate([height, height]).ravel(), lift)
    flat = sketch.head.project(spots)[0].reshape(2, -1, 4, 2)
    return flat[0], flat[1]


def blow(wind: float, length: Array | float, along: Array) -> Array:
    """Shifts, (..., 2), by wind of hair of a length, at shares of it: the farther, the more."""
    push = abs(wind) * length * along**1.6
    return np.stack([math.copysign(1, wind) * push, -0.45 * push], axis=-1)


def leaf(left: list[list[float]], right: list[list[float]]) -> skia.Path:
    """A lock between two edges."""
    path = skia.Path()
    (x, y), (a, b), (c, d), (e, f) = left
    path.moveTo(x, y)
    path.cubicTo(a, b, c, d, e, f)
    (x, y), (a, b), (c, d), (e, f) = right
    path.lineTo(e, f)
    path.cubicTo(c, d, a, b, x, y)
    path.close()
    return path


def _tufts(
    sketch: Sketch, scale: float, wide: float, messy: bool, own: np.random.Generator
) -> Array:
    """Short locks along the outline, (n, 5, 2), whose tips stand off it.

    They grow up to ``wide`` radians from the crown; short hair lies close to the head below.
    """
    count = int(between(own, 5, 10) if messy else between(own, 2, 6))
    side = np.where(own.random(count) < 0.5, -1, 1)
    out = own.uniform(0.4, wide, count)
    turn = np.where((own.random(count) < 0.3) & (out > 0.75), -side, side)
    out[side < 0] *= -1
    long = own.uniform(0.2, 0.42, count) * (1.2 if messy else 1)
    steps = np.array([-0.9, 0.1, 1.0, 0.2, 0.1])
    angles = -math.pi / 2 + out[:, None] + turn[:, None] * long[:, None] * steps
    reach = own.uniform(1.05, 1.2 if messy else 1.12, count)
    far = np.tile([0.96, 1.03, 1.0, 0.98, 0.9], (count, 1))
    far[:, 2] = reach
    center = sketch.head.skull[1]
    ring = sketch.head.skull_outline(scale, angles.ravel()).reshape(count, 5, 2)
    return center + (ring - center) * far[:, :, None]

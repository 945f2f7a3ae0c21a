"""Haircuts: the masses of hair laid out around the turned head.

Locks stand around the head at azimuths (degrees, 0 in front, positive to the picture's right when
the head is not turned, 180 at the back) and so turn with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.paint import append_smooth
from webtoon_curate.synth.people.head import CROWN, SKULL_BACK
from webtoon_curate.synth.sketch import Sketch

Array = NDArray[Any]

HAIRLINE = -0.29
"""Height of the middle of the hairline; a third of the face, as drawing books have it."""


@dataclass(frozen=True)
class Cut:
    """A haircut. Heights in heads: -0.29 hairline, about -0.1 brows, 0.5 chin.

    Attributes:
        front, temple, ear, back: heights of the lock tips around the head.
        part: azimuth where the fringe parts, None without a part.
        locks: locks around the whole head.
        notch: depth of the cuts between locks.
        length: lowest point of the mass behind the head, None for none.
        flare: width of that mass at its lower end, over its width at the top.
        outer: smooth, tufts, spikes, curls.
        volume: factor on the style's volume.
        extra: tails, buns or braids.
        wave: sideways waves of long hair.
    """

    front: float = -0.10
    temple: float = 0.05
    ear: float = 0.18
    back: float = 0.36
    part: float | None = None
    locks: int = 13
    notch: float = 0.18
    length: float | None = None
    flare: float = 1.0
    outer: str = "smooth"
    volume: float = 1.0
    extra: str | None = None
    wave: float = 0.0


CUTS: dict[str, Cut] = {
    "long": Cut(front=-0.06, temple=0.30, ear=0.6, back=0.9, length=1.05, flare=1.15),
    "hime": Cut(front=-0.07, temple=0.38, ear=0.7, back=0.9, length=1.1, notch=0.03, locks=14),
    "bob": Cut(front=-0.06, temple=0.34, ear=0.44, back=0.44, length=0.46, flare=1.12, notch=0.16),
    "wavy": Cut(temple=0.35, ear=0.6, back=0.8, length=0.95, flare=1.35, wave=0.05, part=20),
    "ponytail": Cut(front=-0.08, temple=0.12, ear=-0.02, back=0.2, extra="ponytail", notch=0.12),
    "twin tails": Cut(temple=0.25, ear=0.05, back=0.25, extra="twin tails"),
    "bun": Cut(temple=0.15, ear=-0.05, back=0.1, extra="bun", notch=0.05),
    "braids": Cut(temple=0.15, ear=0.1, back=0.3, extra="braids"),
    "center part": Cut(front=-0.02, temple=0.16, ear=0.2, part=0, notch=0.08),
    "side part": Cut(front=-0.13, temple=-0.02, ear=0.05, part=35, notch=0.05, locks=16),
    "swept": Cut(front=-0.27, temple=-0.08, ear=0.02, back=0.3, notch=0.03, volume=1.25),
    "short": Cut(front=-0.12, temple=0.02, ear=0.1, back=0.32, outer="tufts", notch=0.16),
    "spiky": Cut(front=-0.10, temple=0.06, ear=0.14, outer="spikes", notch=0.24, volume=1.5),
    "shag": Cut(front=-0.04, temple=0.18, ear=0.3, back=0.46, length=0.5, outer="tufts",
                notch=0.13),
    "buzz": Cut(front=-0.27, temple=-0.10, ear=0.0, back=0.25, notch=0.0, volume=0.25),
    "curly": Cut(front=-0.14, temple=0.08, ear=0.2, back=0.36, outer="curls", volume=1.7,
                 notch=0.05, locks=26),
    "afro": Cut(front=-0.22, temple=-0.02, ear=0.12, back=0.3, outer="curls", volume=3.6,
                notch=0.03, locks=26),
    "two block": Cut(front=-0.10, temple=-0.06, ear=-0.06, back=0.2, outer="tufts", notch=0.12,
                     locks=15),
    "comma": Cut(front=-0.05, temple=0.0, ear=-0.02, back=0.24, part=30, notch=0.06, locks=15,
                 volume=1.15),
    "parted fringe": Cut(front=0.0, temple=0.05, ear=0.04, back=0.3, part=0, notch=0.1, locks=16,
                         volume=1.2),
    "undercut": Cut(front=-0.24, temple=-0.2, ear=-0.14, back=0.1, notch=0.04, volume=1.5),
    "dandy": Cut(front=-0.08, temple=0.02, ear=0.04, back=0.28, notch=0.08, locks=20),
    "layered": Cut(front=-0.03, temple=0.26, ear=0.55, back=0.85, part=0, length=0.95, flare=1.3,
                   notch=0.2, locks=17, wave=0.02),
    "long see-through": Cut(front=-0.04, temple=0.32, ear=0.62, back=0.9, length=1.0, flare=1.1,
                            notch=0.34, locks=22),
    "bob tucked": Cut(front=-0.05, temple=0.22, ear=0.4, back=0.42, part=25, length=0.42,
                      flare=1.05, notch=0.05),
    "half up": Cut(front=-0.07, temple=0.3, ear=0.5, back=0.8, length=0.85, extra="bun",
                   notch=0.14),
    "receding": Cut(front=-0.38, temple=-0.16, ear=0.04, back=0.3, notch=0.02, volume=0.5),
}  # fmt: skip


BANGS_OVER_EYES = 0.95
"""Characters with more bangs than this (evenly from 0 to 1) hide their eyes behind them."""

VEILED, VEIL = 0.07, 0.26
"""Share of characters with hair over one eye, and how much lower it hangs there, in heads."""

LOCK_SPREAD = 0.45
"""Spread of the widths of locks (standard deviation of the logarithm)."""


@dataclass
class Hair:
    """Hair of one head, laid out in the picture.

    Attributes:
        cut: with its hem raised where locks lie over it.
        front: the cap.
        notches, tips: (n, 2) where its locks meet at the hem, left to right, and where they end.
        top: (2,) the crown, from which strands run.
        scale: of the skull's outline to that of the hair.
        locks: the `Locks` over the cap, or None.
    """

    cut: Cut
    front: skia.Path
    notches: Array
    tips: Array
    top: Array
    scale: float
    locks: Any = None


def _outline_scale(sketch: Sketch, cut: Cut) -> float:
    return 1.03 + 2.0 * sketch.style.hair_volume * cut.volume


def around(sketch: Sketch, azimuth: Array, height: Array, lift: float) -> Array:
    """(n, 3) points on the surface of the hair."""
    s = sketch.style
    angle = np.radians(azimuth)
    above = np.clip((-0.12 - height) / (-0.12 - CROWN + lift), 0, 1)
    shrink = np.sqrt(np.clip(1 - above**2, 0.02, 1))
    wide = (s.width + lift) * shrink
    deep = np.where(np.cos(angle) > 0, s.depth + lift, SKULL_BACK + lift) * shrink
    return np.stack([wide * np.sin(angle), height, deep * np.cos(angle)], axis=1)


def tip_heights(sketch: Sketch, cut: Cut, azimuth: Array) -> Array:
    """Height of the tips at azimuths."""
    front = cut.front + (sketch.character.bangs - 0.4) * 0.14 * (cut.front > -0.2)
    if sketch.character.bangs > BANGS_OVER_EYES and cut.outer != "curls" and cut.front > -0.2:
        front += 0.16
    away = np.abs(azimuth)
    height = np.interp(
        away, [0, 40, 72, 100, 150, 180], [front, front, cut.temple, cut.ear, cut.back, cut.back]
    )
    side = sketch.character.side
    if cut.part is not None:
        off = np.abs(azimuth - side * cut.part)
        rise = np.clip(1 - off / 55, 0, 1) ** 1.3
        height = height + (HAIRLINE + 0.02 - height) * rise * (away < 95)
    if sketch.character.seed % 1000 < 1000 * VEILED and -0.2 < cut.front < 0.1:
        height = height + VEIL * np.clip(1 - np.abs(side * azimuth - 28) / 30, 0, 1) ** 0.6
    return height


def build_cap(sketch: Sketch, cut: Cut) -> Hair:
    """Lays out the hair of a cut, without locks over it."""
    own, yaw = sketch.own, sketch.head.pose.yaw
    count = cut.locks
    step = 360 / count
    widths = np.exp(LOCK_SPREAD * own.standard_normal(count))
    ends = np.cumsum(widths) * 360 / widths.sum()
    borders = -180 + np.concatenate([[0.0], ends[:-1]]) + own.uniform(0, step)
    middles = borders + 360 * widths / widths.sum() * own.uniform(0.3, 0.7, count)
    tall = np.clip(0.8 * np.log(widths) + 0.5 * own.standard_normal(count), -1.2, 1.2)
    lift = 0.025 + 0.25 * sketch.style.hair_volume * min(cut.volume, 1.5)
    tip_y = tip_heights(sketch, cut, middles) + 0.35 * cut.notch * tall
    notch_y = tip_heights(sketch, cut, borders) - cut.notch * own.uniform(0.3, 1.3, count)
    notch_y = np.minimum(notch_y, np.where(np.abs(borders) < 60, 0.1, 0.3))
    tips, _ = sketch.head.project(around(sketch, middles, tip_y, lift))
    notches, _ = sketch.head.project(around(sketch, borders, notch_y, lift * 0.7))
    facing = (borders + yaw + 180) % 360 - 180
    shown = np.flatnonzero(np.abs(facing) < 88)
    shown = shown[np.argsort(facing[shown])]
    scale = _outline_scale(sketch, cut)
    top, _ = sketch.head.project(np.array([[0.06, -0.42, 0.05]]))
    notches, tips = notches[shown], tips[shown]
    front = _front_path(sketch, cut, scale, notches, tips)
    return Hair(cut, front, notches, tips, top[0], scale)


def _rim(sketch: Sketch, cut: Cut, scale: float, start: float, end: float) -> skia.Path:
    """Outer edge of the hair between two angles over the top."""
    head = sketch.head
    path = skia.Path()
    center = head.skull[1]
    if cut.outer == "smooth":
        angles = np.linspace(start, end, 12)
        append_smooth(path, _hugging(cut, head.skull_outline(scale, angles), angles, center, scale))
        return path
    own = np.random.default_rng(sketch.character.seed + 2)
    count = {"tufts": 5, "spikes": 9, "curls": 15}[cut.outer]
    angles = np.linspace(start, end, 2 * count + 1)
    angles[1:-1] += own.uniform(-0.5, 0.5, 2 * count - 1) * (end - start) / (2 * count)
    points = _hugging(cut, head.skull_outline(scale, angles), angles, center, scale)
    reach = {"tufts": 0.14, "spikes": 0.36, "curls": 0.09}[cut.outer]
    bump = np.zeros(2 * count + 1)
    bump[1::2] = reach * own.uniform(0.3, 1.1, count)
    if cut.outer == "curls":
        append_smooth(path, center + (points - center) * (1 + bump - 0.02)[:, None])
        return path
    away = np.abs(angles - 0.5 * (start + end)) / (0.5 * abs(end - start))
    bump *= np.clip(1.25 - away**3, 0.15, 1)
    sway = 1 if sketch.character.seed % 3 else -1
    along = np.stack([-np.sin(angles), np.cos(angles)], axis=1)
    points = (
        center + (points - center) * (1 + bump)[:, None] + along * (sway * 0.35 * bump)[:, None]
    )
    _spiked(path, points, center, sway)
    return path


def _hugging(cut: Cut, points: Array, angles: Array, center: Array, scale: float) -> Array:
    """Short hair lies close to the head beside the eyes."""
    if cut.temple > LONG_TEMPLE or cut.outer == "curls":
        return points
    low = np.clip(1 + np.sin(angles) * 1.6, 0, 1)
    return center + (points - center) * (1 - low * (1 - 1.02 / scale))[:, None]


LONG_TEMPLE = 0.14
"""Locks beside the face that reach lower than this stand off the head."""


def _spiked(path: skia.Path, points: Array, center: Array, sway: int) -> None:
    """Adds curved spikes: even points lie on the rim, odd ones are tips."""
    rows = points.tolist()
    path.moveTo(*rows[0])
    cx, cy = center.tolist()
    for i in range(1, len(rows) - 1, 2):
        for (ax, ay), (bx, by), lead in ((rows[i - 1], rows[i], 1), (rows[i], rows[i + 1], -1)):
            mx, my = (ax + bx) / 2, (ay + by) / 2
            push = 1 + 0.10 * lead * sway
            path.quadTo(cx + (mx - cx) * push, cy + (my - cy) * push, bx, by)


def _front_path(sketch: Sketch, cut: Cut, scale: float, notches: Array, tips: Array) -> skia.Path:
    """The cap: over the top along the rim, back along the lock tips."""
    center = sketch.head.skull[1]
    # The rim meets the fringe at the height of its outermost notches.
    low = np.clip((notches[[0, -1], 1] - center[1]) / (0.42 * scale), -0.6, 0.5).tolist()
    start, end = math.pi - math.asin(low[0]), 2 * math.pi + math.asin(low[1])
    path = _rim(sketch, cut, scale, start, end)
    first, last = path.getPoint(0), path.getPoint(path.countPoints() - 1)
    _side_lock(path, last, _side_end(sketch, cut, last, 1), notches[-1])
    top, _ = sketch.head.project(np.array([[0.0, -0.47, 0.12]]))
    if sketch.style.lock_sharp < ROUND_LOCKS:
        count = len(notches)
        woven = np.empty((2 * count - 1, 2))
        woven[0::2], woven[1::2] = notches[::-1], tips[::-1][1:]
        append_smooth(path, woven, start=False)
    else:
        sway = 0.35 * sketch.character.side
        append_locks(path, notches[::-1], tips[::-1][1:], top[0], sway)
    _side_lock(
        path,
        path.getPoint(path.countPoints() - 1),
        _side_end(sketch, cut, first, -1),
        [first.x(), first.y()],
    )
    path.close()
    return path


def _side_end(sketch: Sketch, cut: Cut, rim: skia.Point, side: int) -> tuple[float, float]:
    """Tip of the lock that hangs at the picture's left (-1) or right (1) edge of the hair."""
    azimuth = (90.0 * side - sketch.head.pose.yaw + 180) % 360 - 180
    height = float(tip_heights(sketch, cut, np.array([azimuth]))[0])
    spot, _ = sketch.head.project(np.array([[0.0, height, 0.0]]))
    return rim.x() + 0.01 * side, float(spot[0, 1])


def _side_lock(
    path: skia.Path, start: skia.Point, tip: tuple[float, float], end: Array | list[float]
) -> None:
    """Adds a lock at the edge of the hair, if it hangs below where the edge ends."""
    (ax, ay), (bx, by), (cx, cy) = (start.x(), start.y()), tip, (float(end[0]), float(end[1]))
    if by < max(ay, cy) + 0.04:
        return
    path.quadTo(0.8 * ax + 0.2 * bx, 0.4 * ay + 0.6 * by, bx, by)
    path.quadTo(0.8 * cx + 0.2 * bx, 0.4 * cy + 0.6 * by, cx, cy)


ROUND_LOCKS = 0.3
"""Styles with blunter locks than this have round tufts."""


def append_locks(path: skia.Path, notches: Array, tips: Array, origin: Array, sway: float) -> None:
    """Adds pointed locks: n notches and between them n - 1 tips.

    Locks leave their notches in the direction away from ``origin``, where the hair grows, and
    end turned by ``sway``.
    """
    path.lineTo(*notches[0].tolist())
    starts, ends = notches[:-1], notches[1:]

    def unit(vectors: Array) -> Array:
        return vectors / np.maximum(np.hypot(*vectors.T), 1e-6)[:, None]

    fall = unit(tips - origin)
    flow = unit(fall + sway * np.stack([-fall[:, 1], fall[:, 0]], axis=1))
    long_in = np.hypot(*(tips - starts).T)[:, None]
    long_out = np.hypot(*(tips - ends).T)[:, None]
    rows = np.concatenate(
        [starts + unit(starts - origin) * 0.38 * long_in, tips - flow * 0.42 * long_in, tips,
         tips - flow * 0.42 * long_out, ends + unit(ends - origin) * 0.38 * long_out, ends],
        axis=1,
    ).tolist()  # fmt: skip
    for row in rows:
        path.cubicTo(*row[:6])
        path.cubicTo(*row[6:])

"""Light in the hair: gradients, groups of strands, glossy bands and bright rims.

A title has one way of lighting hair, a person one way of wearing it; both stay from drawing to
drawing. Flat and black and white fills have none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.heads.hair.haircuts import Hair, around
from webtoon_curate.synth.paint import Color, linear, mix, polygon, smooth, solid
from webtoon_curate.synth.people.style import PLAIN_FILLS
from webtoon_curate.synth.sketch import WHITE, Sketch, beyond

Array = NDArray[Any]

GRADED, STRANDED, BANDED, RIMMED = 0.6, 0.7, 0.55, 0.4
"""Shares of titles with gradients, groups of strands, soft bands, bright rims."""
HALOS = {"band": 3.0, "zigzag": 3.5, "streaks": 3.5}
"""How titles draw the shine on hair that has locks."""
DARK_HAIR = 70
"""Hair whose brightest channel lies below it has light lines."""
BRIGHT_HAIR = 150
"""Hair whose brightest channel lies above it shines white."""
SKIN_TIPS = 0.3
"""Share of graded titles where hair takes the skin's colour towards its tips."""


@dataclass(frozen=True)
class Finish:
    """How a title lights hair.

    Attributes:
        roots: -1 to 1, darker or lighter at the roots; None without a gradient.
        tips: -1 to 1 at the tips.
        skin: share of the skin's colour in the tips.
        groups: strands on each side of the crown; 0 for none.
        contrast: of the strands, 0 to 1.
        band: strength of the soft band, 0 for none.
        rim: strength of the bright rim, 0 for none.
    """

    roots: float | None = None
    tips: float = 0.0
    skin: float = 0.0
    groups: int = 0
    contrast: float = 0.0
    band: float = 0.0
    rim: float = 0.0


def finish_of(sketch: Sketch) -> Finish:
    """The finish of a title: the same for all its heads."""
    if sketch.style.fill in PLAIN_FILLS:
        return Finish()
    return _finish(sketch.style.title_seed)


@lru_cache(maxsize=64)
def _finish(seed: int) -> Finish:
    rng = np.random.default_rng(seed)
    graded = rng.random() < GRADED
    skin = between(rng, 0.15, 0.45) if rng.random() < SKIN_TIPS else 0.0
    return Finish(
        roots=one_of(rng, (-1, 1)) * between(rng, 0.1, 0.6) if graded else None,
        tips=between(rng, -0.5, 0.6),
        skin=skin,
        groups=int(between(rng, 5, 13)) if rng.random() < STRANDED else 0,
        contrast=between(rng, 0.3, 0.9),
        band=between(rng, 0.25, 0.8) if rng.random() < BANDED else 0.0,
        rim=between(rng, 0.35, 0.9) if rng.random() < RIMMED else 0.0,
    )


def lit(sketch: Sketch, color: Color, amount: float) -> Color:
    """Lighter (positive) or in shadow (negative), -1 to 1."""
    if amount >= 0:
        return mix(color, WHITE, 0.4 * amount)
    return sketch.shadow(color, -1.6 * amount)


def strand_ink(sketch: Sketch) -> Color:
    """Color of lines inside the hair: light ones in dark hair."""
    if not sketch.outlined:
        return sketch.shadow(sketch.hair, 1.2)
    if max(sketch.hair) >= DARK_HAIR:
        return sketch.ink(sketch.hair)
    return WHITE if sketch.bare else mix(sketch.hair, WHITE, 0.25)


def halo_of(sketch: Sketch) -> str:
    """The shine of a title's hair: a name of `HALOS`."""
    return _halo(sketch.style.title_seed)[0]


def gloss(sketch: Sketch) -> Color:
    """Color of the shine: lighter hair, in some titles with the blue or gold of their light."""
    if sketch.bare:
        return WHITE
    light = _halo(sketch.style.title_seed)[1]
    if max(sketch.hair) > BRIGHT_HAIR:
        light = WHITE  # a color would be darker than the hair
    share = (0.32 if max(sketch.hair) > 90 else 0.22) + 0.12 * (light != WHITE)
    return mix(sketch.hair, light, share)


@lru_cache(maxsize=64)
def _halo(seed: int) -> tuple[str, Color]:
    rng = np.random.default_rng((seed, 2))
    kind = pick(rng, HALOS)
    return kind, one_of(rng, (WHITE, WHITE, WHITE, (150, 180, 255), (255, 214, 160)))


def draw_halo(sketch: Sketch, kind: str) -> None:
    """Light that runs around the head along the strands.

    Args:
        sketch: of the head.
        kind: ``zigzag`` hangs together, ``streaks`` are single leaves.
    """
    own = np.random.default_rng(sketch.character.seed + 12)
    count = 35 if kind == "zigzag" else 16
    azimuth = np.linspace(-80, 80, count)
    ends = np.clip(1 - (azimuth / 90) ** 2, 0.02, 1)
    rise, fall = own.uniform(0.006, 0.04, (2, count)) * ends
    middle = own.uniform(-0.39, -0.34) - 0.03 * (1 - ends)
    if kind == "zigzag":
        odd = np.arange(count) % 2
        rise, fall = rise * np.where(odd, 0.25, 1.0), fall * np.where(odd, 1.5, -0.2)
        azimuth = np.concatenate([azimuth, azimuth[::-1]]) - sketch.head.pose.yaw
        height = np.concatenate([middle - rise, (middle + fall)[::-1]])
        flat, _ = sketch.head.project(around(sketch, azimuth, height, 0.07))
        path = polygon(flat)
    else:
        azimuth = azimuth + own.uniform(-4, 4, count) - sketch.head.pose.yaw
        half = own.uniform(0.7, 3.2, count)
        sides = np.stack([azimuth, azimuth + half, azimuth, azimuth - half], axis=1)
        height = middle[:, None] + np.stack([-1.6 * rise, 0 * rise, 1.6 * fall, 0 * fall], axis=1)
        flat, _ = sketch.head.project(around(sketch, sides.ravel(), height.ravel(), 0.07))
        path = skia.Path()
        for (ax, ay), (bx, by), (cx, cy), (dx, dy) in flat.reshape(-1, 4, 2).tolist():
            path.moveTo(ax, ay)
            path.quadTo(bx, by, cx, cy)
            path.quadTo(dx, dy, ax, ay)
    sketch.painter.fill(path, solid(gloss(sketch), 0.85))


def graded(sketch: Sketch, top: float, bottom: float) -> skia.Paint | None:
    """Paint from the roots to the tips, between two heights; None where the title has none."""
    finish = finish_of(sketch)
    if finish.roots is None:
        return None
    tips = mix(lit(sketch, sketch.hair, finish.tips), sketch.skin, finish.skin)
    colors = (lit(sketch, sketch.hair, finish.roots), sketch.hair, sketch.hair, tips)
    return linear((0, top), (-0.12 * sketch.light.x, bottom), colors)


def draw_light(sketch: Sketch, hair: Hair) -> None:
    """Bands, strands and rim on the front of the hair; call it clipped to the hair."""
    finish = finish_of(sketch)
    if finish.band:
        _band(sketch, finish.band)
    draw_strands(sketch, hair.top, hair.tips)
    if finish.rim:
        _rim(sketch, hair, finish.rim)


def draw_strands(sketch: Sketch, root: Array, tips: Array) -> None:
    """Dark and light slivers that run from the crown, (2,), towards the tips, (n, 2)."""
    finish = finish_of(sketch)
    if not finish.groups or len(tips) < 2:
        return
    own = np.random.default_rng(sketch.character.seed + 11)
    dark, light = skia.Path(), skia.Path()
    count = 2 * finish.groups
    spots = (np.arange(count) + own.random(count)) / count * (len(tips) - 1.001)
    shares = own.random((count, 4)).tolist()
    tx, ty = root.tolist()
    rows = tips.tolist()
    for spot, (first, last, wide, which) in zip(spots.tolist(), shares):
        i, part = int(spot), spot % 1
        x = rows[i][0] + (rows[i + 1][0] - rows[i][0]) * part - tx
        y = rows[i][1] + (rows[i + 1][1] - rows[i][1]) * part - ty
        a, b = 0.1 + 0.45 * first, 0.65 + 0.4 * last
        width = (0.012 + 0.035 * wide) * (0.5 + abs(x))
        path = dark if which < 0.6 else light
        bulge = 0.16 * x
        mx, my = tx + x * (a + b) / 2 + bulge, ty + y * (a + b) / 2
        path.moveTo(tx + x * a, ty + y * a)
        path.quadTo(mx - width, my, tx + x * b, ty + y * b)
        path.quadTo(mx + width, my, tx + x * a, ty + y * a)
    alpha = 0.25 + 0.5 * finish.contrast
    low = sketch.shadow(sketch.hair, 0.7 + 1.2 * finish.contrast)
    high = mix(sketch.hair, WHITE, 0.12 + 0.22 * finish.contrast)
    sketch.painter.fill(dark, solid(low, alpha))
    sketch.painter.fill(light, solid(high, alpha))


_BAND = np.linspace(-85, 85, 9)


def _band(sketch: Sketch, strength: float) -> None:
    """A soft, wide band of light around the head, as painted hair has."""
    middle = -0.3 + 0.1 * (abs(sketch.light.x) - 0.5)
    azimuth = _BAND - sketch.head.pose.yaw
    for half, alpha in ((0.09, 0.35), (0.045, 0.5)):
        bow = half * (1 - (_BAND / 95) ** 2)
        high, _ = sketch.head.project(around(sketch, azimuth, middle - bow, 0.08))
        low, _ = sketch.head.project(around(sketch, azimuth, middle + bow, 0.08))
        path = smooth(np.concatenate([high, low[::-1]]), closed=True)
        sketch.painter.fill(path, solid(mix(sketch.hair, WHITE, 0.3), alpha * strength))


def _rim(sketch: Sketch, hair: Hair, strength: float) -> None:
    """Light along the edge that faces it."""
    edge = beyond(hair.front, -0.03 * sketch.light.x, -0.03 * sketch.light.y)
    box = hair.front.getBounds()
    upper = skia.Rect.MakeLTRB(box.left(), box.top(), box.right(), hair.top[1] + 0.42)
    with sketch.painter.shading(skia.Path.Rect(upper)):
        sketch.painter.fill(edge, solid(mix(sketch.hair, (255, 250, 236), 0.65), strength))

"""Drawing locks of hair: each over the one before, with its shadow side, its lines, its color."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import one_of
from webtoon_curate.synth.heads.hair.hairlight import DARK_HAIR, strand_ink
from webtoon_curate.synth.heads.hair.locks import Locks, habit_of, leaf
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, pen, solid
from webtoon_curate.synth.people.character import vivid
from webtoon_curate.synth.people.style import PLAIN_FILLS, SOFT_FILLS
from webtoon_curate.synth.sketch import Sketch

Array = NDArray[Any]

DARK_LINE = 0.55
"""Width of the light lines in dark hair, as a share of others'."""


def shade_under(sketch: Sketch, locks: Locks) -> None:
    """The shadow of the locks on the cap; call it clipped to the cap."""
    under = skia.Path(locks.area)
    under.offset(-0.02 * sketch.light.x, 0.02)
    sketch.painter.fill(under, _deep(sketch))


def _deep(sketch: Sketch) -> skia.Paint:
    strong = 0.6 if sketch.style.fill in SOFT_FILLS else 0.85
    return solid(sketch.shadow(sketch.hair, 1.0), strong)


def _streak_color(sketch: Sketch) -> Color:
    """The color of somebody's streaks: bleached, white or any hue."""
    own = np.random.default_rng(sketch.character.seed + 23)
    colors = (mix(sketch.hair, (240, 214, 150), 0.6), (240, 240, 244), vivid(own))
    return sketch.tone(one_of(own, colors), paper_from=120)


def draw_locks(sketch: Sketch, locks: Locks, paint: skia.Paint) -> None:
    """The locks, one over the other, each with its shadow side and its lines."""
    sketch.painter.fill(locks.area, None, Label.HAIR)
    canvas, habit = sketch.painter.canvas, habit_of(sketch)
    shaded = sketch.style.fill not in PLAIN_FILLS
    deep = _deep(sketch)
    dark = max(sketch.hair) < DARK_HAIR
    line = pen(strand_ink(sketch), sketch.pen_width(habit.line * (DARK_LINE if dark else 1)))
    # Light lines around single dark hairs would be all that shows of them.
    lined = locks.broad | (not dark)
    first, second = (locks.right, locks.left) if sketch.light.x < 0 else (locks.left, locks.right)
    sided = locks.broad & ~locks.far & (shaded and habit.side > 0)
    edges = (_later(locks.left, 0.3), _later(locks.right, 0.3), first,
             first + habit.side * (second - first))  # fmt: skip
    paints = (paint, solid(sketch.shadow(sketch.hair, 0.8)) if shaded else paint)
    streak = solid(_streak_color(sketch)) if locks.dyed.any() else paint
    for outline, far, dyed, side, inked, from_left, from_right, outer, inner in zip(
        locks.leaves, locks.far.tolist(), locks.dyed.tolist(), sided.tolist(), lined.tolist(),
        *(part.tolist() for part in edges),
    ):  # fmt: skip
        canvas.drawPath(outline, streak if dyed else paints[far])
        if side:
            canvas.drawPath(leaf(outer, inner), deep)
        if inked:
            path = skia.Path()
            (x, y), (a, b), (c, d), (e, f) = from_left
            path.moveTo(x, y)
            path.cubicTo(a, b, c, d, e, f)
            (x, y), (a, b), (c, d), _ = from_right
            path.cubicTo(c, d, a, b, x, y)
            canvas.drawPath(path, line)


def _later(edges: Array, start: float) -> Array:
    """The cubics (n, 4, 2) from a parameter on."""
    one = edges[:, :-1] + start * (edges[:, 1:] - edges[:, :-1])
    two = one[:, :-1] + start * (one[:, 1:] - one[:, :-1])
    three = two[:, :1] + start * (two[:, 1:] - two[:, :1])
    return np.concatenate([three, two[:, 1:], one[:, 2:], edges[:, 3:]], axis=1)


def draw_tufts(sketch: Sketch, locks: Locks, paint: skia.Paint) -> None:
    """What stands off the outline."""
    if not len(locks.tufts):
        return
    path = skia.Path()
    for start, out, tip, back, end in locks.tufts.tolist():
        path.moveTo(*start)
        path.quadTo(*out, *tip)
        path.quadTo(*back, *end)
    path.setFillType(skia.PathFillType.kWinding)
    sketch.painter.fill(path, paint, Label.HAIR)
    sketch.outline(path, sketch.hair, 0.9)

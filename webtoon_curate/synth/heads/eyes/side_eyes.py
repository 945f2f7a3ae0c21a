"""Eyes from the side: wedges that are open to the front, and lashes that lead the way.

Like all of an eye they are drawn in the eye's frame (see `eyes`): x is 1 at the front.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.lids import frame_pen
from webtoon_curate.synth.paint import solid, tapered
from webtoon_curate.synth.people.style import Style
from webtoon_curate.synth.sketch import Sketch

Array = NDArray[Any]

WEDGE_YAWS = (58.0, 74.0)
"""Degrees of yaw between which eyes turn from almonds into wedges."""
_X = np.array([-1.0, -0.55, -0.1, 0.3, 0.62, 0.86, 0.94])
_UPPER = np.array([0.0, -0.52, -0.82, -0.97, -1.0, -0.62, 0.04])
_LOWER = np.array([0.0, 0.35, 0.58, 0.78, 0.86, 0.6, 0.04])
"""Lids of a wedge: the apex behind, the bulge of the eyeball in front."""
LEADING = (0.3, 0.55)
"""Length of the lashes in front: of all, and what styles with heavy lashes add."""
PAST_PROFILE = 95.0
"""Degrees of yaw from which all that shows of the near eye is its lashes."""
FAR_LASHES = (55.0, 88.0)
"""Degrees of yaw at which lashes of the far eye show before the bridge of the nose."""


def _wedges(style: Style) -> bool:
    """Whether the style draws eyes from the side as wedges."""
    return style.side.wedge and style.eye in ("anime", "real")


def wedged(sketch: Sketch) -> float:
    """How far eyes are wedges at this turn of the head, 0 to 1."""
    style = sketch.style
    if not _wedges(style):
        return 0.0
    low, high = WEDGE_YAWS
    return float(np.clip((abs(sketch.head.pose.yaw) - low) / (high - low), 0.0, 1.0))


def wedge_lids(upper: Array, lower: Array, share: float) -> tuple[Array, Array]:
    """Lids of (7, 2) points each, turned by ``share`` into a wedge of their height."""
    up, down = -float(upper[:, 1].min()), float(lower[:, 1].max())
    back = 0.5 * (upper[0, 1] + lower[0, 1])
    fade = np.linspace(1, 0, 7) * back
    rows = (np.stack([_X, height * line + fade], axis=1)
            for height, line in ((up, _UPPER), (max(down, 0.1), _LOWER)))  # fmt: skip
    high, low = rows
    return upper + share * (high - upper), lower + share * (low - lower)


def draw_side_lids(sketch: Sketch, eye: Eye) -> None:
    """Lid lines of a wedge: heavy above and in front, thin below, the eyeball bare."""
    style = sketch.style
    base = frame_pen(sketch, 1.0)
    weight = base + (0.06 + 0.15 * style.lash) * (0.7 + 0.5 * eye.open)
    tip = eye.upper[4] + [0.22 + 0.2 * style.lash, -0.05 - 0.2 * style.lash]
    upper = np.concatenate([eye.upper[:5], [eye.upper[4] + [0.14, 0.0], tip]])
    width = weight * np.array([0.45, 0.75, 1.0, 1.15, 1.25, 0.9, 0.1])
    sketch.painter.fill(tapered(upper, width, shift=0.6), solid(sketch.lash), eye.label)
    low = base * np.array([0.5, 0.8, 0.9, 0.9, 0.6])
    sketch.painter.fill(tapered(eye.lower[:5], low), solid(sketch.lash, 0.8), eye.label)
    ball = np.array([0.4, 0.6, 0.6, 0.4]) * base
    front = np.concatenate([eye.upper[4:7], eye.lower[5:6]])
    sketch.painter.fill(tapered(front, ball), solid(sketch.ink(sketch.skin), 0.6))
    if style.lash > 0.45:
        _hairs(sketch, eye, eye.upper[[2, 3, 4]], weight, -1.0)
    if style.detail > 0.35:
        fold = eye.upper[:5] * [0.9, 1.0] - [0.0, 0.2 + 0.1 * eye.open + weight]
        sketch.painter.fill(tapered(fold, low * 0.8), solid(sketch.ink(sketch.skin), 0.8))


def draw_closed_lashes(sketch: Sketch, eye: Eye) -> None:
    """Lashes of a shut eye from the side, before and under its line."""
    weight = frame_pen(sketch, 1.2) + 0.1 * sketch.style.lash
    _hairs(sketch, eye, eye.upper[[4, 5, 6]], weight, 0.5 if eye.lid == "closed" else 0.1)


def _hairs(sketch: Sketch, eye: Eye, roots: Array, weight: float, up: float) -> None:
    """Lashes from (n, 2) roots to the front, the last the longest."""
    path = skia.Path()
    reach = LEADING[0] + LEADING[1] * sketch.style.lash
    for index, (x, y) in enumerate(roots.tolist()):
        long = reach * (0.45 + 0.55 * (index + 1) / len(roots))
        half = 0.4 * weight
        path.moveTo(x - half, y)
        path.quadTo(x + 0.6 * long, y + 0.05 * up * long, x + long, y + 0.7 * up * long)
        path.quadTo(x + 0.4 * long, y + 0.4 * half, x + half, y + half)
    sketch.painter.fill(path, solid(sketch.lash), eye.label)


def draw_far_lashes(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Lashes of the eye that is turned away; drawn before the face, only their ends show.

    Past the profile that is the near eye.
    """
    style, yaw = sketch.style, sketch.head.pose.yaw
    low, high = FAR_LASHES
    past = abs(yaw) > PAST_PROFILE
    if not (past or low < abs(yaw) < high) or style.lash < 0.45 or not _wedges(style):
        return
    eye = eyes[1] if (yaw > 0) != past else eyes[0]
    way = float(np.sign(yaw))
    first = 1 if eye.lid in ("closed", "happy") else 2
    roots = eye.upper[first : first + 3] @ eye.turn.T + eye.center
    spots = sketch.head.project(sketch.head.surface(roots))[0]
    down = 0.5 if eye.lid == "closed" else -0.35
    long = style.eye_size * (LEADING[0] + LEADING[1] * style.lash)
    for root in spots:
        end = root + np.array([way * long, down * long])
        bend = 0.5 * (root + end) + [0, 0.1 * long]
        hair = tapered(np.stack([root, bend, end]), [0.012, 0.008, 0.001])
        sketch.painter.fill(hair, solid(sketch.lash), eye.label)

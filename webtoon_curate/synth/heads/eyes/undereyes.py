"""What lies around an eye: the soft fold under it, colored corners, a heavy lid, brimming tears.

All is drawn in the eye's frame (see `eyes`).
"""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.paint import mix, pen, smooth, solid
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import WHITE, Sketch, between_curves, warm_tone

FOLD_SHARE = {"manhwa": 0.35, "shoujo": 0.15, "painted": 0.3, "seinen": 0.12}
"""Share of a family's people with a fold of skin under the eye, a sign of youth."""
CORNER_SHARE = {"manhwa": 0.35, "shoujo": 0.25, "painted": 0.15, "anime": 0.1}
"""Share of a family's people whose eyes' outer corners are red."""
FEW_MEN = 0.33
"""How many men have these, for each woman."""
WET_MOODS = {"teary": 1.0, "cry": 0.7, "sad": 0.3, "worry": 0.1}
"""How often eyes shine with tears in a mood; of the same person in the same mood always."""
TEAR = (214, 236, 252)


def draw_surroundings(sketch: Sketch, eye: Eye) -> None:
    """Fold and corner of an open eye; call it before its lids."""
    who, style = sketch.character, sketch.style
    if style.simple or who.age == "old":
        return
    share = (who.seed // 7) % 100 / 100
    few = FEW_MEN if who.gender == "man" else 1.0
    if style.lids != "plain" and share < few * FOLD_SHARE.get(style.family, 0.0):
        _fold(sketch, eye)
    if share > 1 - few * CORNER_SHARE.get(style.family, 0.0) and not sketch.bare:
        corner = mix(warm_tone(sketch), (214, 70, 76), 0.5)
        for size, alpha in ((0.75, 0.14), (0.5, 0.16), (0.28, 0.2)):
            sketch.painter.fill(ellipse(-0.95, 0.12, size, 0.62 * size), solid(corner, alpha))


def _fold(sketch: Sketch, eye: Eye) -> None:
    low = eye.lower[1:6] * [0.9, 1.0] + [0, 0.2 + 0.06 * eye.open]
    if not sketch.bare:
        light = mix(sketch.skin, WHITE, 0.45)
        band = smooth(low - np.array([0, 0.1]))
        sketch.painter.canvas.drawPath(band, pen(light, 0.13, 0.5))
    tone = sketch.ink(sketch.skin) if sketch.bare else mix(warm_tone(sketch), (120, 50, 50), 0.4)
    width = max(0.05, 0.5 * sketch.pixel / sketch.style.eye_size)
    sketch.painter.canvas.drawPath(smooth(low), pen(tone, width, 0.5))


def heavy_lid(sketch: Sketch, eye: Eye) -> None:
    """The fold of a heavy lid, lying on the lashes: a shaded strip with a line above."""
    above = eye.upper * [1.06, 1.0] + [0, -0.2 - 0.1 * eye.open]
    tone = sketch.shadow(sketch.skin, 1.0)
    if not sketch.bare:
        sketch.painter.fill(between_curves(eye.upper, above), solid(tone, 0.55))
    width = max(0.07, 0.7 * sketch.pixel / sketch.style.eye_size)
    line = pen(sketch.ink(sketch.skin), width, 0.9)
    sketch.painter.canvas.drawPath(smooth(above[:6]), line)


def wet(sketch: Sketch) -> bool:
    """Whether eyes brim with tears."""
    share = WET_MOODS.get(sketch.mood, 0.0)
    return (sketch.character.seed // 11) % 100 < 100 * share


def draw_brim(sketch: Sketch, eye: Eye) -> None:
    """Tears on the lower lid and drops at its ends; call it over the finished eye."""
    low = eye.lower[1:6]
    path = between_curves(low - np.array([0, 0.14]), low + np.array([0, 0.05]))
    for x, size in ((-0.72, 0.13), (0.7, 0.1)):
        y = float(np.interp(x, eye.lower[:, 0], eye.lower[:, 1])) + 0.1
        path.addPath(ellipse(x, y, size, 1.15 * size))
    sketch.painter.fill(path, solid(WHITE if sketch.bare else TEAR, 0.85))
    edge = sketch.ink(sketch.skin) if sketch.bare else (120, 168, 214)
    width = max(0.03, 0.4 * sketch.pixel / sketch.style.eye_size)
    sketch.painter.canvas.drawPath(path, pen(edge, width, 0.7))
    at = eye.upper[3] * 0.35 + eye.lower[3] * 0.65
    for dx, dy, size in ((-0.2, 0.0, 0.1), (0.12, 0.1, 0.07), (0.24, -0.1, 0.05)):
        sketch.painter.fill(ellipse(at[0] + dx, at[1] + dy, size, size), solid(WHITE, 0.9))

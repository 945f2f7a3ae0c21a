"""Faces whose upper half lies in shadow: menace, despair and shame, as drawn in comics.

The shadow is thin enough for eyes to be seen through it, or eyes shine over it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.ink import hatch
from webtoon_curate.synth.paint import Color, append_smooth, linear, mix, solid
from webtoon_curate.synth.sketch import INK, Sketch

Array = NDArray[Any]

GLOOM_SHARE = {
    "glare": 0.16, "sneer": 0.2, "angry": 0.12, "clench": 0.14, "contempt": 0.1, "dread": 0.16,
    "sad": 0.1, "teary": 0.06, "cry": 0.06, "shock": 0.08, "bored": 0.05, "smirk": 0.06,
    "dazed": 0.1, "worry": 0.05, "neutral": 0.02, "shout": 0.05,
}  # fmt: skip
"""Share of the drawings with such a mood that have the shadow."""
TURNED = 45
"""Degrees of yaw beyond which faces have no such shadow, which noses would stick out of."""
GLOOM_KINDS = ("veil", "edge", "lines")
SHADES: tuple[Color, ...] = ((24, 20, 34), (34, 36, 84), (62, 30, 66), (70, 24, 30))


def sample_gloom(sketch: Sketch) -> str | None:
    """One of `GLOOM_KINDS`, or most often None."""
    chance = sketch.rng.random()
    share = GLOOM_SHARE.get(sketch.mood, 0.0)
    if chance >= share or sketch.style.simple or abs(sketch.head.pose.yaw) > TURNED:
        return None
    return GLOOM_KINDS[int(chance / share * len(GLOOM_KINDS))]


def draw_gloom(sketch: Sketch, kind: str) -> None:
    """Draws the shadow over what is drawn of the face; call it clipped to the face."""
    s, seed = sketch.style, sketch.character.seed
    low = s.eye_y + 0.6 * s.eye_size * s.eye_open + 0.05
    top, end = sketch.head.place(np.array([[0, -0.4], [0, low + 0.08]])).tolist()
    tone = INK if sketch.bare else mix(sketch.shadow(sketch.skin, 2.5), SHADES[seed % 4], 0.7)
    if kind == "edge":
        path = _edge(sketch, low)
        if sketch.bare:
            paint = skia.Paint(AntiAlias=True, Shader=hatch(4.0 * sketch.pixel, INK))
        else:
            paint = solid(tone, 0.72)
        sketch.painter.fill(path, paint)
        return
    strong = 0.45 if sketch.bare else 0.85
    veil = linear(tuple(top), tuple(end), (tone, tone, tone), (strong, 0.75 * strong, 0.0),
                  (0, 0.6, 1))  # fmt: skip
    veil.setDither(True)
    sketch.painter.canvas.drawPaint(veil)
    if kind == "lines":
        for i, x in enumerate(np.linspace(-0.75, 0.75, 13) * s.width):
            long = low - 0.02 - 0.05 * (i * 7 % 5)
            line = np.array([[x, -0.34], [x, 0.5 * (long - 0.34)], [x, long]])
            sketch.line(sketch.head.place(line, 0.01), 0.6, mix(tone, INK, 0.5), alpha=0.6)


def _edge(sketch: Sketch, low: float) -> skia.Path:
    """All above a line across the cheeks that dips beside the nose."""
    wide = 1.1 * sketch.style.width
    rows = np.array([[-1, -0.04], [-0.55, 0.02], [-0.25, 0.0], [0, -0.05], [0.25, 0.0],
                     [0.55, 0.02], [1, -0.04]])  # fmt: skip
    line = sketch.head.place(rows * [wide, 1.0] + [0, low])
    path = skia.Path()
    append_smooth(path, line)
    for x, y in ((2.0, float(line[-1, 1])), (2.0, -2.0), (-2.0, -2.0), (-2.0, float(line[0, 1]))):
        path.lineTo(x, y)
    path.close()
    return path

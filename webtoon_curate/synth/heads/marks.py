"""What age, life and mood leave on a face: wrinkles, blush, scars, tears."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, polygon, radial, smooth, solid
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import INK, Sketch

Array = NDArray[Any]

FOLD_HIDDEN, BLUSH_HIDDEN = 40, 50
"""Degrees of yaw beyond which a far cheek does not show its fold, its blush."""


def _spot(sketch: Sketch, x: float, y: float) -> tuple[float, float]:
    """A point of the frontal drawing in the picture."""
    ((px, py),) = sketch.head.place(np.array([[x, y]])).tolist()
    return px, py


def draw_wrinkles(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Lines of age: beside the mouth, under the eyes, on the forehead."""
    s, age = sketch.style, sketch.character.age
    strength = {"middle": 0.35, "old": 1.0}.get(age, 0.0)
    if strength * (0.4 + s.detail) < 0.3 and age != "old":
        return
    color = sketch.ink(sketch.skin)
    for side in (-1, 1):
        if sketch.head.hides(side, FOLD_HIDDEN):
            continue
        near = max(s.nose_width, 0.03) + 0.02
        middle = max(s.mouth_width * 0.95, near + 0.02)
        low = max(s.mouth_width * 1.25, near + 0.03)
        fold = sketch.place([[side * near, s.nose_y - 0.015], [side * middle, s.nose_y + 0.03],
                             [side * low, s.mouth_y + 0.005]])  # fmt: skip
        sketch.line(fold, 0.7, color, alpha=0.45 + 0.5 * strength)
    if age != "old":
        return
    for eye in eyes:
        if not eye.shown:
            continue
        x, y = eye.center
        reach = max(s.eye_size, 0.05)
        low = y + 0.8 * s.eye_size * s.eye_open + 0.02
        bag = sketch.place([[x - reach * 0.8, low], [x, low + 0.02], [x + reach * 0.8, low]])
        sketch.line(bag, 0.6, color, alpha=0.8)
        out = x + eye.side * reach * 1.15
        for dy in (-0.012, 0.016):
            foot = [[out, y + dy * 0.5], [out + eye.side * 0.03, y + dy],
                    [out + eye.side * 0.045, y + dy * 1.9]]  # fmt: skip
            sketch.line(sketch.place(foot), 0.55, color, alpha=0.8)
    for dy in (0.0, 0.035):
        line = [[-0.13, -0.20 + dy], [0, -0.21 + dy], [0.13, -0.20 + dy]]
        sketch.line(sketch.place(line), 0.5, color, alpha=0.6)


PLASTER: Color = (236, 208, 170)
FLUSHED = ("happy", "laugh", "cry", "kiss", "surprise", "pout", "drunk", "teary")
"""Moods in which blood rises."""


def draw_blush(sketch: Sketch) -> None:
    """Red cheeks, as a soft spot or as strokes."""
    s, mood = sketch.style, sketch.mood
    if sketch.rng.random() > s.blush * (1.3 if mood in FLUSHED else 0.5) and mood != "drunk":
        return
    strokes = sketch.rng.random() < 0.35 or sketch.bare
    tone = mix(sketch.skin, (240, 90, 90), 0.55)
    for side in (-1, 1):
        if sketch.head.hides(side, BLUSH_HIDDEN):
            continue
        x, y = _spot(sketch, side * s.width * 0.60, (s.eye_y + s.mouth_y) / 2 + 0.03)
        if strokes:
            for dx in (-0.025, 0.0, 0.025):
                stroke = np.array([[x + dx + 0.012, y - 0.018], [x + dx - 0.008, y + 0.018]])
                sketch.line(stroke, 0.7, sketch.ink(tone) if sketch.bare else tone)
        else:
            paint = radial((x, y), 0.1, (tone, tone), (0.55, 0.0))
            sketch.painter.fill(ellipse(x, y, 0.1, 0.07), paint)
    if mood == "drunk":
        _flush(sketch, tone, strokes)


def _flush(sketch: Sketch, tone: Color, strokes: bool) -> None:
    """The red of drink and deep shame: across nose and both cheeks."""
    s = sketch.style
    y = 0.5 * (s.eye_y + s.nose_y) + 0.03
    if not sketch.bare:
        for x in (-0.5, -0.17, 0.17, 0.5):
            px, py = _spot(sketch, x * s.width, y)
            paint = radial((px, py), 0.1, (tone, tone), (0.45, 0.0))
            sketch.painter.fill(ellipse(px, py, 0.1, 0.06), paint)
    if strokes:
        for x in np.linspace(-0.6, 0.6, 9) * s.width:
            stroke = np.array([[x + 0.012, y - 0.022], [x, y], [x - 0.012, y + 0.022]])
            color = sketch.ink(tone) if sketch.bare else mix(tone, (200, 40, 50), 0.3)
            sketch.line(sketch.head.place(stroke, 0.01), 0.7, color)


def draw_marks(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """Moles, freckles, scars, plasters and the like."""
    if not sketch.character.marks:
        return
    own = np.random.default_rng(sketch.character.seed + 6)
    s, head = sketch.style, sketch.head
    for mark in sketch.character.marks:
        side = -1 if own.random() < 0.5 else 1
        x = side * s.width * between(own, 0.3, 0.65)
        y = between(own, s.eye_y + 0.1, s.mouth_y + 0.03)
        if mark == "mole":
            px, py = _spot(sketch, x * 0.8, y)
            sketch.painter.fill(ellipse(px, py, 0.008, 0.008), solid(mix(sketch.skin, INK, 0.75)))
        elif mark == "freckles":
            _freckles(sketch, own)
        elif mark in ("scar", "eye scar"):
            height = s.eye_y - 0.02 if mark == "eye scar" else y
            _scar(sketch, x, height, side)
        elif mark == "tattoo":
            points = head.place(np.array([[x, y], [x + 0.04, y + 0.05], [x - 0.04, y + 0.05]]))
            sketch.painter.fill(polygon(points), solid(sketch.tone(sketch.character.hat_color)))
        elif mark == "plaster":
            points = head.place(np.array([[x - 0.07, y - 0.02], [x + 0.07, y - 0.04],
                                          [x + 0.07, y], [x - 0.07, y + 0.02]]))  # fmt: skip
            path = polygon(points)
            sketch.painter.fill(path, solid(sketch.tone(PLASTER)), Label.OCCLUDER)
            sketch.outline(path, PLASTER, 0.6)
        elif mark == "bags":
            for eye in eyes:
                if eye.shown:
                    _bag(sketch, eye)


def _bag(sketch: Sketch, eye: Eye) -> None:
    s = sketch.style
    x, y = eye.center
    y = y + 0.75 * s.eye_size * s.eye_open + 0.012
    r = max(s.eye_size, 0.04)
    points = sketch.place([[x - 0.7 * r, y], [x, y + 0.02], [x + 0.7 * r, y]])
    sketch.line(points, 0.6, alpha=0.6)


def _freckles(sketch: Sketch, own: np.random.Generator) -> None:
    s = sketch.style
    x = own.uniform(-0.7, 0.7, 12) * s.width
    y = s.eye_y + 0.12 + own.uniform(-0.03, 0.04, 12)
    path = skia.Path()
    for px, py in sketch.head.place(np.stack([x, y], axis=1)).tolist():
        path.addCircle(px, py, 0.005)
    sketch.painter.fill(path, solid(INK if sketch.bare else mix(sketch.skin, (120, 60, 30), 0.5)))


def _scar(sketch: Sketch, x: float, y: float, side: int) -> None:
    points = sketch.place([[x - 0.05 * side, y - 0.08], [x, y], [x + 0.03 * side, y + 0.07]])
    tone = mix(sketch.skin, (150, 60, 60), 0.5) if not sketch.bare else INK
    sketch.line(points, 1.2, tone)


def draw_mood(sketch: Sketch, eyes: tuple[Eye, Eye], face: skia.Path) -> None:
    """Comic signs inside the outline of a face: tears, sweat, a vein, lines of gloom."""
    mood, chance = sketch.mood, sketch.rng.random()
    if mood == "cry" and chance < 0.8:
        with sketch.painter.group(clip=face):
            _tears(sketch, eyes)
    elif mood in ("worry", "shock", "surprise", "wavy", "smirk") and chance < 0.3:
        with sketch.painter.group(clip=face):
            _sweat(sketch, 1 if chance < 0.15 else -1)
    elif mood in ("angry", "shout", "glare") and chance < 0.2:
        with sketch.painter.group(clip=face):
            _vein(sketch)
    elif mood in ("shock", "sad", "bored") and chance < 0.12:
        with sketch.painter.group(clip=face):
            _gloom(sketch)


def _sweat(sketch: Sketch, side: int) -> None:
    x, y = _spot(sketch, side * sketch.style.width * 0.75, -0.1)
    drop = np.array([[x, y - 0.06], [x + 0.028, y + 0.01], [x, y + 0.035], [x - 0.028, y + 0.01]])
    sketch.blob(drop, sketch.tone((214, 236, 250)), None, line=0.7)


def _vein(sketch: Sketch) -> None:
    x, y = _spot(sketch, sketch.style.width * 0.5, -0.25)
    r = 0.06
    for a, b in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        hook = np.array([[x + a * r, y + b * r * 0.25], [x + a * r * 0.3, y + b * r * 0.3],
                         [x + a * r * 0.25, y + b * r]])  # fmt: skip
        sketch.line(hook, 1.2, (196, 40, 40) if not sketch.bare else INK)


def _gloom(sketch: Sketch) -> None:
    for x in np.linspace(-0.7, 0.7, 8) * sketch.style.width:
        line = sketch.place([[x, -0.24], [x, -0.12]])
        sketch.line(line, 0.6, INK if sketch.bare else (70, 70, 110), alpha=0.7)


def _drops(sketch: Sketch, x: float, y: float, side: int) -> None:
    """Tears one by one, on their way over a cheek."""
    color = sketch.tone((206, 230, 250))
    for dx, dy, size in ((0.03, 0.03, 0.02), (0.055, 0.1, 0.026), (-0.02, 0.07, 0.016)):
        px, py = x + side * dx, y + dy
        drop = [[px, py - size], [px + 0.6 * size, py + 0.3 * size], [px, py + size],
                [px - 0.6 * size, py + 0.3 * size]]  # fmt: skip
        sketch.blob(sketch.place(drop, 0.005), color, None, line=0.5, alpha=0.9)


def _tears(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    s = sketch.style
    for eye in eyes:
        if not eye.shown:
            continue
        x, y = eye.center
        y = y + 0.6 * s.eye_size * s.eye_open
        w = 0.22 * max(s.eye_size, 0.05)
        if sketch.character.seed % 3 == 0:
            _drops(sketch, x, y, eye.side)
            continue
        stream = [[x - w, y], [x + w, y], [x + 1.3 * w, s.mouth_y], [x, s.mouth_y + 0.03],
                  [x - 1.3 * w, s.mouth_y]]  # fmt: skip
        path = smooth(sketch.place(stream, 0.005), closed=True)
        sketch.painter.fill(path, solid(sketch.tone((200, 228, 250)), 0.75))
        sketch.outline(path, INK if sketch.bare else (150, 190, 230), 0.5)

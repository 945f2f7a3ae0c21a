"""Facial hair, and the marks of age, life and mood on skin."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.mouth import Mouth
from webtoon_curate.synth.heads.nose import Nose
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import (
    Color,
    append_smooth,
    mix,
    pen,
    polygon,
    radial,
    smooth,
    solid,
)
from webtoon_curate.synth.sketch import INK, WHITE, Sketch, oval

Array = NDArray[Any]
FOLD_HIDDEN, BLUSH_HIDDEN, LOOP_HIDDEN = 40, 50, 20
"""Degrees of yaw beyond which a far cheek does not show its fold, its blush, a mask's loop."""
MASK_BULGES = 30
"""Degrees of yaw beyond which the nose lifts a mask off the outline of the face."""


def _place(sketch: Sketch, points: Any, lift: float = 0.012) -> Array:
    return sketch.head.place(np.asarray(points, dtype=np.float64), lift)


def draw_facial_hair(sketch: Sketch, mouth: Mouth) -> None:
    """Beards that lie under the mouth; mustaches follow in `draw_mustache`."""
    kind = sketch.character.facial_hair
    color = mix(sketch.hair, INK, 0.12)
    if kind in ("full beard", "long beard"):
        _full_beard(sketch, color, kind == "long beard")
    elif kind == "goatee":
        s = sketch.style
        y, w = s.mouth_y + 0.045, 0.07
        points = _place(sketch, [[-w, y + 0.01], [0, y], [w, y + 0.01], [w * 0.8, 0.47],
                                 [0, 0.54], [-w * 0.8, 0.47]])  # fmt: skip
        sketch.blob(points, color, Label.FACIAL_HAIR, line=0.7)
    elif kind == "stubble":
        path = _beard_area(sketch, 0.03)
        tone = mix(sketch.skin, (70, 70, 80), 0.35)
        sketch.painter.fill(path, solid(tone, 0.25 if sketch.character.seed % 2 else 0.55))
        if sketch.character.seed % 2:
            _bristles(sketch, path)


def _bristles(sketch: Sketch, path: skia.Path) -> None:
    """Short strokes all over an area, hair by hair."""
    own = np.random.default_rng(sketch.character.seed + 33)
    s, strokes = sketch.style, skia.Path()
    x, y = own.uniform(-0.95, 0.95, 90) * s.width, own.uniform(s.nose_y, 0.5, 90)
    for px, py in sketch.head.place(np.stack([x, y], axis=1)).tolist():
        strokes.moveTo(px, py)
        strokes.lineTo(px - 0.003, py + 0.012)
    with sketch.painter.group(clip=path):
        line = pen(mix(sketch.hair, INK, 0.4), max(0.003, 0.4 * sketch.pixel), 0.7)
        sketch.painter.canvas.drawPath(strokes, line)


def _beard_area(sketch: Sketch, drop: float) -> skia.Path:
    """From ear to ear along the jaw, above it to the mouth; ``drop`` below the chin."""
    head, s = sketch.head, sketch.style
    low = head.contour[3:-3].copy()
    middle = np.linspace(-1, 1, len(low))
    low[:, 1] += drop * (1 - middle**2)
    w = s.width
    top_y = s.mouth_y - 0.03
    upper = _place(
        sketch,
        [[0.82 * w, s.nose_y - 0.04], [0.6 * w, top_y + 0.01], [0.3 * w, top_y - 0.012],
         [0, top_y - 0.005], [-0.3 * w, top_y - 0.012], [-0.6 * w, top_y + 0.01],
         [-0.82 * w, s.nose_y - 0.04]],
    )  # fmt: skip
    path = skia.Path()
    append_smooth(path, low)
    append_smooth(path, upper, start=False)
    path.close()
    return path


def _full_beard(sketch: Sketch, color: Any, long: bool) -> None:
    path = _beard_area(sketch, 0.22 if long else 0.06)
    sketch.painter.fill(path, solid(color), Label.FACIAL_HAIR)
    sketch.outline(path, color)
    if sketch.style.strands > 0.2:
        chin = sketch.head.contour[16]
        for dx in (-0.08, -0.02, 0.05):
            line = chin + np.array([[dx, -0.06], [dx * 0.9, 0.0], [dx * 0.6, 0.05]])
            sketch.line(line, 0.6, sketch.ink(color), alpha=0.7)


def draw_mustache(sketch: Sketch, nose: Nose, mouth: Mouth) -> None:
    """Hair between nose and mouth."""
    kind = sketch.character.facial_hair
    if kind not in ("mustache", "handlebar", "full beard", "long beard", "goatee"):
        return
    if kind == "goatee" and sketch.character.seed % 2:
        return
    s = sketch.style
    top = s.nose_y + 0.012
    low = min(s.mouth_y - 0.004, top + 0.06)
    half = s.mouth_width * (1.35 if kind == "handlebar" else 1.1)
    curl = -0.05 if kind == "handlebar" else 0.015
    points = _place(
        sketch,
        [[-half, low + curl], [-half * 0.5, top + 0.004], [0, top + 0.006],
         [half * 0.5, top + 0.004], [half, low + curl], [half * 0.45, low + 0.006],
         [0, low - 0.012], [-half * 0.45, low + 0.006]],
        lift=0.02,
    )  # fmt: skip
    sketch.blob(points, mix(sketch.hair, INK, 0.12), Label.FACIAL_HAIR, line=0.7)


def draw_wrinkles(sketch: Sketch, eyes: tuple[Eye, Eye], mouth: Mouth) -> None:
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
        fold = _place(sketch, [[side * near, s.nose_y - 0.015], [side * middle, s.nose_y + 0.03],
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
        bag = _place(sketch, [[x - reach * 0.8, low], [x, low + 0.02], [x + reach * 0.8, low]])
        sketch.line(bag, 0.6, color, alpha=0.8)
        out = x + eye.side * reach * 1.15
        for dy in (-0.012, 0.016):
            foot = [[out, y + dy * 0.5], [out + eye.side * 0.03, y + dy],
                    [out + eye.side * 0.045, y + dy * 1.9]]  # fmt: skip
            sketch.line(_place(sketch, foot), 0.55, color, alpha=0.8)
    for dy in (0.0, 0.035):
        line = [[-0.13, -0.20 + dy], [0, -0.21 + dy], [0.13, -0.20 + dy]]
        sketch.line(_place(sketch, line), 0.5, color, alpha=0.6)


FLUSHED = ("happy", "laugh", "cry", "kiss", "surprise", "pout", "drunk", "teary")
"""Moods in which blood rises."""


def draw_blush(sketch: Sketch) -> None:
    """Red cheeks, as a soft spot or as strokes."""
    s = sketch.style
    mood = sketch.head.pose.expression
    if sketch.rng.random() > s.blush * (1.3 if mood in FLUSHED else 0.5) and mood != "drunk":
        return
    strokes = sketch.rng.random() < 0.35 or sketch.bare
    tone = mix(sketch.skin, (240, 90, 90), 0.55)
    for side in (-1, 1):
        spot = np.array([[side * s.width * 0.60, (s.eye_y + s.mouth_y) / 2 + 0.03]])
        if sketch.head.hides(side, BLUSH_HIDDEN):
            continue
        x, y = sketch.head.place(spot)[0].tolist()
        if strokes:
            for dx in (-0.025, 0.0, 0.025):
                stroke = np.array([[x + dx + 0.012, y - 0.018], [x + dx - 0.008, y + 0.018]])
                sketch.line(stroke, 0.7, sketch.ink(tone) if sketch.bare else tone)
        else:
            paint = radial((x, y), 0.1, (tone, tone), (0.55, 0.0))
            sketch.painter.fill(oval(x, y, 0.1, 0.07), paint)
    if mood == "drunk":
        _flush(sketch, tone, strokes)


def _flush(sketch: Sketch, tone: Color, strokes: bool) -> None:
    """The red of drink and deep shame: across nose and both cheeks."""
    s = sketch.style
    y = 0.5 * (s.eye_y + s.nose_y) + 0.03
    if not sketch.bare:
        for x in (-0.5, -0.17, 0.17, 0.5):
            (px, py), *_ = sketch.head.place(np.array([[x * s.width, y]])).tolist()
            paint = radial((px, py), 0.1, (tone, tone), (0.45, 0.0))
            sketch.painter.fill(oval(px, py, 0.1, 0.06), paint)
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
            (px, py), *_ = head.place(np.array([[x * 0.8, y]])).tolist()
            sketch.painter.fill(oval(px, py, 0.008, 0.008), solid(mix(sketch.skin, INK, 0.75)))
        elif mark == "freckles":
            _freckles(sketch, own)
        elif mark in ("scar", "eye scar"):
            height = s.eye_y - 0.02 if mark == "eye scar" else y
            _scar(sketch, x, height, side)
        elif mark == "tattoo":
            points = head.place(np.array([[x, y], [x + 0.04, y + 0.05], [x - 0.04, y + 0.05]]))
            sketch.painter.fill(polygon(points), solid(sketch.character.hat_color))
        elif mark == "plaster":
            points = head.place(np.array([[x - 0.07, y - 0.02], [x + 0.07, y - 0.04],
                                          [x + 0.07, y], [x - 0.07, y + 0.02]]))  # fmt: skip
            path = polygon(points)
            sketch.painter.fill(path, solid((236, 208, 170)), Label.OCCLUDER)
            sketch.outline(path, (236, 208, 170), 0.6)
        elif mark == "bags":
            for eye in eyes:
                if eye.shown:
                    _bag(sketch, eye)


def _bag(sketch: Sketch, eye: Eye) -> None:
    s = sketch.style
    x, y = eye.center
    y = y + 0.75 * s.eye_size * s.eye_open + 0.012
    r = max(s.eye_size, 0.04)
    points = _place(sketch, [[x - 0.7 * r, y], [x, y + 0.02], [x + 0.7 * r, y]])
    sketch.line(points, 0.6, alpha=0.6)


def _freckles(sketch: Sketch, own: np.random.Generator) -> None:
    s = sketch.style
    x = own.uniform(-0.7, 0.7, 12) * s.width
    y = s.eye_y + 0.12 + own.uniform(-0.03, 0.04, 12)
    path = skia.Path()
    for px, py in sketch.head.place(np.stack([x, y], axis=1)).tolist():
        path.addCircle(px, py, 0.005)
    sketch.painter.fill(path, solid(mix(sketch.skin, (120, 60, 30), 0.5)))


def _scar(sketch: Sketch, x: float, y: float, side: int) -> None:
    points = _place(sketch, [[x - 0.05 * side, y - 0.08], [x, y], [x + 0.03 * side, y + 0.07]])
    tone = mix(sketch.skin, (150, 60, 60), 0.5) if not sketch.bare else INK
    sketch.line(points, 1.2, tone)


EYE_PATCHES = ("eye patch", "bandage")


def draw_patch(sketch: Sketch, eyes: tuple[Eye, Eye]) -> None:
    """An eye patch or a bandage over one eye."""
    kinds = [mark for mark in sketch.character.marks if mark in EYE_PATCHES]
    if not kinds:
        return
    own = np.random.default_rng(sketch.character.seed + 7)
    eye = eyes[int(own.random() * 2)]
    s, head = sketch.style, sketch.head
    color = (34, 30, 36) if kinds[0] == "eye patch" and own.random() < 0.5 else WHITE
    x, y = eye.center
    r = max(1.5 * s.eye_size, 0.09)
    strap = [[-s.width * 0.98, s.eye_y - 0.12 * eye.side], [x, y],
             [s.width * 0.98, s.eye_y + 0.12 * eye.side]]  # fmt: skip
    sketch.painter.stroke(smooth(_place(sketch, strap, 0.02)), pen(color, 0.02), Label.OCCLUDER)
    if eye.facing > -0.1:
        angle = np.linspace(0, 2 * np.pi, 11)[:-1]
        ring = np.stack([x + r * np.cos(angle), y + 0.85 * r * np.sin(angle)], axis=1)
        sketch.blob(head.place(ring, 0.02), color, Label.OCCLUDER)


def draw_mask(sketch: Sketch) -> None:
    """A cloth mask from the nose to under the chin."""
    if "face mask" not in sketch.character.marks:
        return
    own = np.random.default_rng(sketch.character.seed + 10)
    color = sketch.tone((245, 247, 250) if own.random() < 0.6 else (40, 40, 46))
    s, head = sketch.style, sketch.head
    low = head.contour[5:-5]
    top = s.nose_y - 0.3 * s.nose_out - 0.06
    reach = 0.78 * s.width
    upper = head.place(np.array([[reach, top + 0.06], [0.5 * reach, top + 0.01]]), 0.02)
    ridge = head.place(np.array([[0.0, top]]), 0.03 + 0.6 * s.nose_out)
    other = head.place(np.array([[-0.5 * reach, top + 0.01], [-reach, top + 0.06]]), 0.02)
    front = head.place(np.array([[0.0, s.nose_y], [0.0, s.mouth_y]]), 0.03 + s.nose_out)
    path = skia.Path()
    append_smooth(path, low)
    append_smooth(path, np.concatenate([upper, ridge, other]), start=False)
    path.close()
    if abs(head.pose.yaw) > MASK_BULGES:
        bulge = smooth(np.concatenate([ridge, front, low[len(low) // 2 : len(low) // 2 + 1]]))
        sketch.painter.fill(bulge, solid(color), Label.OCCLUDER)
        sketch.outline(bulge, color)
    sketch.painter.fill(path, solid(color), Label.OCCLUDER)
    sketch.outline(path, color)
    for y in (s.nose_y + 0.02, s.mouth_y + 0.02):
        fold = head.place(np.array([[-0.6 * reach, y], [0, y + 0.012], [0.6 * reach, y]]), 0.02)
        sketch.line(fold, 0.5, sketch.shadow(color, 1.5), alpha=0.8)
    for side in (-1, 1):
        if head.hides(side, LOOP_HIDDEN):
            continue
        ear = head.project(np.array([[side * s.width, s.eye_y + 0.05, 0.0]]))[0]
        edge = head.place(np.array([[side * reach, top + 0.07]]), 0.02)
        sketch.line(np.concatenate([edge, 0.5 * (edge + ear), ear]), 0.9, color)


def draw_mood(sketch: Sketch, eyes: tuple[Eye, Eye], face: skia.Path) -> None:
    """Comic signs inside the outline of a face: tears, sweat, a vein, lines of gloom."""
    mood, chance = sketch.head.pose.expression, sketch.rng.random()
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
    x, y = sketch.head.place(np.array([[side * sketch.style.width * 0.75, -0.1]]))[0].tolist()
    drop = np.array([[x, y - 0.06], [x + 0.028, y + 0.01], [x, y + 0.035], [x - 0.028, y + 0.01]])
    sketch.blob(drop, (214, 236, 250), None, line=0.7)


def _vein(sketch: Sketch) -> None:
    x, y = sketch.head.place(np.array([[sketch.style.width * 0.5, -0.25]]))[0].tolist()
    r = 0.06
    for a, b in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        hook = np.array([[x + a * r, y + b * r * 0.25], [x + a * r * 0.3, y + b * r * 0.3],
                         [x + a * r * 0.25, y + b * r]])  # fmt: skip
        sketch.line(hook, 1.2, (196, 40, 40) if not sketch.bare else INK)


def _gloom(sketch: Sketch) -> None:
    for x in np.linspace(-0.7, 0.7, 8) * sketch.style.width:
        line = _place(sketch, [[x, -0.24], [x, -0.12]])
        sketch.line(line, 0.6, (70, 70, 110), alpha=0.7)


def _drops(sketch: Sketch, x: float, y: float, side: int) -> None:
    """Tears one by one, on their way over a cheek."""
    for dx, dy, size in ((0.03, 0.03, 0.02), (0.055, 0.1, 0.026), (-0.02, 0.07, 0.016)):
        px, py = x + side * dx, y + dy
        drop = [[px, py - size], [px + 0.6 * size, py + 0.3 * size], [px, py + size],
                [px - 0.6 * size, py + 0.3 * size]]  # fmt: skip
        sketch.blob(_place(sketch, drop, 0.005), (206, 230, 250), None, line=0.5, alpha=0.9)


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
        path = smooth(_place(sketch, stream, 0.005), closed=True)
        sketch.painter.fill(path, solid((200, 228, 250), 0.75))
        sketch.outline(path, (150, 190, 230), 0.5)

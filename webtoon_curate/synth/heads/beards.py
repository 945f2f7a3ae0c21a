"""Beards, stubble and mustaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, joined, mix, pen, solid
from webtoon_curate.synth.sketch import INK, Sketch

Array = NDArray[Any]

TURNED = 25.0
"""Degrees of yaw beyond which the cheek before the far ear is not seen."""


def draw_beard(sketch: Sketch) -> None:
    """Beards that lie under the mouth; mustaches follow in `draw_mustache`."""
    kind = sketch.character.facial_hair
    color = mix(sketch.hair, INK, 0.12)
    if kind in ("full beard", "long beard"):
        _full_beard(sketch, color, kind == "long beard")
    elif kind == "goatee":
        s = sketch.style
        y, w = s.mouth_y + 0.045, 0.07
        points = sketch.place([[-w, y + 0.01], [0, y], [w, y + 0.01], [w * 0.8, 0.47],
                               [0, 0.54], [-w * 0.8, 0.47]])  # fmt: skip
        sketch.blob(points, color, Label.FACIAL_HAIR, line=0.7)
    elif kind == "sideburns":
        _sideburns(sketch, color)
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
    upper = sketch.place(
        [[0.82 * w, s.nose_y - 0.04], [0.6 * w, top_y + 0.01], [0.3 * w, top_y - 0.012],
         [0, top_y - 0.005], [-0.3 * w, top_y - 0.012], [-0.6 * w, top_y + 0.01],
         [-0.82 * w, s.nose_y - 0.04]],
    )  # fmt: skip
    return joined(low, upper)


def _sideburns(sketch: Sketch, color: Color) -> None:
    """A strip before each ear that is seen, down to the mouth, narrower at its foot."""
    contour, yaw = sketch.head.contour, sketch.head.pose.yaw
    for side, strip in ((-1, contour[:8]), (1, contour[-1:-9:-1])):
        if side * yaw > TURNED:
            continue
        inwards = (contour[16] - strip) * np.linspace([0.24, 0], [0.08, 0], len(strip))
        points = np.concatenate([strip, (strip + inwards)[::-1]])
        sketch.blob(points, color, Label.FACIAL_HAIR, line=0.5)


def _full_beard(sketch: Sketch, color: Color, long: bool) -> None:
    path = _beard_area(sketch, 0.22 if long else 0.06)
    sketch.painter.fill(path, solid(color), Label.FACIAL_HAIR)
    sketch.outline(path, color)
    if sketch.style.strands > 0.2:
        chin = sketch.head.contour[16]
        for dx in (-0.08, -0.02, 0.05):
            line = chin + np.array([[dx, -0.06], [dx * 0.9, 0.0], [dx * 0.6, 0.05]])
            sketch.line(line, 0.6, sketch.ink(color), alpha=0.7)


def draw_mustache(sketch: Sketch) -> None:
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
    points = sketch.place(
        [[-half, low + curl], [-half * 0.5, top + 0.004], [0, top + 0.006],
         [half * 0.5, top + 0.004], [half, low + curl], [half * 0.45, low + 0.006],
         [0, low - 0.012], [-half * 0.45, low + 0.006]],
        lift=0.02,
    )  # fmt: skip
    sketch.blob(points, mix(sketch.hair, INK, 0.12), Label.FACIAL_HAIR, line=0.7)

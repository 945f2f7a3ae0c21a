"""Lids: upper lines, lashes, creases and lower lids, in the manners of `manners.MANNERS`.

All is drawn in the eye's frame (see `eyes`).
"""

from __future__ import annotations

import numpy as np
import skia

from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.undereyes import heavy_lid
from webtoon_curate.synth.paint import Color, linear, mix, pen, smooth, solid, tapered
from webtoon_curate.synth.sketch import Sketch


def frame_pen(sketch: Sketch, width: float) -> float:
    """Pen width in the eye's frame."""
    return sketch.pen_width(width) / max(sketch.style.eye_size, 0.02)


def draw_closed(sketch: Sketch, eye: Eye) -> None:
    """A shut eye: the line of its lids and lashes."""
    color = sketch.lash
    weight = frame_pen(sketch, 1.2) + 0.10 * sketch.style.lash
    profile = weight * np.array([0.5, 0.9, 1.1, 1.1, 1.0, 0.8, 0.4])
    curves = (eye.upper, eye.lower) if eye.lid == "squeezed" else (eye.upper,)
    for arc in curves:
        sketch.painter.fill(tapered(arc, profile), solid(color), eye.label)
    if eye.lid != "squeezed" and sketch.style.lash > 0.55 and eye.wedge < 0.5:
        down = 1 if eye.lid == "closed" else -0.3
        draw_spikes(sketch, eye, weight, down, color)


def draw_spikes(sketch: Sketch, eye: Eye, weight: float, down: float, color: Color) -> None:
    """Three lashes at the outer corner; ``down`` is how far they hang, negative upwards."""
    path = skia.Path()
    for index, length in ((0, 0.34), (1, 0.26), (2, 0.15)):
        x, y = eye.upper[index].tolist()
        width = weight * 0.7
        path.moveTo(x - width, y)
        path.lineTo(x - length, y + down * length * 0.8)
        path.lineTo(x + width, y)
        path.close()
    sketch.painter.fill(path, solid(color), eye.label)


def draw_lids(sketch: Sketch, eye: Eye) -> None:
    """The lids of an open eye in the style's manner."""
    if sketch.style.lids == "plain":
        _plain(sketch, eye)
    else:
        _lids(sketch, eye)


def _plain(sketch: Sketch, eye: Eye) -> None:
    style = sketch.style
    color = sketch.lash
    base = frame_pen(sketch, 1.1)
    weight = base + (0.05 + 0.16 * style.lash) * (0.7 + 0.5 * eye.open)
    if style.eye == "real":
        weight = base + 0.05 + 0.1 * style.lash
    profile = weight * np.array([0.75, 1.1, 1.0, 0.9, 0.75, 0.55, 0.25])
    upper = eye.upper.copy()
    if style.lash > 0.5:
        # The outer wing of the lash line.
        upper[0] += [-0.16 * style.lash, 0.04]
    sketch.painter.fill(tapered(upper, profile, shift=0.7), solid(color), eye.label)
    if style.lash > 0.6:
        draw_spikes(sketch, eye, weight, -0.8, color)
    lower = eye.lower if style.detail > 0.6 or style.eye == "real" else eye.lower[:4]
    profile = base * (0.5 + 0.4 * style.lash) * np.linspace(1.2, 0.3, len(lower))
    soft = mix(color, sketch.skin, 0.0 if sketch.bare else 0.35)
    sketch.painter.fill(tapered(lower, profile, shift=-0.7), solid(soft))
    if style.detail > 0.35:
        lift = 0.22 + 0.12 * eye.open
        fold = eye.upper[1:6] * [0.92, 1.0] + [0, -lift - weight * 0.6]
        width = base * 0.55 * np.array([0.6, 1, 1, 0.8, 0.4])
        sketch.painter.fill(tapered(fold, width), solid(sketch.ink(sketch.skin), 0.8))


UPPER: dict[str, tuple[float, list[float]]] = {
    "wedge": (1.15, [0.9, 1.5, 1.25, 0.95, 0.7, 0.45, 0.12]),
    "soft": (0.85, [0.5, 1.0, 1.1, 1.0, 0.85, 0.6, 0.25]),
    "clean": (0.75, [0.6, 0.95, 1.0, 1.0, 0.9, 0.7, 0.4]),
    "sharp": (1.0, [1.1, 1.35, 1.1, 0.9, 0.75, 0.6, 0.3]),
    "lush": (1.2, [1.0, 1.35, 1.2, 1.05, 0.85, 0.6, 0.2]),
    "mono": (1.25, [0.7, 1.1, 1.15, 1.1, 1.0, 0.8, 0.4]),
    "droop": (1.0, [1.2, 1.4, 1.1, 0.9, 0.75, 0.55, 0.25]),
    "cat": (1.1, [1.3, 1.5, 1.2, 0.9, 0.7, 0.5, 0.2]),
    "hooded": (1.3, [0.9, 1.2, 1.2, 1.15, 1.1, 0.9, 0.5]),
    "triangle": (1.35, [0.8, 1.25, 1.3, 1.2, 1.1, 1.0, 0.8]),
    "float": (1.5, [0.3, 1.0, 1.25, 1.25, 1.1, 0.7, 0.2]),
}
"""Weight of the upper line, and how it is spread from the outer corner to the inner."""
WINGS = {"wedge": (-0.24, -0.05), "sharp": (-0.12, 0.02), "lush": (-0.2, -0.08),
         "droop": (-0.2, 0.12), "cat": (-0.3, -0.18)}  # fmt: skip
"""How far the upper line runs out over the outer corner, and up (negative)."""
HAIRS = {
    "soft": (5, 0.2),
    "lush": (7, 0.34),
    "wedge": (3, 0.32),
    "droop": (4, 0.2),
    "cat": (3, 0.3),
}
"""Lashes on the outer part of the upper lid, and their length, for eyes of women and girls."""


def _lids(sketch: Sketch, eye: Eye) -> None:
    style, kind = sketch.style, sketch.style.lids
    base = frame_pen(sketch, 1.0)
    factor, spread = UPPER[kind]
    weight = factor * (base + (0.05 + 0.13 * style.lash) * (0.7 + 0.5 * eye.open))
    if kind == "soft" and not sketch.bare:
        _makeup(sketch, eye, weight)
    upper = eye.upper.copy()
    upper[0] += WINGS.get(kind, (0.0, 0.0))
    if kind == "sharp":
        upper[6] += [0.12, 0.08]
    line = tapered(upper, weight * np.array(spread), shift=0.7)
    sketch.painter.fill(line, _lash_paint(sketch), eye.label)
    if kind in HAIRS and sketch.character.gender != "man":
        _hairs(sketch, eye, weight)
    _crease(sketch, eye, weight, base)
    _lower(sketch, eye, base)


def _lash_paint(sketch: Sketch) -> skia.Paint:
    """Dark outside, in colored drawings redder and lighter towards the nose."""
    color = sketch.lash
    if sketch.bare or sketch.style.lids in ("clean", "mono", "triangle", "float"):
        return solid(color)
    inner = mix(color, (128, 62, 48), 0.25 + 0.5 * sketch.style.warmth)
    return linear((-1, 0), (1, 0), (color, color, inner))


def _makeup(sketch: Sketch, eye: Eye, weight: float) -> None:
    """A soft tone on the lid and under the eye."""
    tone = mix(sketch.ink(sketch.skin), (170, 70, 60), 0.5)
    path = smooth(eye.upper[:6] - np.array([0, 0.8 * weight]))
    for wide, alpha in ((3.2, 0.10), (1.8, 0.16)):
        sketch.painter.canvas.drawPath(path, pen(tone, wide * weight, alpha))
    under = smooth(eye.lower[1:6] + np.array([0, 0.24]))
    sketch.painter.canvas.drawPath(under, pen(tone, 0.1, 0.12))


def _hairs(sketch: Sketch, eye: Eye, weight: float) -> None:
    """Curved lashes in wedges, longest at the outer corner."""
    count, length = HAIRS[sketch.style.lids]
    at = np.linspace(0, 3.2, count)
    x = np.interp(at, np.arange(7), eye.upper[:, 0]).tolist()
    y = np.interp(at, np.arange(7), eye.upper[:, 1]).tolist()
    path = skia.Path()
    for i in range(count):
        share = 1 - 0.7 * i / count
        out, up, half = length * share, length * (0.45 + 0.5 * (1 - share)), 0.3 * weight
        path.moveTo(x[i] - half, y[i])
        path.quadTo(x[i] - 0.7 * out, y[i] - 0.1 * up, x[i] - out, y[i] - up - weight)
        path.quadTo(x[i] - 0.3 * out, y[i] - 0.5 * weight, x[i] + 2 * half, y[i])
        path.close()
    sketch.painter.fill(path, solid(sketch.lash), eye.label)


def _crease(sketch: Sketch, eye: Eye, weight: float, base: float) -> None:
    """The fold above the lid: whole, the outer half, close by, or none."""
    kind = sketch.style.lids
    if kind in ("mono", "float"):
        return
    if kind == "hooded":
        heavy_lid(sketch, eye)
        return
    lift = (0.14 if kind == "sharp" else 0.22) + 0.16 * eye.open
    part = eye.upper[1:5] if kind == "clean" else eye.upper[1:7]
    fold = part * [0.94, 1.0] + [0, -lift - 0.7 * weight]
    fold[0] += [-0.08, 0.06]
    width = base * 0.7 * np.linspace(1.1, 0.25, len(fold))
    tone = sketch.ink(sketch.skin)
    sketch.painter.fill(tapered(fold, width), solid(tone, 0.85 if sketch.bare else 0.7))


def _lower(sketch: Sketch, eye: Eye, base: float) -> None:
    """The lower lid: most often only its outer part."""
    style, kind, lower = sketch.style, sketch.style.lids, eye.lower
    tone = sketch.lash if sketch.bare else mix(sketch.lash, _blood(sketch), 0.5)
    if kind in ("lush", "sharp"):
        width = 0.75 * base * np.linspace(1.3, 0.3, 6)
        sketch.painter.fill(tapered(lower[:6], width, shift=-0.7), solid(tone))
    elif kind in ("triangle", "float", "hooded"):
        width = 0.8 * base * np.array([0.3, 1.0, 0.3])
        sketch.painter.fill(tapered(lower[2:5], width, shift=-0.7), solid(tone))
    elif kind in ("droop", "cat"):
        width = base * np.array([1.7, 1.4, 1.0, 0.6, 0.3])
        red = sketch.lash if sketch.bare else mix(_blood(sketch), sketch.lash, 0.25)
        sketch.painter.fill(tapered(lower[:5], width, shift=-0.7), solid(red))
    elif kind in ("wedge", "mono"):
        width = 0.8 * base * np.array([1.2, 0.9, 0.2])
        sketch.painter.fill(tapered(lower[:3], width, shift=-0.7), solid(tone))
    elif kind == "soft":
        width = 0.7 * base * np.array([0.8, 1, 1, 1, 1, 0.8, 0.6])
        sketch.painter.fill(tapered(lower, width, shift=-0.7), solid(_blood(sketch), 0.7))
    if kind == "lush" and sketch.character.gender != "man":
        path = skia.Path()
        for (x, y), long in zip(lower[1:4].tolist(), (0.2, 0.16, 0.1)):
            path.moveTo(x - 0.03, y)
            path.lineTo(x - 0.6 * long, y + long)
            path.lineTo(x + 0.03, y)
        sketch.painter.fill(path, solid(tone), eye.label)
    if not sketch.bare and style.detail > 0.5 and style.fill != "flat":
        x, y = lower[6].tolist()
        duct = skia.Path.Oval(skia.Rect.MakeLTRB(x - 0.14, y - 0.07, x + 0.02, y + 0.06))
        sketch.painter.fill(duct, solid((226, 138, 128), 0.7))


def _blood(sketch: Sketch) -> Color:
    """The red of thin skin; in ink drawings, ink."""
    if sketch.bare:
        return sketch.lash
    return mix(sketch.ink(sketch.skin), (190, 84, 74), 0.5)

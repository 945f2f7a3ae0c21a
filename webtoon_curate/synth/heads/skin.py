"""Skin of faces: hard shadows that follow the form, airbrush, gradients and brush strokes.

Everything is drawn over the flat color, clipped to the face by the caller. Soft manners model the
turned head itself: its rings are a mesh whose corners are lit (Lambert) and whose colors run into
each other, and small soft spots stand for sockets, nose, lips and blush.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.paint import Color, argb, linear, luminance, mix, pen, smooth, solid
from webtoon_curate.synth.people.style import PLAIN_FILLS
from webtoon_curate.synth.sketch import SOLID_EYES, WHITE, Sketch, warm_tone

Array = NDArray[Any]

SOFT_SKINS = frozenset({"airbrush", "gradient", "painterly"})
FORM_SKINS = frozenset({"form", "form_soft"})

FRONT_LIGHT = 0.75
"""How much of the light comes from the reader's side, over what comes from the picture's."""
FALLOFF = (1.0, 0.78, 0.40, 0.12, 0.0)
"""Opacity of a soft spot from its middle to its rim, about a Gaussian."""
TURNED = 0.12
"""Spots turned away further than this are not drawn."""


def skin_manner(sketch: Sketch) -> str:
    """How skin is drawn: the style's manner where its fill leaves a choice."""
    return "plain" if sketch.style.fill in PLAIN_FILLS else sketch.style.skin


class Spot(NamedTuple):
    """A soft ellipse on the frontal drawing, in heads; ``lift`` is how far before the face."""

    x: float
    y: float
    rx: float
    ry: float
    color: Color
    alpha: float
    lift: float = 0.0


@lru_cache(maxsize=2048)
def _spot_paint(color: Color, level: int) -> skia.Paint:
    """A round soft spot of radius 1; ``level`` is its opacity in 1/64."""
    colors = [argb(color, share * level / 64) for share in FALLOFF]
    shader = skia.GradientShader.MakeRadial(center=(0, 0), radius=1, colors=colors)
    return skia.Paint(AntiAlias=False, Dither=True, Shader=shader)


_UNIT = skia.Path.Circle(0, 0, 1)
_STEP = 0.02


def draw_spots(sketch: Sketch, spots: list[Spot]) -> None:
    """Draws soft spots where they face the reader."""
    at = np.array([(s.x, s.y) for s in spots])
    shifts = np.array([[0, 0], [_STEP, 0], [-_STEP, 0], [0, _STEP], [0, -_STEP]])
    grid = (at[None] + shifts[:, None]).reshape(-1, 2)
    placed = sketch.head.surface(grid)
    placed[:, 2] += np.tile([s.lift for s in spots], 5)
    flat = sketch.head.project(placed)[0].reshape(5, -1, 2)
    along = ((flat[1] - flat[2]) / (2 * _STEP)).tolist()
    down = ((flat[3] - flat[4]) / (2 * _STEP)).tolist()
    canvas = sketch.painter.canvas
    for spot, (x, y), (a, c), (b, d) in zip(spots, flat[0].tolist(), along, down):
        if a * d - b * c < TURNED or spot.alpha < 1 / 64:
            continue
        canvas.save()
        rx, ry = spot.rx, spot.ry
        canvas.concat(skia.Matrix.MakeAll(a * rx, b * ry, x, c * rx, d * ry, y, 0, 0, 1))
        canvas.drawPath(_UNIT, _spot_paint(spot.color, round(min(spot.alpha, 1.0) * 64)))
        canvas.restore()


def draw_skin(sketch: Sketch, fringe: bool) -> None:
    """Shades a face in the style's manner; ``fringe`` says whether hair hangs over the forehead."""
    manner = skin_manner(sketch)
    if manner in FORM_SKINS:
        _form(sketch, manner == "form_soft")
        return
    strength = 0.45 + 0.55 * sketch.style.relief
    if manner == "gradient":
        _gradient(sketch)
    else:
        lit = _lit(sketch)
        _mesh(sketch, lit, strength)
        if manner == "painterly":
            _strokes(sketch, lit, strength)
    draw_spots(sketch, _spots(sketch, strength, fringe))
    if sketch.style.rim > RIM_FROM:
        _rim(sketch)


def _dark(sketch: Sketch) -> Color:
    """Shadow of soft skin: darker and, as far as the style goes, redder than the flat color."""
    return mix(sketch.shadow(sketch.skin, 1.5), warm_tone(sketch), 0.35 * sketch.style.warmth)


def _light(sketch: Sketch) -> Color:
    # The darker skin is, the less a light on it may leave its hue.
    share = 0.18 + 0.4 * luminance(sketch.skin) / 255
    return mix(sketch.skin, (255, 246, 230), share)


def nose_paint(sketch: Sketch, tip: float, inner: float) -> skia.Paint:
    """Paint of a nose before the far cheek: solid at the ``tip``, gone at ``inner`` (picture x)."""
    way = 1.0 if tip > inner else -1.0
    lit = 0.8 * way * sketch.light.x
    tone = mix(sketch.skin, _light(sketch) if lit > 0 else _dark(sketch), 0.5 * abs(lit))
    paint = linear((tip, 0), (inner, 0), (tone, tone, tone), (1, 1, 0))
    paint.setDither(True)
    return paint


# The mesh

SMOOTHINGS = 4
OUTGROWN = 1.04


def _lit(sketch: Sketch) -> Array:
    """Light on the rings' corners, (rings, columns), -1 to 1 where 0 is the flat color."""
    grid = sketch.head.grid
    across, down = np.gradient(grid, axis=1), np.gradient(grid, axis=0)
    normal = np.cross(across, down) @ sketch.head.rotation.T
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    light = np.array([sketch.light.x, sketch.light.y * 0.6, FRONT_LIGHT])
    lit = normal @ (light / np.linalg.norm(light))
    # Lips and chin are rings all round: without this they would furrow the cheeks.
    for _ in range(SMOOTHINGS):
        lit[1:-1] = 0.25 * lit[:-2] + 0.5 * lit[1:-1] + 0.25 * lit[2:]
    return np.clip((lit - 0.62) / 0.5, -1.2, 0.76)


@lru_cache(maxsize=4)
def _triangles(rows: int, columns: int) -> Array:
    """Corners of a grid's triangles, (2 * (rows - 1) * (columns - 1), 3)."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    square = np.array([0, 1, columns, 1, columns + 1, columns])
    return (first + square).reshape(-1, 3)


def _mesh(sketch: Sketch, lit: Array, strength: float) -> None:
    """The modelled head: shadow and light over the flat color.

    Every second ring does, a little enlarged, so that no edge of the face stays bare.
    """
    lit = lit[::2]
    dark, light = np.array(_dark(sketch)), np.array(_light(sketch))
    share = np.clip(np.abs(lit) * strength * np.where(lit < 0, 0.95, 0.75), 0, 1)
    color = np.where((lit < 0)[..., None], dark, light).reshape(-1, 3).astype(np.int64)
    alpha = np.rint(255 * share).astype(np.int64).ravel()
    packed = alpha << 24 | color[:, 0] << 16 | color[:, 1] << 8 | color[:, 2]
    flat = sketch.head.flat[::2].reshape(-1, 2)
    middle = flat.mean(0)
    flat = middle + OUTGROWN * (flat - middle)
    corners = _triangles(*lit.shape)
    a, b, c = (flat[corners[:, i]] for i in range(3))
    (abx, aby), (acx, acy) = (b - a).T, (c - a).T
    front = abx * acy > aby * acx
    vertices = skia.Vertices(
        skia.Vertices.kTriangles_VertexMode,
        [skia.Point(x, y) for x, y in flat.tolist()],
        colors=packed.tolist(),
        indices=corners[front].ravel().tolist(),
    )
    sketch.painter.canvas.drawVertices(vertices, skia.Paint(), skia.BlendMode.kDst)


# Soft skin


def _gradient(sketch: Sketch) -> None:
    """One even run of color from the lit side to the other, and a darker rim."""
    box = sketch.head.contour
    (left, _), (right, low) = box.min(0).tolist(), box.max(0).tolist()
    x, y, half = (left + right) / 2, 0.0, 0.75 * max(right - left, 0.4)
    lx, ly = sketch.light.x * half, sketch.light.y * half
    share = 0.25 + 0.45 * sketch.style.relief
    dark, light = _dark(sketch), _light(sketch)
    colors, alphas = (light, light, dark, dark), (0.35, 0, 0, share)
    across = linear((x + lx, y + ly), (x - lx, y - ly), colors, alphas, (0, 0.4, 0.45, 1))
    down = linear((x, 0.28), (x, low), (dark, dark), (0, 0.8 * share))
    for paint in (across, down):
        paint.setDither(True)
        sketch.painter.canvas.drawPaint(paint)


def _spots(sketch: Sketch, strength: float, fringe: bool) -> list[Spot]:
    """Sockets, nose, lips, cheeks and chin as soft spots."""
    s = sketch.style
    dark, warm, light = _dark(sketch), warm_tone(sketch), _light(sketch)
    shine, out = mix(light, WHITE, 0.6), s.nose_out
    small = s.eye in SOLID_EYES
    eye, gap = max(s.eye_size, 0.05), s.eye_gap * s.width
    shade = -sketch.light.side
    red = 0.15 + 0.55 * s.warmth
    cheek = (s.eye_y + s.mouth_y) / 2
    spots = [
        Spot(0, s.nose_y + 0.006, 1.5 * s.nose_width, 0.03, dark, 0.6 * strength,
             0.4 * out),
        Spot(0, s.nose_y - 0.02, 0.045, 0.04, warm, 0.6 * red, 0.6 * out),
        Spot(0, s.mouth_y + 0.04 + 0.02 * s.lips, 0.75 * s.mouth_width, 0.022, dark,
             0.55 * strength),
        Spot(0, 0.45, 0.07, 0.03, light, 0.5 * strength),
    ]  # fmt: skip
    for side in (-1, 1):
        away = 1.0 if side == shade else 0.55
        spots += [
            Spot(side * 0.62 * s.width, cheek, 0.15, 0.09, warm, 0.75 * red),
            Spot(side * 0.72 * s.width, s.mouth_y, 0.09, 0.13, dark, 0.4 * strength * away),
        ]
        if small:
            continue
        spots += [
            Spot(side * (gap - 0.55 * eye), s.eye_y - 0.75 * eye * s.eye_open, 0.9 * eye, 0.05,
                 dark, 0.65 * strength * away),
            Spot(side * gap, s.eye_y - 0.5 * eye * s.eye_open, 1.6 * eye, 0.07, warm, 0.7 * red),
            Spot(side * gap, s.eye_y + 0.75 * eye * s.eye_open, 1.2 * eye, 0.035, warm, 0.5 * red),
            Spot(side * s.nose_width, 0.5 * (s.eye_y + s.nose_y), 0.025, 0.09, dark,
                 0.55 * strength * away),
        ]  # fmt: skip
    spots.append(Spot(-shade * 0.5 * s.width, s.eye_y + 0.13, 0.07, 0.045, light, 0.7 * strength))
    if not small:
        spots += [
            Spot(
                0, 0.45 * s.eye_y + 0.55 * s.nose_y, 0.013, 0.09, light, 0.8 * strength, 0.5 * out
            ),
            Spot(-shade * 0.004, s.nose_y - 0.03, 0.012, 0.02, shine, 0.5 * s.detail, 0.9 * out),
        ]
    if fringe:
        spots.append(Spot(0, -0.3, 1.15 * s.width, 0.3, dark, 0.75 * strength))
    return spots


RIM_FROM = 0.6
"""Styles with more `rim` than this light the edge of the face."""


def _rim(sketch: Sketch) -> None:
    """Light that catches the edge: on the lit side white, behind the shadow warm."""
    head = sketch.head
    lit, far = head.contour[:15], head.contour[18:]
    if sketch.light.x > 0:
        lit, far = far, lit
    amount = (sketch.style.rim - RIM_FROM) / (1 - RIM_FROM)
    rows = ((lit, _light(sketch), 0.5 + 0.4 * amount), (far, warm_tone(sketch), 0.3 + 0.3 * amount))
    for line, color, alpha in rows:
        path = smooth(line)
        for wide, share in ((0.036, 0.4), (0.014, 0.8)):
            sketch.painter.canvas.drawPath(path, pen(color, wide, alpha * share))


# Brush strokes

STROKES = 46
_LENGTH = (0.05, 0.15)
_BROAD = (0.02, 0.055)


def _strokes(sketch: Sketch, lit: Array, strength: float) -> None:
    """Dabs of a flat brush, each in the color of its place, a little off."""
    rng, head = sketch.rng, sketch.head
    rows = rng.integers(3, lit.shape[0] - 1, STROKES)
    columns = rng.integers(1, lit.shape[1] - 1, STROKES)
    tone = lit[rows, columns] * strength + rng.normal(0, 0.16, STROKES)
    start = head.flat[rows, columns] + rng.normal(0, 0.012, (STROKES, 2))
    slope = rng.normal(math.atan2(1.0, -0.7 * sketch.light.x), 0.45, STROKES)
    reach = rng.uniform(*_LENGTH, STROKES)[:, None]
    half = 0.5 * reach * np.stack([np.cos(slope), np.sin(slope)], axis=1)
    broad = rng.uniform(*_BROAD, STROKES).tolist()
    dark, light = _dark(sketch), _light(sketch)
    canvas = sketch.painter.canvas
    for level, (x, y), (dx, dy), wide in zip(tone.tolist(), start.tolist(), half.tolist(), broad):
        color = mix(sketch.skin, dark if level < 0 else light, min(abs(level), 1.0))
        paint = pen(color, wide, 0.38)
        paint.setStrokeCap(skia.Paint.kSquare_Cap)
        canvas.drawLine(x - dx, y - dy, x + dx, y + dy, paint)


# Hard shadows that follow the form

FORM_TURN = 35.0
"""Degrees of yaw from which the side in shadow is out of sight or all there is."""


def _form(sketch: Sketch, soft: bool) -> None:
    """Cel shadows as a trained hand cuts them: the far cheek, under brow, nose and lip."""
    color = sketch.shadow(sketch.skin, 1.0)
    path = skia.Path()
    _side_shadow(sketch, path)
    for points in _small_shadows(sketch):
        path.addPath(smooth(sketch.head.place(points, 0.004), closed=True))
    path.setFillType(skia.PathFillType.kWinding)
    canvas = sketch.painter.canvas
    if sketch.style.warmth > 0.55:
        # The red that skin shows where light ends.
        edge = pen(warm_tone(sketch), 0.018, 0.5)
        canvas.drawPath(path, edge)
    paint = solid(color, 0.95)
    if soft:
        reach = 0.008 + 0.02 * sketch.style.relief
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, reach))
    canvas.drawPath(path, paint)
    if sketch.style.fill == "cel2":
        path.reset()
        _side_shadow(sketch, path, 0.22)
        canvas.drawPath(path, solid(sketch.shadow(color, 0.7)))
    if sketch.style.rim > RIM_FROM:
        _lights(sketch)


def _side_shadow(sketch: Sketch, path: skia.Path, inward: float = 0.0) -> None:
    """The far side: in at the socket, out over the cheekbone, in under it, round the chin."""
    s, head = sketch.style, sketch.head
    side = -sketch.light.side
    if side * head.pose.yaw > FORM_TURN:
        return
    eye, mouth = s.eye_y, s.mouth_y
    bone = 0.12 * s.relief
    rows = np.array(
        [[0.62, -0.36], [0.66, -0.2], [0.68, eye - 0.1], [0.80, eye - 0.02],
         [0.80 + bone, eye + 0.06], [0.70, eye + 0.14], [0.52, mouth - 0.06],
         [0.60 + bone, mouth + 0.02], [0.50, mouth + 0.09], [0.20, 0.47]]
    )  # fmt: skip
    level = np.interp(rows[:, 1], head.ring_y, head.ring_w)
    share = rows[:, 0] + inward + 0.1 * (s.warmth - 0.5)
    points = np.stack([side * np.minimum(share, 0.97) * level, rows[:, 1]], axis=1)
    edge = head.place(points)
    path.addPath(smooth(edge))
    for x, y in ((edge[-1, 0], 1.0), (side * 2.0, 1.0), (side * 2.0, -1.0), (edge[0, 0], -1.0)):
        path.lineTo(float(x), float(y))
    path.close()


def _small_shadows(sketch: Sketch) -> list[Array]:
    """Under the nose and the lip, and between brow and eye, in the frontal drawing."""
    s = sketch.style
    side = -sketch.light.side
    n, m = s.nose_width, s.mouth_width
    low = s.mouth_y + 0.035 + 0.02 * s.lips
    shapes = [
        np.array([[-0.4 * n, s.nose_y], [side * 1.1 * n, s.nose_y - 0.012],
                  [side * 0.8 * n, s.nose_y + 0.012], [0, s.nose_y + 0.026]]),
        np.array([[-0.5 * m, low], [0, low + 0.006], [0.5 * m, low], [0, low + 0.016]]),
    ]  # fmt: skip
    if s.eye in SOLID_EYES:
        return shapes
    eye, gap = max(s.eye_size, 0.05), s.eye_gap * s.width
    top = s.eye_y - 1.15 * eye * s.eye_open
    for way in (-1.0, 1.0):
        inner = way * (gap - 1.05 * eye)
        shapes.append(
            np.array([[inner, s.eye_y - 0.1 * eye], [inner * 0.72, top + 0.02],
                      [inner * 0.9, top - 0.35 * s.brow_gap], [way * gap, top - 0.1 * s.brow_gap],
                      [way * (gap + 0.9 * eye), top + 0.5 * eye * s.eye_open],
                      [way * gap, top + 0.25 * eye * s.eye_open]])
        )  # fmt: skip
    return shapes


def _lights(sketch: Sketch) -> None:
    """Cut highlights on nose and cheek."""
    s = sketch.style
    side = sketch.light.side
    x, y = side * 0.52 * s.width, s.eye_y + 0.13
    shapes = (
        np.array([[x - 0.035, y], [x, y - 0.014], [x + 0.035, y - 0.006], [x, y + 0.012]]),
        np.array([[0.004, s.nose_y - 0.045], [0.012, s.nose_y - 0.03], [0.003, s.nose_y - 0.02],
                  [-0.006, s.nose_y - 0.03]]),
    )  # fmt: skip
    paint = solid(_light(sketch), 0.9)
    for points in shapes:
        sketch.painter.canvas.drawPath(smooth(sketch.head.place(points, 0.01), closed=True), paint)

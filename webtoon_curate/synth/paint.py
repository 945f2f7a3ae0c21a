"""Two canvases that are drawn on as one: the picture, and the label of each of its pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import sqrt
from typing import Any

import cv2
import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label

Color = tuple[int, int, int]
"""sRGB, 0 to 255."""
WHITE: Color = (255, 255, 255)

INNER_TENSION = 1 / 3
"""Length of a spline's handles in segments; a third makes evenly spaced points a uniform cubic."""


def mix(first: Color, second: Color, share: float) -> Color:
    """Color between two: ``share`` 0 gives the first, 1 the second."""
    (a, b, c), (x, y, z) = first, second
    red, green = round(a + (x - a) * share), round(b + (y - b) * share)
    blue = round(c + (z - c) * share)
    if 0 <= red <= 255 and 0 <= green <= 255 and 0 <= blue <= 255:
        return (red, green, blue)
    return (min(max(red, 0), 255), min(max(green, 0), 255), min(max(blue, 0), 255))


def luminance(color: Color) -> int:
    """Grey of a color, 0 to 255 (Rec. 601)."""
    return round(0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2])


def argb(color: Color, alpha: float = 1.0) -> int:
    """Skia's packed form of a color; ``alpha`` 0 to 1."""
    return round(255 * alpha) << 24 | color[0] << 16 | color[1] << 8 | color[2]


def solid(color: Color, alpha: float = 1.0) -> skia.Paint:
    """Paint that fills evenly, anti-aliased."""
    return skia.Paint(AntiAlias=True, Color=argb(color, alpha))


def pen(color: Color, width: float, alpha: float = 1.0) -> skia.Paint:
    """Round pen of one width, in the units of the canvas's current matrix."""
    return skia.Paint(
        AntiAlias=True,
        Color=argb(color, alpha),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def linear(
    start: tuple[float, float],
    end: tuple[float, float],
    colors: Sequence[Color],
    alphas: Sequence[float] | None = None,
    stops: Sequence[float] | None = None,
) -> skia.Paint:
    """Paint with a gradient between two points; ``stops``, 0 to 1, are even when None."""
    packed = [argb(c, a) for c, a in zip(colors, alphas or [1.0] * len(colors))]
    shader = skia.GradientShader.MakeLinear([start, end], packed, stops)
    return skia.Paint(AntiAlias=True, Shader=shader)


def radial(
    center: tuple[float, float], radius: float, colors: Sequence[Color], alphas: Sequence[float]
) -> skia.Paint:
    """Paint with a round gradient, center first."""
    packed = [argb(c, a) for c, a in zip(colors, alphas)]
    shader = skia.GradientShader.MakeRadial(center=center, radius=radius, colors=packed)
    return skia.Paint(AntiAlias=True, Shader=shader)


def polygon(points: NDArray[Any], closed: bool = True) -> skia.Path:
    """Path of straight lines through (n, 2) points."""
    path = skia.Path()
    rows = points.tolist()
    path.moveTo(*rows[0])
    for row in rows[1:]:
        path.lineTo(*row)
    if closed:
        path.close()
    return path


Rows = list[list[float]]


def _curve_to(path: skia.Path, rows: Rows, before: list[float], after: list[float]) -> None:
    """Cubics through points, from the first on; neighbours beyond the ends set the tangents.

    Handles are no longer than the shorter neighbouring segment allows, so nothing overshoots.
    Plain numbers: for a dozen points this is four times as fast as arrays.
    """
    cubic = path.cubicTo
    (px, py), (x, y) = before, rows[0]
    dx, dy = x - px, y - py
    near = sqrt(dx * dx + dy * dy)
    out_x, out_y, first = x, y, True
    for nx, ny in (*rows[1:], after):
        dx, dy = nx - x, ny - y
        step = sqrt(dx * dx + dy * dy)
        tx, ty = nx - px, ny - py
        length = sqrt(tx * tx + ty * ty)
        limit = (near if near < step else step) or near or step
        scale = INNER_TENSION * limit / length if length > 1e-9 else 0.0
        tx, ty = tx * scale, ty * scale
        if first:
            first = False
        else:
            cubic(out_x, out_y, x - tx, y - ty, x, y)
        out_x, out_y = x + tx, y + ty
        px, py, x, y, near = x, y, nx, ny, step


def append_smooth(path: skia.Path, points: NDArray[Any] | Rows, start: bool = True) -> None:
    """Adds a smooth curve through (n, 2) points to a path, from where the path is or anew."""
    rows: Rows = points if isinstance(points, list) else points.tolist()
    if start:
        path.moveTo(*rows[0])
    else:
        path.lineTo(*rows[0])
    _curve_to(path, rows, rows[0], rows[-1])


def smooth(points: NDArray[Any] | Rows, closed: bool = False) -> skia.Path:
    """Smooth path through (n, 2) points, every point on the curve."""
    path = skia.Path()
    rows: Rows = points if isinstance(points, list) else points.tolist()
    path.moveTo(*rows[0])
    if closed:
        _curve_to(path, [*rows, rows[0]], rows[-1], rows[1])
        path.close()
    else:
        _curve_to(path, rows, rows[0], rows[-1])
    return path


def joined(*lines: NDArray[Any] | Rows) -> skia.Path:
    """Closed path along smooth lines, (n, 2) points each, with straight ones between them."""
    path = skia.Path()
    for index, line in enumerate(lines):
        append_smooth(path, line, start=index == 0)
    path.close()
    return path


def tapered(
    points: NDArray[Any], widths: NDArray[Any] | Sequence[float], shift: float = 0.0
) -> skia.Path:
    """Outline of a pen stroke whose width varies along (n, 2) points.

    ``shift`` moves the stroke off its line: 0 centers it, 1 puts it wholly on the left of the
    direction of travel (above, for a line drawn to the right), -1 on the other side.
    """
    rows = points.tolist()
    sizes = widths.tolist() if isinstance(widths, np.ndarray) else widths
    last = len(rows) - 1
    above, below = [], []
    for i, ((x, y), width) in enumerate(zip(rows, sizes)):
        px, py = rows[i - 1] if i else (x, y)
        nx, ny = rows[i + 1] if i < last else (x, y)
        dx, dy = nx - px, ny - py
        scale = 0.5 * width / (math.hypot(dx, dy) or 1.0)
        dx, dy = dx * scale, dy * scale
        up, down = 1 + shift, 1 - shift
        above.append([x + dy * up, y - dx * up])
        below.append([x - dy * down, y + dx * down])
    return joined(above, below[::-1])


class Painter:
    """A picture and its label map, drawn on together.

    The label canvas holds the label in its red and the instance in its green byte and is never
    anti-aliased, so every pixel has exactly one label. Everything is opaque there: what is drawn
    last owns the pixel. Paints may be of any skia kind; a stroke paint labels the stroke.

    ``instance`` (0 to 255) is written beside each label from when it is set: give each head on a
    page its number. With ``marks`` a list, drawing code adds the contours that carry landmarks
    as (name, path, matrix) for tests.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._pixels = np.full((height, width, 4), 255, dtype=np.uint8)
        self._surface = skia.Surface(self._pixels, colorType=skia.kRGBA_8888_ColorType)
        self.canvas: skia.Canvas = self._surface.getCanvas()
        self._keys = np.zeros((height, width, 4), dtype=np.uint8)
        self._key_surface = skia.Surface(self._keys, colorType=skia.kRGBA_8888_ColorType)
        self._key_canvas: skia.Canvas = self._key_surface.getCanvas()
        self.instance = 0
        self.marks: list[tuple[str, skia.Path, skia.Matrix]] | None = None
        self._key_paints: dict[tuple[int, int], skia.Paint] = {}

    def _key_paint(self, label: int) -> skia.Paint:
        key = (label, self.instance)
        paint = self._key_paints.get(key)
        if paint is None:
            paint = skia.Paint(AntiAlias=False, Color=skia.Color(label, self.instance, 0, 255))
            self._key_paints[key] = paint
        return paint

    def fill(self, path: skia.Path, paint: skia.Paint | None, label: Label | None = None) -> None:
        """Fills a path; with no paint only its label is drawn, with no label only its color."""
        if paint is not None:
            self.canvas.drawPath(path, paint)
        if label is not None:
            self._key_canvas.drawPath(path, self._key_paint(int(label)))

    def stroke(self, path: skia.Path, paint: skia.Paint, label: Label | None = None) -> None:
        """Draws along a path with a stroke paint (see `pen`), labelling as wide as the stroke."""
        self.canvas.drawPath(path, paint)
        if label is not None:
            key = skia.Paint(paint)
            key.setAntiAlias(False)
            key.setColor(skia.Color(int(label), self.instance, 0, 255))
            self._key_canvas.drawPath(path, key)

    def mark(self, name: str, *lines: NDArray[Any]) -> None:
        """Notes smooth lines, (n, 2) points each, that landmarks lie on, if `marks` is a list."""
        if self.marks is not None:
            matrix = self.canvas.getTotalMatrix()
            self.marks += [(name, smooth(points), matrix) for points in lines]

    @contextmanager
    def group(
        self, matrix: skia.Matrix | None = None, clip: skia.Path | None = None
    ) -> Iterator[None]:
        """Within it both canvases have the matrix applied and are clipped to the path."""
        self.save()
        if matrix is not None:
            self.concat(matrix)
        if clip is not None:
            self.clip(clip)
        try:
            yield
        finally:
            self.restore()

    @contextmanager
    def shading(self, clip: skia.Path) -> Iterator[None]:
        """Within it the picture alone is clipped to the path: for what has no label."""
        self.canvas.save()
        self.canvas.clipPath(clip, True)
        try:
            yield
        finally:
            self.canvas.restore()

    def save(self) -> None:
        """Saves matrix and clip of both canvases."""
        self.canvas.save()
        self._key_canvas.save()

    def restore(self) -> None:
        """Undoes matrix and clip back to the last `save`."""
        self.canvas.restore()
        self._key_canvas.restore()

    def concat(self, matrix: skia.Matrix) -> None:
        """Applies a matrix to what is drawn next."""
        self.canvas.concat(matrix)
        self._key_canvas.concat(matrix)

    def clip(self, path: skia.Path) -> None:
        """Keeps what is drawn next inside a path."""
        self.canvas.clipPath(path, True)
        self._key_canvas.clipPath(path, False)

    def rgb(self) -> NDArray[np.uint8]:
        """The picture so far, (height, width, 3) uint8, a copy."""
        return cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2RGB)

    def label_map(self) -> NDArray[np.uint8]:
        """The label of each pixel, (height, width) uint8, a copy."""
        return cv2.extractChannel(self._keys, 0)

    def key_views(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Labels and instances as (height, width) views of the canvas."""
        return self._keys[:, :, 0], self._keys[:, :, 1]

    def instance_map(self) -> NDArray[np.uint8]:
        """The instance that drew each pixel, (height, width) uint8, a copy; 0 where none."""
        return cv2.extractChannel(self._keys, 1)

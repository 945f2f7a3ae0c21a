"""Two canvases that are drawn on as one: the picture, and the label of each of its pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.labels import Label

Color = tuple[int, int, int]
"""sRGB, 0 to 255."""

INNER_TENSION = 1 / 3
"""Length of a spline's handles in segments; a third makes evenly spaced points a uniform cubic."""


def mix(first: Color, second: Color, share: float) -> Color:
    """Color between two: ``share`` 0 gives the first, 1 the second."""
    a, b, c = (round(p + (q - p) * share) for p, q in zip(first, second))
    return (min(max(a, 0), 255), min(max(b, 0), 255), min(max(c, 0), 255))


def shade(color: Color, factor: float) -> Color:
    """Color multiplied: below 1 darker, above 1 lighter (clipped)."""
    a, b, c = (min(round(p * factor), 255) for p in color)
    return (a, b, c)


def argb(color: Color, alpha: float = 1.0) -> int:
    """Skia's packed form of a color; ``alpha`` 0 to 1."""
    return skia.Color(*color, round(255 * alpha))


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
    start: tuple[float, float], end: tuple[float, float], colors: Sequence[Color]
) -> skia.Paint:
    """Paint with an even gradient between two points."""
    shader = skia.GradientShader.MakeLinear(points=[start, end], colors=[argb(c) for c in colors])
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


def _handles(points: NDArray[Any], closed: bool) -> NDArray[Any]:
    """Tangents at spline points, no longer than the shorter neighbour, so nothing overshoots."""
    if closed:
        before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    else:
        before = np.concatenate([points[:1], points[:-1]])
        after = np.concatenate([points[1:], points[-1:]])
    tangent = after - before
    length = np.hypot(tangent[:, 0], tangent[:, 1])
    step_in, step_out = points - before, after - points
    near_in = np.hypot(step_in[:, 0], step_in[:, 1])
    near_out = np.hypot(step_out[:, 0], step_out[:, 1])
    if not closed:
        near_in[0], near_out[-1] = near_out[0], near_in[-1]
    limit = np.minimum(near_in, near_out)
    return tangent * (limit / np.maximum(length, 1e-9))[:, None] * INNER_TENSION


def append_smooth(path: skia.Path, points: NDArray[Any], start: bool = True) -> None:
    """Adds a smooth curve through (n, 2) points to a path, from where the path is or anew."""
    handle = _handles(points, closed=False)
    first, second = (points + handle)[:-1], (points - handle)[1:]
    rows = np.concatenate([first, second, points[1:]], axis=1).tolist()
    if start:
        path.moveTo(float(points[0, 0]), float(points[0, 1]))
    else:
        path.lineTo(float(points[0, 0]), float(points[0, 1]))
    for row in rows:
        path.cubicTo(*row)


def smooth(points: NDArray[Any], closed: bool = False) -> skia.Path:
    """Smooth path through (n, 2) points, every point on the curve."""
    path = skia.Path()
    if not closed:
        append_smooth(path, points)
        return path
    handle = _handles(points, closed=True)
    following = np.roll(points, -1, 0)
    rows = np.concatenate(
        [points + handle, following - np.roll(handle, -1, 0), following], axis=1
    ).tolist()
    path.moveTo(float(points[0, 0]), float(points[0, 1]))
    for row in rows:
        path.cubicTo(*row)
    path.close()
    return path


def tapered(
    points: NDArray[Any], widths: NDArray[Any] | Sequence[float], shift: float = 0.0
) -> skia.Path:
    """Outline of a pen stroke whose width varies along (n, 2) points.

    ``shift`` moves the stroke off its line: 0 centers it, 1 puts it wholly on the left of the
    direction of travel (above, for a line drawn to the right), -1 on the other side.
    """
    ahead = np.gradient(points, axis=0)
    length = np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
    normal = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1) / length
    half = np.asarray(widths, dtype=np.float64)[:, None] * 0.5 * normal
    path = skia.Path()
    append_smooth(path, points + half * (1 + shift))
    append_smooth(path, (points - half * (1 - shift))[::-1], start=False)
    path.close()
    return path


class Painter:
    """A picture and its label map, drawn on together.

    The label canvas holds the label in its red and the instance in its green byte and is never
    anti-aliased, so every pixel has exactly one label. Everything is opaque there: what is drawn
    last owns the pixel. Paints may be of any skia kind; a stroke paint labels the stroke.

    ``instance`` (0 to 255) is written beside each label from when it is set: give each head on a
    page its number. With ``marks`` a list, drawing code adds the contours that carry landmarks
    as (name, path, matrix) for tests.
    """

    def __init__(self, width: int, height: int, labels: bool = True) -> None:
        self.width, self.height = width, height
        self._pixels = np.full((height, width, 4), 255, dtype=np.uint8)
        self._surface = skia.Surface(self._pixels, colorType=skia.kRGBA_8888_ColorType)
        self.canvas: skia.Canvas = self._surface.getCanvas()
        self.label_canvas: skia.Canvas | None = None
        self._keys = np.zeros((0, 0, 4), dtype=np.uint8)
        if labels:
            self._keys = np.zeros((height, width, 4), dtype=np.uint8)
            self._key_surface = skia.Surface(self._keys, colorType=skia.kRGBA_8888_ColorType)
            self.label_canvas = self._key_surface.getCanvas()
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
        if label is not None and self.label_canvas is not None:
            self.label_canvas.drawPath(path, self._key_paint(int(label)))

    def stroke(self, path: skia.Path, paint: skia.Paint, label: Label | None = None) -> None:
        """Draws along a path with a stroke paint (see `pen`), labelling as wide as the stroke."""
        self.canvas.drawPath(path, paint)
        if label is not None and self.label_canvas is not None:
            key = skia.Paint(paint)
            key.setAntiAlias(False)
            key.setColor(skia.Color(int(label), self.instance, 0, 255))
            self.label_canvas.drawPath(path, key)

    def mark(self, name: str, path: skia.Path) -> None:
        """Notes a contour that landmarks lie on, when `marks` asks for it."""
        if self.marks is not None:
            self.marks.append((name, path, self.canvas.getTotalMatrix()))

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

    def save(self) -> None:
        """Saves matrix and clip of both canvases."""
        self.canvas.save()
        if self.label_canvas is not None:
            self.label_canvas.save()

    def restore(self) -> None:
        """Undoes matrix and clip back to the last `save`."""
        self.canvas.restore()
        if self.label_canvas is not None:
            self.label_canvas.restore()

    def concat(self, matrix: skia.Matrix) -> None:
        """Applies a matrix to what is drawn next."""
        self.canvas.concat(matrix)
        if self.label_canvas is not None:
            self.label_canvas.concat(matrix)

    def clip(self, path: skia.Path) -> None:
        """Keeps what is drawn next inside a path."""
        self.canvas.clipPath(path, True)
        if self.label_canvas is not None:
            self.label_canvas.clipPath(path, False)

    def rgb(self) -> NDArray[np.uint8]:
        """The picture so far, (height, width, 3) uint8, a copy."""
        return np.ascontiguousarray(self._pixels[:, :, :3])

    def label_map(self) -> NDArray[np.uint8]:
        """The label of each pixel, (height, width) uint8, a copy; all 0 without labels."""
        if self.label_canvas is None:
            return np.zeros((self.height, self.width), dtype=np.uint8)
        return np.ascontiguousarray(self._keys[:, :, 0])

    def key_views(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Labels and instances as (height, width) views of the canvas; empty without labels."""
        return self._keys[:, :, 0], self._keys[:, :, 1]

    def instance_map(self) -> NDArray[np.uint8]:
        """The instance that drew each pixel, (height, width) uint8, a copy; 0 where none."""
        if self.label_canvas is None:
            return np.zeros((self.height, self.width), dtype=np.uint8)
        return np.ascontiguousarray(self._keys[:, :, 1])

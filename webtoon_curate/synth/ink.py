"""One hand for everything around the heads: how a title colours, shades and outlines its shapes.

A `Look` is the manner of a title; `Ink` draws paths in that manner on a `Painter`, so that bodies,
rooms and lamps of one page have one line weight, one way of shading and one light.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

import numpy as np
import skia

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, Painter, mix, pen, solid

FILLS = ("flat", "cel", "soft", "watercolor", "tone", "line", "pencil")
"""How shapes are filled; `line` leaves them white, `tone` shades with a dot screen."""


@dataclass(frozen=True)
class Look:
    """How everything but the heads is drawn.

    Attributes:
        line: pixels of a main outline; 0 draws without lines.
        line_color: sRGB of the outlines.
        fill: one of `FILLS`.
        grey: whether colours are turned to grey.
        shade: 0-1, how much darker the shadow side is.
        light: unit vector to the light, y down.
        warmth: -1 to 1, tint of the scene from blue to orange.
    """

    line: float = 2.2
    line_color: Color = (34, 28, 32)
    fill: str = "cel"
    grey: bool = False
    shade: float = 0.22
    light: tuple[float, float] = (-0.6, -0.8)
    warmth: float = 0.0

    def thinner(self, factor: float) -> Look:
        """The same look with lines `factor` times as wide, for what is small or far."""
        return replace(self, line=self.line * factor)


def hsv(hue: float, saturation: float, value: float) -> Color:
    """A colour from hue 0-1 (cyclic), saturation 0-1 and value 0-1."""
    parts = colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return tuple(round(255 * p) for p in parts)  # type: ignore[return-value]


def darker(color: Color, amount: float) -> Color:
    """Towards a cool dark, as cel shadows are painted; `amount` 0-1."""
    deep = (color[0] * 0.45, color[1] * 0.38, color[2] * 0.55)
    return tuple(round(p + (q - p) * amount) for p, q in zip(color, deep))  # type: ignore[return-value]


class Ink:
    """Draws paths on a painter in a look.

    Attributes:
        painter: where it draws.
        look: the manner.
        rng: for small irregularities (paper grain, broken strokes).
        label: the label that shapes get when the call names none; None leaves the label layer
            alone, which is right (and faster) for whatever is drawn before all figures.
    """

    def __init__(
        self, painter: Painter, look: Look, rng: np.random.Generator, label: Label | None = None
    ) -> None:
        self.painter, self.look, self.rng, self.label = painter, look, rng, label

    def tone(self, color: Color) -> Color:
        """The colour as this look uses it."""
        if self.look.warmth:
            target = (255, 190, 120) if self.look.warmth > 0 else (90, 120, 210)
            color = mix(color, target, 0.35 * abs(self.look.warmth))
        if self.look.grey or self.look.fill == "tone":
            grey = round(0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2])
            return (grey, grey, grey)
        return color

    def shape(
        self,
        path: skia.Path,
        color: Color,
        *,
        label: Label | None = None,
        line: float = 1.0,
        shade: float = 1.0,
        alpha: float = 1.0,
    ) -> None:
        """Fill, shade and outline a closed path.

        Args:
            path: the outline.
            color: its sRGB colour in white light.
            label: for the label layer; the ink's own when None.
            line: outline width in units of the look's line; 0 for none.
            shade: share of the look's shading, 0 for flat.
            alpha: opacity 0-1; the label layer counts any value as opaque.
        """
        label = self.label if label is None else label
        if self.look.fill == "line":
            color = mix(color, (255, 255, 255), 0.96) if sum(color) > 150 else (40, 38, 40)
        color = self.tone(color)
        self.painter.fill(path, self._ground(path, color, shade, alpha), label)
        if shade and alpha == 1 and self.look.fill in ("cel", "tone", "pencil"):
            self._shadow(path, color, shade)
        if line and self.look.line:
            self.stroke(path, line, label=label)

    def stroke(
        self,
        path: skia.Path,
        width: float = 1.0,
        color: Color | None = None,
        *,
        label: Label | None = None,
        alpha: float = 1.0,
    ) -> None:
        """A line in units of the look's line width (at least 0.6 px), in its colour."""
        thick = max(0.6, min(max(self.look.line, 0.8) * width, 14.0))
        paint = pen(self.tone(color or self.look.line_color), thick, alpha)
        self.painter.stroke(path, paint, self.label if label is None else label)

    def _ground(self, path: skia.Path, color: Color, shade: float, alpha: float) -> skia.Paint:
        paint = solid(color, alpha)
        soft = self.look.fill in ("soft", "watercolor")
        if not soft or not shade:
            return paint
        box = path.getBounds()
        amount = self.look.shade * shade
        lx, ly = self.look.light
        rx, ry = box.width() / 2 * lx, box.height() / 2 * ly
        ends = [
            skia.Point(box.centerX() + rx, box.centerY() + ry),
            skia.Point(box.centerX() - rx, box.centerY() - ry),
        ]
        colors = [mix(color, (255, 255, 255), amount * 0.3), color, darker(color, amount * 1.6)]
        paint.setShader(
            skia.GradientShader.MakeLinear(
                ends, [skia.Color(*c, round(255 * alpha)) for c in colors]
            )
        )
        if self.look.fill == "watercolor":
            grain = skia.PerlinNoiseShader.MakeFractalNoise(0.012, 0.012, 3, 7.0)
            wash = skia.ColorFilters.Matrix(_WASH)
            paint.setShader(
                skia.Shaders.Blend(
                    skia.BlendMode.kSoftLight, paint.getShader(), grain.makeWithColorFilter(wash)
                )
            )
        return paint

    def _shadow(self, path: skia.Path, color: Color, shade: float) -> None:
        """The side away from the light: the path less itself moved towards the light."""
        box = path.getBounds()
        reach = 0.16 * min(box.width(), box.height(), 300)
        if reach < 1.2:
            return
        lit = skia.Path(path)
        lit.offset(self.look.light[0] * reach, self.look.light[1] * reach)
        paint = solid(darker(color, min(1.0, 2 * self.look.shade * shade)))
        if self.look.fill == "tone":
            paint = solid((0, 0, 0))
            paint.setShader(dots(5.0, 0.36 * self.look.shade * shade * 2))
        elif self.look.fill == "pencil":
            paint = solid((0, 0, 0))
            paint.setShader(hatch(4.0))
        canvas = self.painter.canvas
        canvas.save()
        canvas.clipPath(path, True)
        canvas.clipPath(lit, skia.ClipOp.kDifference, True)
        canvas.drawPaint(paint)
        canvas.restore()


# Perlin noise spread to the full range around middle grey, opaque, so that soft light keeps hues.
_WASH = [
    1.4, 0, 0, 0, -0.2,
    1.4, 0, 0, 0, -0.2,
    1.4, 0, 0, 0, -0.2,
    0, 0, 0, 0, 1.0,
]  # fmt: skip


def dots(pitch: float, share: float, color: Color = (0, 0, 0)) -> skia.Shader:
    """A screen tone: dots on a 45° grid that cover about `share` (0-1) of the area."""
    recorder = skia.PictureRecorder()
    canvas = recorder.beginRecording(skia.Rect.MakeWH(pitch, pitch))
    radius = pitch * float(np.sqrt(max(share, 0.01) / 2 / np.pi))
    paint = solid(color)
    for x, y in ((0, 0), (pitch, 0), (0, pitch), (pitch, pitch), (pitch / 2, pitch / 2)):
        canvas.drawCircle(x, y, radius, paint)
    return _tiled(recorder, pitch)


def hatch(pitch: float, color: Color = (40, 38, 44)) -> skia.Shader:
    """Slanted pencil strokes."""
    recorder = skia.PictureRecorder()
    canvas = recorder.beginRecording(skia.Rect.MakeWH(pitch, pitch))
    stroke = pen(color, pitch * 0.22, 0.55)
    for shift in (-pitch, 0, pitch):
        canvas.drawLine(shift, pitch, shift + pitch, 0, stroke)
    return _tiled(recorder, pitch)


def _tiled(recorder: skia.PictureRecorder, pitch: float) -> skia.Shader:
    tile = skia.Rect.MakeWH(pitch, pitch)
    mode = skia.TileMode.kRepeat
    picture = recorder.finishRecordingAsPicture()
    return picture.makeShader(mode, mode, skia.FilterMode.kLinear, skia.Matrix.I(), tile)

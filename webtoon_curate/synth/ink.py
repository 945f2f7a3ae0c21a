"""One hand for everything around the heads: how a title colours, shades and outlines its shapes.

A `Look` is the manner of a title; `Ink` draws paths in that manner on a `Painter`, so that bodies,
rooms and lamps of one page have one line weight, one way of shading and one light.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, Painter, luminance, mix, pen, solid
from webtoon_curate.synth.people.style import GREY_FILLS, SOFT_FILLS, Style

INK: Color = (26, 22, 26)
PAPER_FROM = 185
"""Grey fills leave what is lighter than this white."""
SHADOW_TINT: Color = (110, 70, 130)
THINNEST = 0.5
"""Pixels below which a line does not show."""
LIGHTEST_LINE = 150
"""Grey that lines of black and white titles are never lighter than."""
_SHADOWED = frozenset({"cel", "cel2", "tone", "pencil"})


@dataclass(frozen=True)
class Look:
    """How everything but the heads is drawn, after the heads' `Style`.

    Attributes:
        line: pixels of a main outline.
        line_color: `black`, `brown`, `hue` (of the shape itself) or `none`.
        fill: a fill of `Style`.
        shade: 0-1, how much darker the shadow side is.
        tint: 0-1, share of purple in shadows.
        light: unit vector to the light, y down.
    """

    line: float = 2.2
    line_color: str = "black"
    fill: str = "cel"
    shade: float = 0.22
    tint: float = 0.3
    light: tuple[float, float] = (-0.5, -0.8)

    @classmethod
    def of(cls, style: Style, head: float, light: tuple[float, float] = (-0.5, -0.8)) -> Look:
        """The look that goes with heads of a style that are `head` px high."""
        return cls(
            line=max(style.line * head, style.pen, 0.7),
            line_color=style.line_color,
            fill=style.fill,
            shade=style.shade,
            tint=style.tint,
            light=light,
        )

    @property
    def grey(self) -> bool:
        """Whether the title is black and white."""
        return self.fill in GREY_FILLS

    def tone(self, color: Color, paper_from: int = PAPER_FROM) -> Color:
        """The colour as this look uses it."""
        if not self.grey:
            return color
        grey = luminance(color)
        if self.fill == "tone":
            return (255, 255, 255) if grey >= paper_from else (grey, grey, grey)
        return (34, 32, 36) if grey < 56 else (255, 255, 255)

    def ink(self, base: Color | None = None) -> Color:
        """The colour of lines around a surface of colour `base`."""
        if self.grey or self.line_color == "black" or base is None:
            return INK
        if self.line_color == "brown":
            return mix((84, 46, 38), (base[0] // 4, base[1] // 4, base[2] // 4), 0.4)
        return (int(base[0] * 0.46), int(base[1] * 0.36), int(base[2] * 0.4))

    def shadow(self, color: Color, depth: float = 1.0) -> Color:
        """The shadow tone of a colour."""
        return shadow_tone(color, self.shade * depth, self.tint, self.grey)


def shadow_tone(color: Color, amount: float, tint: float, grey: bool) -> Color:
    """A colour in shadow: darker by `amount` 0-1, with `tint` 0-1 of purple unless `grey`."""
    amount = min(amount, 0.9)
    if grey:
        return mix(color, (90, 90, 96), amount * 1.2)
    dark = mix(color, (color[0] // 3, color[1] // 4, color[2] // 3), amount * 1.5)
    return mix(dark, SHADOW_TINT, amount * 0.5 * tint)


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
        """The colour as the look uses it."""
        return self.look.tone(color)

    def shape(
        self,
        path: skia.Path,
        color: Color,
        *,
        label: Label | None = None,
        line: float = 1.0,
        shade: float = 1.0,
    ) -> None:
        """Fill, shade and outline a closed path.

        Args:
            path: the outline.
            color: its sRGB colour in white light.
            label: for the label layer; the ink's own when None.
            line: outline width in units of the look's line; 0 for none.
            shade: share of the look's shading, 0 for flat.
        """
        label = self.label if label is None else label
        color = self.tone(color)
        self.painter.fill(path, self._ground(path, color, shade), label)
        if shade and self.look.fill in _SHADOWED:
            self._shadow(path, color, shade)
        if line and self.look.line_color != "none":
            self.stroke(path, line, self.look.ink(color), label=label)

    def stroke(
        self,
        path: skia.Path,
        width: float = 1.0,
        color: Color | None = None,
        *,
        label: Label | None = None,
        alpha: float = 1.0,
    ) -> None:
        """A line in units of the look's line width (at least `THINNEST` px), black by default."""
        thick = max(self.look.line * width, THINNEST)
        color = self.look.ink() if color is None else color
        if self.look.grey:
            grey = min(sum(color) // 3, LIGHTEST_LINE)
            color = (grey, grey, grey)
        paint = pen(color, thick, alpha)
        self.painter.stroke(path, paint, self.label if label is None else label)

    def _ground(self, path: skia.Path, color: Color, shade: float) -> skia.Paint:
        paint = solid(color)
        if self.look.fill not in SOFT_FILLS or not shade:
            return paint
        box = path.getBounds()
        lx, ly = self.look.light
        rx, ry = box.width() / 2 * lx, box.height() / 2 * ly
        ends = [
            skia.Point(box.centerX() + rx, box.centerY() + ry),
            skia.Point(box.centerX() - rx, box.centerY() - ry),
        ]
        bright = mix(color, (255, 255, 255), self.look.shade * shade * 0.3)
        colors = [bright, color, self.look.shadow(color, shade)]
        paint.setShader(skia.GradientShader.MakeLinear(ends, [skia.Color(*c) for c in colors]))
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
        paint = solid(self.look.shadow(color, shade))
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
    0.8, 0, 0, 0, 0.1,
    0.8, 0, 0, 0, 0.1,
    0.8, 0, 0, 0, 0.1,
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

"""The hand that draws one head: its colors, its pen and its way to fill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.ink import INK, dots, hatch, shadow_tone
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import (
    WHITE,
    Color,
    Painter,
    joined,
    linear,
    luminance,
    mix,
    pen,
    smooth,
    solid,
    tapered,
)
from webtoon_curate.synth.people.character import SKIN_BANDS, Character
from webtoon_curate.synth.people.head import Head
from webtoon_curate.synth.people.poses import EXPRESSIONS, Expression
from webtoon_curate.synth.people.style import FINEST_PEN, GREY_FILLS, Style

Array = NDArray[Any]

GRAPHITE: Color = (74, 70, 74)
LOST_REACH = 0.45
"""How far from the middle of the head lines that light eats away vanish, in heads."""
SEARCHING = 0.006
"""How far the second of two pencil strokes strays from the first, in heads."""

SOLID_EYES = ("dot", "oval", "dash")
"""Eyes that are one dark shape; their color is the line's, not the character's."""

DARKEST_PENNED = 70
"""Luminance of the darkest skin in black and white styles; below it a face would be all ink."""

SOFT_LINE = 0.25
"""How far soft lines go towards the color they surround."""

TAPERED_FROM = 0.3
"""Styles with more taper than this draw lines as outlines of varying width."""


@dataclass(frozen=True)
class Light:
    """Where light comes from: a unit vector to it in the picture, and how strong shadows are."""

    x: float = -0.5
    y: float = -0.8
    contrast: float = 1.0

    @property
    def side(self) -> float:
        """1 for light from the picture's right, -1 from its left."""
        return 1.0 if self.x > 0 else -1.0


def penned(character: Character, style: Style) -> Character:
    """The character, with skin on which a black and white style can still draw a face."""
    if style.fill in GREY_FILLS and luminance(character.skin) < DARKEST_PENNED:
        return replace(character, skin=SKIN_BANDS["very dark"][0])
    return character


@cache
def _thinning(count: int) -> list[float]:
    """How much a tapering line has lost of its width at its points, 0 to 1."""
    return [abs(2 * i / (count - 1) - 1) ** 2.5 for i in range(count)]


class Sketch:
    """What all parts of one head share while it is drawn. Its methods take points in heads.

    Attributes:
        painter: drawn on, its matrix already set to heads.
        head: geometry.
        style: with the character's own proportions.
        mood: a name of `EXPRESSIONS`, and ``expression`` what it does.
        own: chances of the character; they fall alike in drawings that draw the same.
        skin, hair, left_iris, right_iris: colors as drawn before shading.
        pixel: heads in one pixel.
    """

    def __init__(
        self,
        painter: Painter,
        head: Head,
        style: Style,
        character: Character,
        light: Light,
        rng: np.random.Generator,
        pixel: float,
    ) -> None:
        self.painter, self.head, self.style, self.character = painter, head, style, character
        self.light, self.rng, self.pixel = light, rng, pixel
        self.mood = head.pose.expression
        self.expression: Expression = EXPRESSIONS[self.mood]
        self.own = np.random.default_rng(character.seed + 1)
        self.bare = style.fill in GREY_FILLS
        self.skin = self.tone(character.skin, paper_from=90)
        self.hair = self.tone(character.hair, paper_from=120)
        self.left_iris = self.tone(character.left_eye, paper_from=256)
        self.right_iris = self.tone(character.right_eye, paper_from=256)
        if style.eye in SOLID_EYES:
            self.left_iris = self.right_iris = self.lash

    @property
    def lash(self) -> Color:
        """Color of lid lines, lashes and eyes that are dots."""
        if self.bare or self.style.line_color == "black":
            return INK
        return mix(INK, self.ink(self.hair), 0.5)

    def tone(self, color: Color, paper_from: int = 170) -> Color:
        """A color as this fill shows it.

        Grey fills leave what is lighter than ``paper_from`` white; line art does with everything
        but the darkest.
        """
        if not self.bare:
            return color
        grey = luminance(color)
        if self.style.fill == "tone":
            return WHITE if grey >= paper_from else (grey, grey, grey)
        if grey < 60 and self.style.detail > 0.5 and self.style.fill == "lineart":
            return (30, 30, 34)
        return WHITE

    def shadow(self, color: Color, depth: float = 1.0) -> Color:
        """The shadow tone of a color: darker, a little tinted."""
        amount = self.style.shade * depth * self.light.contrast
        return shadow_tone(color, amount, self.style.tint, self.bare)

    def shade(self, path: skia.Path, color: Color, depth: float = 1.0) -> None:
        """Puts an area of a surface of a color into shadow, as the fill does it."""
        fill = self.style.fill
        if fill == "tone":
            paint = skia.Paint(
                AntiAlias=True, Shader=dots(4.2 * self.pixel, min(0.22 * depth, 0.5), INK)
            )
        elif fill in ("pencil", "lineart"):
            paint = skia.Paint(AntiAlias=True, Shader=hatch(5.0 * self.pixel, (70, 66, 70)))
        else:
            strong = 0.9 if fill.startswith("cel") else 0.5
            paint = solid(self.shadow(color, depth), strong)
        self.painter.fill(path, paint)

    def ink(self, base: Color | None = None) -> Color:
        """The color of lines around a surface of color ``base``."""
        kind = self.style.line_color
        if self.style.fill == "pencil":
            return GRAPHITE
        if self.bare or kind == "black" or base is None:
            return INK if kind != "brown" or self.bare else (70, 42, 36)
        if kind == "brown":
            return mix((84, 46, 38), (base[0] // 4, base[1] // 4, base[2] // 4), 0.4)
        dark = (int(base[0] * 0.5), int(base[1] * 0.36), int(base[2] * 0.36))
        if kind == "soft":
            return mix(dark, base, SOFT_LINE)
        return mix(dark, INK, 0.15)

    @property
    def outlined(self) -> bool:
        """Whether shapes have outlines; features are drawn with lines always."""
        return self.style.line_color != "none"

    def pen_width(self, width: float = 1.0) -> float:
        """Width of a line in heads, never thinner than shows."""
        least = max(self.style.pen * min(width, 1.0), FINEST_PEN)
        return max(self.style.line * width, least * self.pixel)

    def line(
        self,
        points: Array,
        width: float = 1.0,
        color: Color | None = None,
        label: Label | None = None,
        alpha: float = 1.0,
    ) -> None:
        """A pen line through (n, 2) points, tapered where the style tapers."""
        own, color = color is None, self.ink(self.skin) if color is None else color
        size = self.pen_width(width)

        def lost(paint: skia.Paint) -> skia.Paint:
            return self.lost(paint, color, alpha) if own else paint

        if self.style.taper > TAPERED_FROM and len(points) > 2:
            widths = [size * (1.25 - self.style.taper * share) for share in _thinning(len(points))]
            self.painter.fill(tapered(points, widths), lost(solid(color, alpha)), label)
        else:
            self.painter.stroke(smooth(points), lost(pen(color, size, alpha)), label)
        if self.style.fill == "pencil":
            shaky = points + self.rng.normal(0, SEARCHING, points.shape)
            self.painter.stroke(smooth(shaky), pen(color, size * 0.6, 0.5))

    def lost(self, paint: skia.Paint, color: Color, alpha: float = 1.0) -> skia.Paint:
        """The paint of a line, which vanishes towards the light in styles that lose edges."""
        if self.style.stroke == "lost":
            x, y = LOST_REACH * self.light.x, LOST_REACH * self.light.y
            alphas = (0, 0.2 * alpha, alpha)
            faint = linear((x, y), (-x, -y), (color, color, color), alphas, (0.1, 0.4, 0.65))
            paint.setShader(faint.getShader())
        return paint

    def outline(self, path: skia.Path, base: Color, width: float = 1.0) -> None:
        """The line around a shape of color ``base``, in styles that have one."""
        if not self.outlined:
            return
        paint = self.lost(pen(self.ink(base), self.pen_width(width)), self.ink(base))
        if self.style.stroke == "broken":
            paint.setPathEffect(skia.DashPathEffect.Make([0.34, 0.03, 0.16, 0.05], 0.1))
        self.painter.stroke(path, paint)
        if self.style.fill == "pencil":
            again = skia.Path(path)
            again.offset(*self.rng.normal(0, SEARCHING, 2).tolist())
            self.painter.stroke(again, pen(self.ink(base), self.pen_width(0.6 * width), 0.55))

    def place(self, points: Any, lift: float = 0.012) -> Array:
        """(n, 2) points of the frontal drawing, ``lift`` over the skin, on the turned head."""
        return self.head.place(np.asarray(points, dtype=np.float64), lift)

    def blob(
        self,
        points: Array,
        color: Color,
        label: Label | None,
        line: float = 1.0,
        alpha: float = 1.0,
    ) -> None:
        """A closed smooth shape, filled and outlined."""
        path = smooth(points, closed=True)
        self.painter.fill(path, solid(color, alpha), label)
        self.outline(path, color, line)


def warm_tone(sketch: Sketch) -> Color:
    """Skin with blood close under it."""
    red, green, blue = sketch.skin
    return (min(int(red * 0.98) + 4, 255), int(green * 0.66), int(blue * 0.62))


def affine(matrix: Array, origin: Array) -> skia.Matrix:
    """Skia's form of a (2, 2) matrix followed by a shift."""
    (a, b), (c, d) = matrix.tolist()
    return skia.Matrix.MakeAll(a, b, float(origin[0]), c, d, float(origin[1]), 0, 0, 1)


def beyond(path: skia.Path, dx: float, dy: float) -> skia.Path:
    """Everything but a path moved by (dx, dy), in heads: its shadow, where that is to the light."""
    moved = skia.Path(path)
    moved.offset(dx, dy)
    area = skia.Path.Rect(skia.Rect.MakeLTRB(-2, -2, 2, 2))
    area.addPath(moved)
    area.setFillType(skia.PathFillType.kEvenOdd)
    return area


def between_curves(first: Array, second: Array) -> skia.Path:
    """The area between two smooth curves that run side by side, (n, 2) and (m, 2)."""
    return joined(first, second[::-1])


def bezier(p0: Array, p1: Array, p2: Array, p3: Array, at: Array) -> Array:
    """Points of a cubic curve at parameters (n,) from 0 to 1."""
    t = at[:, None]
    u = 1 - t
    return u**3 * p0 + 3 * u * u * t * p1 + 3 * u * t * t * p2 + t**3 * p3

"""Backgrounds that are feelings: gradients, speed lines, flowers, sparkles, tones and textures.

All fill a panel of `width` x `height` pixels from its top-left corner.
"""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.grounds.grounds import GROUNDS
from webtoon_curate.synth.ink import Ink, dots, hatch, hsv
from webtoon_curate.synth.paint import WHITE, Color, argb, linear, mix, radial, solid
from webtoon_curate.synth.things.things import flower

MOODS = (
    "plain", "gradient", "focus", "speed", "flowers", "sparkles", "bokeh", "tone", "gloom",
    "pattern", "texture", "burst", "radial", *GROUNDS, "photo",
)  # fmt: skip
"""All are as common, but photographs, which are among `GROUNDS` too, come twice as often."""


def draw_mood(
    ink: Ink, rng: np.random.Generator, kind: str, width: float, height: float, hue: float
) -> None:
    """Fill a panel with one of `MOODS`, in colours around `hue` (0-1)."""
    first = ink.tone(hsv(hue, rng.uniform(0.05, 0.6), rng.uniform(0.5, 1.0)))
    second = ink.tone(hsv(hue + rng.uniform(-0.15, 0.15), rng.uniform(0, 0.5), rng.uniform(0.6, 1)))
    if ink.look.fill in ("lineart", "pencil"):
        first, second = WHITE, WHITE
    _Mood(ink, rng, width, height, first, second).draw(kind)


class _Mood:
    """A panel's ground while it is drawn: two colours, and the shorter side as its `scale`."""

    def __init__(
        self,
        ink: Ink,
        rng: np.random.Generator,
        width: float,
        height: float,
        first: Color,
        second: Color,
    ) -> None:
        self.ink, self.rng, self.canvas = ink, rng, ink.painter.canvas
        self.width, self.height, self.scale = width, height, min(width, height)
        self.first, self.second = first, second

    def draw(self, kind: str) -> None:
        if kind == "plain":
            self.canvas.drawColor(argb(mix(self.first, WHITE, self.rng.uniform(0, 0.9))))
            return
        self._gradient()
        if kind in GROUNDS:
            size = self.width, self.height
            GROUNDS[kind](self.ink, self.rng, *size, self.first, self.second)
        elif kind != "gradient":
            getattr(self, f"_{kind}")()

    def _gradient(self) -> None:
        slope = self.rng.uniform(-0.6, 0.6) * self.width
        colors = [self.first, self.second]
        if self.rng.random() < 0.4:
            colors.append(mix(self.first, WHITE, 0.7))
        start, end = (self.width / 2 + slope, 0), (self.width / 2 - slope, self.height)
        self.canvas.drawPaint(linear(start, end, colors))

    def _point(self) -> tuple[float, float]:
        return float(self.rng.uniform(0, self.width)), float(self.rng.uniform(0, self.height))

    def _focus(self) -> None:
        """Lines that run to the middle from all sides."""
        cx = self.width * self.rng.uniform(0.35, 0.65)
        cy = self.height * self.rng.uniform(0.35, 0.65)
        dark = self.rng.random() < 0.65
        reach = math.hypot(self.width, self.height)
        path = skia.Path()
        for _ in range(int(self.rng.integers(70, 200))):
            angle = self.rng.uniform(0, 2 * math.pi)
            inner = self.scale * self.rng.uniform(0.42, 0.7)
            half = self.rng.uniform(0.002, 0.014)
            path.moveTo(cx + inner * math.cos(angle), cy + inner * math.sin(angle))
            for side in (-half, half):
                x, y = math.cos(angle + side), math.sin(angle + side)
                path.lineTo(cx + reach * x, cy + reach * y)
            path.close()
        self.canvas.drawPath(path, solid((14, 12, 16) if dark else WHITE, 0.9))

    def _speed(self) -> None:
        """Parallel lines of motion."""
        upright = self.rng.random() < 0.25
        color = WHITE if self.rng.random() < 0.5 else (20, 18, 24)
        long, across = (self.height, self.width) if upright else (self.width, self.height)
        for _ in range(int(self.rng.integers(40, 110))):
            at, start = self.rng.uniform(0, across), self.rng.uniform(-0.5, 0.9) * long
            end, thick = start + self.rng.uniform(0.3, 1.0) * long, self.rng.uniform(0.5, 5)
            corners = [
                (start, at),
                (end, at - thick / 2),
                (end + thick * 3, at),
                (end, at + thick / 2),
            ]
            path = shapes.polygon([(y, x) for x, y in corners] if upright else corners)
            self.canvas.drawPath(path, solid(color, self.rng.uniform(0.3, 0.9)))

    def _flowers(self) -> None:
        hue = self.rng.choice([0.93, 0.98, 0.13, 0.75, 0.6])
        for _ in range(int(self.rng.integers(8, 22))):
            x, y = self._point()
            size = self.scale * self.rng.uniform(0.04, 0.15)
            petal = mix(self.ink.tone(hsv(hue, 0.35, 1.0)), WHITE, self.rng.uniform(0, 0.6))
            petals = int(self.rng.integers(5, 8))
            flower(self.ink, x, y, size, petal, petals, self.rng.uniform(0, 6))

    def _sparkles(self) -> None:
        for _ in range(int(self.rng.integers(15, 60))):
            x, y = self._point()
            size = self.scale * 0.08 * self.rng.uniform(0.15, 1) ** 2 + 3
            twinkle = shapes.star(x, y, size, size * 0.16, 4, math.pi / 2)
            self.canvas.drawPath(twinkle, solid(WHITE, self.rng.uniform(0.5, 1)))

    def _bokeh(self) -> None:
        for _ in range(int(self.rng.integers(12, 40))):
            x, y = self._point()
            spot = shapes.ellipse(x, y, self.scale * self.rng.uniform(0.02, 0.14))
            self.canvas.drawPath(spot, solid(WHITE, self.rng.uniform(0.08, 0.35)))

    def _tone(self) -> None:
        """A screen tone, often fading from the top."""
        ground = WHITE if self.rng.random() < 0.5 else mix(self.first, WHITE, 0.5)
        self.canvas.drawColor(argb(ground))
        screen = dots(self.rng.uniform(4, 9), self.rng.uniform(0.08, 0.4))
        self.canvas.drawPaint(skia.Paint(AntiAlias=True, Shader=screen))
        if self.rng.random() < 0.5:
            end = (0, self.height * self.rng.uniform(0.5, 1))
            self.canvas.drawPaint(linear((0, 0), end, (WHITE, WHITE), (1.0, 0.0)))

    def _gloom(self) -> None:
        """Darkness from above, with lines that hang down."""
        dark = (16, 14, 26)
        low = self.height * self.rng.uniform(0.5, 1.1)
        self.canvas.drawPaint(linear((0, 0), (0, low), (dark, dark), (0.95, 0.1)))
        for _ in range(int(self.rng.integers(0, 60))):
            x = self.rng.uniform(0, self.width)
            line = shapes.rect(x, 0, self.rng.uniform(0.6, 2), low * self.rng.uniform(0.3, 1))
            self.canvas.drawPath(line, solid((0, 0, 0), 0.6))

    def _pattern(self) -> None:
        """Checks, stripes, hearts or polka dots; each other row is moved by half a step."""
        kind, step = self.rng.integers(4), self.scale * self.rng.uniform(0.06, 0.16)
        color = solid(mix(self.first, WHITE, 0.45), 0.8)
        rows, columns = int(self.height / step) + 2, int(self.width / step) + 2
        for row in range(rows):
            if kind == 1:
                self.canvas.drawPath(shapes.rect(0, row * step, self.width, step / 2), color)
                continue
            for column in range(columns):
                x, y = (column + (row % 2) / 2) * step, row * step
                if kind == 0:
                    self.canvas.drawPath(shapes.rect(x, y, step / 2, step), color)
                elif kind == 2:
                    self.canvas.drawPath(shapes.heart(x, y, step * 0.5), color)
                else:
                    self.canvas.drawPath(shapes.ellipse(x, y, step * 0.22), color)

    def _texture(self) -> None:
        """Blotches of watercolour or the grain of paper."""
        pitch = float(self.rng.uniform(0.002, 0.02))
        seed = float(self.rng.integers(1000))
        noise = skia.PerlinNoiseShader.MakeFractalNoise(pitch, pitch, 4, seed)
        grey = skia.ColorFilters.Matrix(
            [1.6, 0, 0, 0, -0.3, 1.6, 0, 0, 0, -0.3, 1.6, 0, 0, 0, -0.3, 0, 0, 0, 0, 1]
        )
        paint = skia.Paint(
            Shader=noise.makeWithColorFilter(grey), BlendMode=skia.BlendMode.kSoftLight
        )
        paint.setAlphaf(0.8)
        self.canvas.drawPaint(paint)
        if self.rng.random() < 0.3:
            hatching = skia.Paint(AntiAlias=True, Shader=hatch(float(self.rng.uniform(5, 12))))
            self.canvas.drawPaint(hatching)

    def _burst(self) -> None:
        """Rays of two colours from the middle."""
        cx, cy = self.width / 2, self.height * self.rng.uniform(0.4, 0.7)
        reach, rays = math.hypot(self.width, self.height), int(self.rng.integers(10, 26))
        for i in range(rays):
            turns = 2 * math.pi * i / rays, 2 * math.pi * (i + 0.5) / rays
            ends = [(cx + reach * math.cos(t), cy + reach * math.sin(t)) for t in turns]
            ray = shapes.polygon([(cx, cy), *ends])
            self.canvas.drawPath(ray, solid(mix(self.first, WHITE, 0.5), 0.9))

    def _radial(self) -> None:
        """A glow behind the figure, or a vignette."""
        inner, outer = (
            (WHITE, self.first) if self.rng.random() < 0.6 else (self.second, (16, 14, 30))
        )
        radius = math.hypot(self.width, self.height) * self.rng.uniform(0.45, 0.7)
        middle = (self.width / 2, self.height / 2)
        self.canvas.drawPaint(radial(middle, radius, (inner, outer), (1.0, 1.0)))

"""What flies before a whole panel: sparkles, petals, snow, rain, light and sparks, speed lines.

Whatever hides what is behind it is labelled `OCCLUDER`, or as the ink labels; thin or clear things
label nothing.
"""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import WHITE, Color, mix, pen, radial, solid
from webtoon_curate.synth.shapes import Point
from webtoon_curate.synth.things.strikes import SHARES, STRIKES, Drawn

EFFECTS = {
    "none": 0.72, "sparkles": 0.04, "petals": 0.03, "snow": 0.02, "rain": 0.02, "bokeh": 0.03,
    "speed": 0.02, "embers": 0.012, "rays": 0.018, "glows": 0.018, "mist": 0.012,
    **SHARES,
}  # fmt: skip
"""Kinds, and their shares of panels."""


def draw_effect(ink: Ink, rng: np.random.Generator, name: str, width: float, height: float) -> None:
    """Draw one of `EFFECTS` over a panel of the given size, pixels."""
    if name != "none":
        _DRAWN[name](ink, rng, width, height)


def _sparkles(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    for _ in range(int(rng.integers(8, 26))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = min(width, height) * rng.uniform(0.01, 0.035)
        path = shapes.star(x, y, size, size * 0.16, 4, math.pi / 2)
        ink.painter.fill(path, solid(WHITE, 0.9), Label.OCCLUDER)


def _petals(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    for _ in range(int(rng.integers(8, 26))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = min(width, height) * rng.uniform(0.01, 0.035)
        path = shapes.blob(rng, x, y, size, size * 0.6, 5, 0.25)
        ink.shape(path, (250, 190, 206), line=0.4)


def _snow(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    for _ in range(int(rng.integers(20, 70))):
        size = min(width, height) * 0.004 * math.exp(rng.normal(0.2, 0.6))
        path = shapes.ellipse(rng.uniform(0, width), rng.uniform(0, height), size)
        ink.painter.fill(path, solid(WHITE, 0.95), Label.OCCLUDER)


def _rain(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    slant = rng.uniform(-0.3, 0.3)
    paint = pen(_light(ink, (240, 246, 255)), rng.uniform(0.8, 1.8), 0.55)
    for _ in range(int(rng.integers(30, 110))):
        x, y, long = rng.uniform(0, width), rng.uniform(-40, height), rng.uniform(15, 90)
        path = shapes.polygon([(x, y), (x + slant * long, y + long)], closed=False)
        ink.painter.stroke(path, paint)


def _bokeh(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    light = _light(ink, mix(hsv(rng.uniform(), 0.5, 1.0), WHITE, rng.uniform(0.2, 0.9)))
    for _ in range(int(rng.integers(6, 22))):
        size = min(width, height) * rng.uniform(0.015, 0.1)
        path = shapes.ellipse(rng.uniform(0, width), rng.uniform(0, height), size)
        ink.painter.fill(path, solid(light, rng.uniform(0.08, 0.4)))


def _speed(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Wedges from the border towards a middle that stays free, or level streaks."""
    color = (20, 18, 22) if rng.random() < 0.6 else WHITE
    level = rng.random() < 0.4
    x, y, reach = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.7), width + height
    for _ in range(int(rng.integers(16, 50))):
        if level:
            row, x0 = rng.uniform(0, height), rng.uniform(-0.3, 0.9) * width
            long, thick = rng.uniform(0.2, 0.7) * width, rng.uniform(0.5, 3)
            spots = [(x0, row - thick / 2), (x0 + long, row), (x0, row + thick / 2)]
        else:
            turn, wide = rng.uniform(0, 2 * math.pi), rng.uniform(0.004, 0.02)
            free = rng.uniform(0.28, 0.5)
            tip = (x + free * width * math.cos(turn), y + free * height * math.sin(turn))
            spots = [tip, *_rim(x, y, reach, turn, wide)]
        ink.painter.fill(shapes.polygon(spots), solid(color), Label.OCCLUDER)


def _rim(x: float, y: float, reach: float, turn: float, wide: float) -> list[Point]:
    """The far corners of a wedge from (x, y), `wide` radians to both sides of `turn`."""
    angles = turn - wide, turn + wide
    return [(x + reach * math.cos(a), y + reach * math.sin(a)) for a in angles]


def _light(ink: Ink, color: Color) -> Color:
    """The color of light, which is white in black and white titles."""
    return WHITE if ink.look.grey else color


def _glow(ink: Ink, x: float, y: float, reach: float, color: Color, alpha: float) -> None:
    """Light around a place, added to what is there."""
    paint = radial((x, y), reach, (color,) * 3, (alpha, 0.35 * alpha, 0.0))
    paint.setBlendMode(skia.BlendMode.kScreen)
    ink.painter.canvas.drawCircle(x, y, reach, paint)


def _embers(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Sparks of a fire below, and its light."""
    fire = _light(ink, hsv(rng.uniform(0.02, 0.11), 0.75, 1.0))
    _glow(ink, width * rng.uniform(0, 1), height * 1.1, height * rng.uniform(0.5, 1.1), fire, 0.6)
    for _ in range(int(rng.integers(15, 60))):
        x, y = rng.uniform(0, width), height * rng.uniform(0, 1) ** 0.6
        size = min(width, height) * 0.004 * math.exp(rng.normal(0, 0.5))
        _glow(ink, x, y, 4 * size, fire, 0.7)
        ink.painter.fill(shapes.ellipse(x, y, size), solid(mix(fire, WHITE, 0.5)))


def _rays(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Beams of light from a side above."""
    color = _light(ink, mix(hsv(rng.uniform(0.08, 0.16), 0.35, 1.0), WHITE, 0.4))
    x, y, reach = width * rng.uniform(-0.2, 1.2), -0.1 * height, 1.5 * math.hypot(width, height)
    middle = math.atan2(height * 0.6, width * 0.5 - x)
    for _ in range(int(rng.integers(3, 8))):
        ends = _rim(x, y, reach, middle + rng.normal(0, 0.25), rng.uniform(0.015, 0.07))
        alpha = rng.uniform(0.12, 0.4)
        paint = radial((x, y), reach, (color, color, color), (alpha, 0.7 * alpha, 0.0))
        paint.setBlendMode(skia.BlendMode.kScreen)
        soft = 0.006 * reach * rng.uniform(0.2, 1.0)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, soft))
        ink.painter.fill(shapes.polygon([(x, y), *ends]), paint)


def _glows(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Lamps, spells and screens: light that runs over what is near."""
    for _ in range(int(rng.integers(1, 4))):
        color = _light(ink, hsv(rng.uniform(), rng.uniform(0.2, 0.8), 1.0))
        reach = min(width, height) * rng.uniform(0.2, 0.9)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        _glow(ink, x, y, reach, color, rng.uniform(0.4, 0.9))
        if rng.random() < 0.5:
            _glow(ink, x, y, 0.25 * reach, WHITE, 1.0)


def _mist(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Banks of mist or smoke, thicker below."""
    color = _light(ink, mix(hsv(rng.uniform(), 0.15, rng.uniform(0.5, 1)), WHITE, 0.4))
    canvas = ink.painter.canvas
    for _ in range(int(rng.integers(4, 10))):
        x, y = width * rng.uniform(0, 1), height * rng.uniform(0.3, 1.1)
        reach, alpha = width * rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.6)
        canvas.save()
        canvas.translate(x, y)
        canvas.scale(1.0, rng.uniform(0.15, 0.4))
        canvas.drawCircle(0, 0, reach, radial((0, 0), reach, (color, color), (alpha, 0.0)))
        canvas.restore()


_DRAWN: dict[str, Drawn] = {
    "sparkles": _sparkles, "petals": _petals, "snow": _snow, "rain": _rain, "bokeh": _bokeh,
    "speed": _speed, "embers": _embers, "rays": _rays, "glows": _glows, "mist": _mist,
    **STRIKES,
}  # fmt: skip

"""What flies before a whole panel: sparkles, petals, snow, rain, circles of light, speed lines.

Whatever hides what is behind it is labelled `OCCLUDER`; thin or clear things label nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import mix, pen, solid

EFFECTS = {
    "none": 0.84, "sparkles": 0.04, "petals": 0.03, "snow": 0.02, "rain": 0.02, "bokeh": 0.03,
    "speed": 0.02,
}  # fmt: skip
"""Kinds and their shares."""


def draw_effect(ink: Ink, rng: np.random.Generator, name: str, width: float, height: float) -> None:
    """Draw one of `EFFECTS` over a panel of the given size, pixels."""
    if name != "none":
        _DRAWN[name](ink, rng, width, height)


def _sparkles(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    for _ in range(int(rng.integers(8, 26))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = min(width, height) * rng.uniform(0.01, 0.035)
        path = shapes.star(x, y, size, size * 0.16, 4, np.pi / 2)
        ink.painter.fill(path, solid((255, 255, 255), 0.9), Label.OCCLUDER)


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
        ink.painter.fill(path, solid((255, 255, 255), 0.95), Label.OCCLUDER)


def _rain(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    slant, paint = rng.uniform(-0.3, 0.3), pen((240, 246, 255), rng.uniform(0.8, 1.8), 0.55)
    for _ in range(int(rng.integers(30, 110))):
        x, y, long = rng.uniform(0, width), rng.uniform(-40, height), rng.uniform(15, 90)
        path = shapes.polygon([(x, y), (x + slant * long, y + long)], closed=False)
        ink.painter.stroke(path, paint)


def _bokeh(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    tone = mix(hsv(rng.uniform(), 0.5, 1.0), (255, 255, 255), rng.uniform(0.2, 0.9))
    for _ in range(int(rng.integers(6, 22))):
        size = min(width, height) * rng.uniform(0.015, 0.1)
        path = shapes.ellipse(rng.uniform(0, width), rng.uniform(0, height), size)
        ink.painter.fill(path, solid(tone, rng.uniform(0.08, 0.4)))


def _speed(ink: Ink, rng: np.random.Generator, width: float, height: float) -> None:
    """Wedges from the border towards a middle that stays free, or level streaks."""
    color = (20, 18, 22) if rng.random() < 0.6 else (255, 255, 255)
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
            spots = [
                tip,
                (x + reach * math.cos(turn - wide), y + reach * math.sin(turn - wide)),
                (x + reach * math.cos(turn + wide), y + reach * math.sin(turn + wide)),
            ]
        ink.painter.fill(shapes.polygon(spots), solid(color), Label.OCCLUDER)


_DRAWN: dict[str, Callable[[Ink, np.random.Generator, float, float], None]] = {
    "sparkles": _sparkles, "petals": _petals, "snow": _snow, "rain": _rain, "bokeh": _bokeh,
    "speed": _speed,
}  # fmt: skip

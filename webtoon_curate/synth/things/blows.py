"""What fights and spells leave in the air: magic circles, blasts, cuts, lightning, flames, smoke.

Each draws itself about `size` px large with its middle at (x, y).
"""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.lettering import fonts, phrases
from webtoon_curate.synth.paint import WHITE, Color, mix, pen, radial, solid

BLACK: Color = (16, 14, 18)
BLOOD: Color = (150, 16, 24)


def _glow(ink: Ink, x: float, y: float, radius: float, color: Color, alpha: float) -> None:
    light = radial((x, y), radius, (ink.tone(color), ink.tone(color)), (alpha, 0.0))
    ink.painter.fill(shapes.ellipse(x, y, radius), light)


def magic_circle(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Rings with signs and stars between them, upright or flat on the ground, glowing."""
    color, r = ink.tone(hsv(rng.uniform(), rng.uniform(0.2, 0.9), 1.0)), size * 0.48
    flat = 1.0 if rng.random() < 0.55 else float(rng.uniform(0.2, 0.5))
    _glow(ink, x, y, r * 1.5, color, 0.6)
    bright = mix(color, WHITE, rng.uniform(0.2, 0.9))
    radii = [1.0, *sorted(rng.uniform(0.3, 0.93, int(rng.integers(1, 4))), reverse=True)]
    place = skia.Matrix.Translate(x, y)
    place.preScale(1, flat)
    with ink.painter.group(place):
        for share in radii:
            ring = shapes.ellipse(0, 0, r * share)
            ink.painter.stroke(ring, pen(color, size * 0.02, 0.4))
            ink.painter.stroke(ring, pen(bright, max(size * 0.008, 1)))
        tips, inner = int(rng.integers(3, 9)), r * radii[-1]
        for k in (1, 2) if tips > 4 else (1,):
            spin = rng.uniform(0, 6.3)
            corners = [
                (inner * math.cos(spin + 2 * math.pi * i * k / tips),
                 inner * math.sin(spin + 2 * math.pi * i * k / tips)) for i in range(tips)
            ]  # fmt: skip
            ink.painter.stroke(shapes.polygon(corners), pen(bright, max(size * 0.007, 1)))
        for share in radii[1:]:  # smaller rounds on a ring, as eyes stand in a face
            for i in range(int(rng.choice([0, 2, 3, 4, 6]))):
                a = 2 * math.pi * i / 6 + rng.uniform(0, 0.1)
                spot = shapes.ellipse(r * share * math.cos(a), r * share * math.sin(a), r * 0.09)
                ink.painter.fill(spot, solid(mix(color, BLACK, 0.3), 0.6))
                ink.painter.stroke(spot, pen(bright, max(size * 0.006, 1)))
        letters = "".join(phrases.noise(rng, "ja") for _ in range(8))[:18]
        for i, letter in enumerate(letters):
            a = 2 * math.pi * i / len(letters)
            sign = fonts.line_path("sans", r * 0.1, letter, 0, 0)
            outward = skia.Matrix.Translate(r * 0.92 * math.cos(a), r * 0.92 * math.sin(a))
            outward.preRotate(math.degrees(a) + 90)
            sign.transform(outward)
            ink.painter.fill(sign, solid(bright))


def blast(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """An explosion: clouds of fire or dust round a bright middle, and shards."""
    r, fire = size * 0.42, rng.random() < 0.6
    outer = (196, 84, 40) if fire else hsv(rng.uniform(0.05, 0.12), 0.2, rng.uniform(0.4, 0.8))
    inner = (255, 226, 120) if fire else mix(outer, WHITE, 0.6)
    for share, color in ((1.0, mix(outer, BLACK, 0.4)), (0.8, outer), (0.55, inner)):
        for _ in range(5):
            a, k = rng.uniform(0, 6.3), r * share * rng.uniform(0.2, 0.6)
            puff = shapes.cloud(rng, x + k * math.cos(a), y + k * math.sin(a), r * share * 0.6,
                                r * share * 0.55, int(rng.integers(7, 11)))  # fmt: skip
            ink.shape(puff, color, line=0.6)
    _glow(ink, x, y, r * 0.9, WHITE, 0.9)
    for _ in range(int(rng.integers(4, 14))):
        a, k = rng.uniform(0, 6.3), r * rng.uniform(0.8, 1.5)
        px, py = x + k * math.cos(a), y + k * math.sin(a)
        ink.shape(shapes.blob(rng, px, py, r * 0.07, r * 0.05, 5, 0.4), mix(outer, BLACK, 0.6),
                  line=0.5)  # fmt: skip


def cut(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """The path of a blade: a crescent of light, most often with sparks."""
    color = hsv(rng.uniform(), rng.uniform(0, 0.8), 1.0)
    turn, bend = rng.uniform(0, 360), rng.uniform(0.1, 0.7)
    place = skia.Matrix.Translate(x, y)
    place.preRotate(float(turn))
    with ink.painter.group(place):
        for grow, tone, alpha in ((1.0, color, 0.5), (0.7, mix(color, WHITE, 0.6), 0.9),
                                  (0.4, WHITE, 1.0)):  # fmt: skip
            long, thick = size * 0.75, size * 0.24 * grow
            path = skia.Path()
            path.moveTo(-long, 0)
            path.quadTo(0, -2 * size * bend - thick, long, 0)
            path.quadTo(0, -2 * size * bend + thick, -long, 0)
            ink.painter.fill(path, solid(ink.tone(tone), alpha), ink.label if alpha == 1 else None)
    for _ in range(int(rng.integers(0, 16))):
        a, k = rng.uniform(0, 6.3), size * rng.uniform(0.1, 0.7)
        px, py = x + k * math.cos(a), y + k * math.sin(a)
        tip = (px + size * 0.1 * math.cos(a), py + size * 0.1 * math.sin(a))
        spark = shapes.polygon([(px, py), tip], closed=False)
        ink.painter.stroke(spark, pen(ink.tone(mix(color, WHITE, 0.5)), max(size * 0.01, 1)))


def splash(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Ink, blood or water: a blot with tongues, and drops."""
    colors: tuple[Color, ...] = (BLOOD, BLACK, (120, 180, 226), hsv(rng.uniform(), 0.7, 0.8))
    liquid = colors[rng.choice(4, p=[0.45, 0.3, 0.15, 0.1])]
    color = ink.tone(liquid)
    r, tips = size * 0.3, int(rng.integers(7, 14))
    spots = []
    for i in range(2 * tips):
        reach = r * (rng.uniform(0.9, 1.9) if i % 2 else rng.uniform(0.5, 0.8))
        a = math.pi * i / tips + rng.uniform(-0.1, 0.1)
        spots.append((x + reach * math.cos(a), y + reach * math.sin(a)))
    ink.painter.fill(shapes.smooth(spots), solid(color), ink.label)
    for _ in range(int(rng.integers(6, 26))):
        a, k = rng.uniform(0, 6.3), size * rng.uniform(0.3, 0.75)
        drop = shapes.ellipse(x + k * math.cos(a), y + k * math.sin(a),
                              size * rng.uniform(0.006, 0.04))  # fmt: skip
        ink.painter.fill(drop, solid(color), ink.label)
    if liquid != BLACK and rng.random() < 0.5:
        shine = shapes.ellipse(x - r * 0.25, y - r * 0.3, r * 0.14, r * 0.08)
        ink.painter.fill(shine, solid(WHITE, 0.7))


def lightning(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Forked bolts from one end to the other."""
    color = hsv(rng.choice([0.6, 0.75, 0.14, 0.0]), rng.uniform(0.3, 0.9), 1.0)
    _glow(ink, x, y, size * 0.6, color, 0.4)
    heading = rng.uniform(0, 6.3)
    start = np.array([x, y]) - size * 0.6 * np.array([math.cos(heading), math.sin(heading)])
    for _ in range(int(rng.integers(2, 5))):
        a, way = heading + rng.uniform(-0.5, 0.5), [start]
        step = size * 0.16 * np.array([math.cos(a), math.sin(a)])
        for _ in range(8):
            way.append(way[-1] + step + rng.normal(0, size * 0.04, 2))
        path = shapes.polygon(way, closed=False)
        for wide, tone, alpha in ((0.05, color, 0.35), (0.012, WHITE, 1.0)):
            ink.painter.stroke(path, pen(ink.tone(tone), max(size * wide, 1), alpha))


def flame(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Tongues of fire, or of an aura in another colour."""
    hue = 0.04 if rng.random() < 0.6 else rng.uniform()
    for share, color in ((1.0, hsv(hue, 0.85, 0.85)), (0.7, hsv(hue + 0.05, 0.7, 1.0)),
                         (0.4, hsv(hue + 0.1, 0.25, 1.0))):  # fmt: skip
        spots, count = [], int(rng.integers(4, 8))
        wide = size * 0.42 * share
        for i in range(count):
            u = -1 + 2 * (i + 0.5) / count
            tip = size * share * rng.uniform(0.5, 1.0) * (1 - 0.5 * u * u)
            spots += [(x + wide * (u - 0.5 / count), y + size * (0.4 - 0.25 * share)),
                      (x + wide * (u + rng.uniform(-0.2, 0.2)), y + size * 0.4 - tip)]  # fmt: skip
        spots += [(x + wide, y + size * 0.3), (x, y + size * 0.48), (x - wide, y + size * 0.3)]
        ink.shape(shapes.smooth(spots), color, line=0.5 if share == 1 else 0, shade=0)


def smoke(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Puffs of dust or steam, thick or thin."""
    grey = mix(WHITE, BLACK, rng.uniform(0, 0.7))
    color, alpha = ink.tone(mix(grey, hsv(rng.uniform(), 0.4, 0.7), 0.2)), rng.uniform(0.3, 1.0)
    for i in range(int(rng.integers(4, 9))):
        px, py = x + rng.uniform(-0.4, 0.4) * size, y + rng.uniform(-0.3, 0.3) * size
        wide = size * rng.uniform(0.12, 0.3)
        puff = shapes.cloud(rng, px, py, wide, wide * 0.8, int(rng.integers(6, 10)))
        if alpha > 0.75:
            ink.shape(puff, mix(color, WHITE, 0.06 * i), line=0.5)
        else:
            ink.painter.fill(puff, solid(color, alpha * 0.6))

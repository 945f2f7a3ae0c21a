"""Grounds that look like photographs out of focus, skies, water, wallpapers and frames of flowers.

Each fills a panel of `width` x `height` pixels from its top-left corner, over a gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.paint import WHITE, Color, linear, mix, pen, radial, solid
from webtoon_curate.synth.things.things import roses_along_borders

BLACK: Color = (12, 11, 16)
Draw = Callable[[Ink, np.random.Generator, float, float, Color, Color], None]
"""Draws with an ink and dice over `width` and `height`, in colours near a first and a second."""


def _all(width: float, height: float) -> skia.Path:
    return shapes.rect(0, 0, width, height)


def _out_of_focus(ink: Ink, width: float, height: float, share: float) -> None:
    """What is drawn up to the matching restore is blurred by a share of the shorter side."""
    sigma = share * min(width, height)
    blur = skia.ImageFilters.Blur(sigma, sigma, skia.TileMode.kClamp)
    ink.painter.canvas.saveLayer(skia.Rect.MakeWH(width, height), skia.Paint(ImageFilter=blur))


def lights(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """A town at night out of focus: discs of light before dark blocks."""
    dark = mix(first, BLACK, rng.uniform(0.7, 0.95))
    paint = linear((0, 0), (0, height), [dark, mix(second, BLACK, rng.uniform(0.3, 0.8))])
    ink.painter.fill(_all(width, height), paint)
    _out_of_focus(ink, width, height, 0.03)
    for _ in range(int(rng.integers(4, 10))):
        x, wide = rng.uniform(-0.1, 1) * width, rng.uniform(0.05, 0.3) * width
        top = rng.uniform(0, 0.6)
        block = shapes.rect(x, top * height, wide, height)
        ink.painter.fill(block, solid(mix(dark, BLACK, rng.uniform(0, 0.6))))
    ink.painter.canvas.restore()
    warm = rng.uniform(0.02, 0.15)
    for _ in range(int(rng.integers(12, 60))):
        x, y = rng.uniform(0, width), height * rng.beta(4, 3)
        r = min(width, height) * rng.uniform(0.01, 0.06)
        hue = warm if rng.random() < 0.6 else rng.uniform()
        color, disc = ink.tone(hsv(hue, rng.uniform(0.1, 0.8), 1.0)), shapes.ellipse(x, y, r)
        ink.painter.fill(disc, solid(color, rng.uniform(0.15, 0.6)))
        ink.painter.stroke(disc, pen(color, r * 0.1, 0.5))


def photo(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """A room or a street of a photograph, so blurred that only its blocks of light are left."""
    _out_of_focus(ink, width, height, rng.uniform(0.01, 0.06))
    ink.painter.fill(_all(width, height), linear((0, 0), (0, height), [first, second]))
    floor = height * rng.uniform(0.55, 0.9)
    ink.painter.fill(shapes.rect(0, floor, width, height), solid(mix(second, BLACK, 0.4)))
    for _ in range(int(rng.integers(6, 20))):
        wide, tall = width * rng.uniform(0.03, 0.3), height * rng.uniform(0.05, 0.6)
        x, y = rng.uniform(-0.1, 1) * width, floor - tall * rng.uniform(0.2, 1.3)
        tint = mix(first, second, rng.uniform())
        color = mix(tint, BLACK if rng.random() < 0.5 else WHITE, rng.uniform(0, 0.7))
        if rng.random() < 0.3:
            color = ink.tone(hsv(rng.uniform(), rng.uniform(0, 0.5), rng.uniform(0.3, 0.9)))
        box = shapes.rect(x, y, wide, tall)
        ink.painter.fill(box, linear((x, y), (x + wide, y + tall), [color, mix(color, BLACK, 0.3)]))
    for _ in range(int(rng.integers(0, 4))):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height / 2), height * rng.uniform(0.05, 0.4)
        ink.painter.fill(shapes.ellipse(x, y, r), radial((x, y), r, (WHITE, WHITE), (0.8, 0.0)))
    ink.painter.canvas.restore()


def leaves(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """Trees out of focus with the sun between them, or leaves sharp and near."""
    hue = rng.choice([0.28, 0.33, 0.22, 0.08, 0.95], p=[0.3, 0.25, 0.2, 0.15, 0.1])
    base = ink.tone(hsv(hue, rng.uniform(0.2, 0.6), rng.uniform(0.4, 0.9)))
    sky = linear((0, 0), (0, height), [mix(base, WHITE, 0.7), base])
    ink.painter.fill(_all(width, height), sky)
    soft = rng.random() < 0.7
    if soft:
        _out_of_focus(ink, width, height, rng.uniform(0.008, 0.03))
    for i in range(int(rng.integers(20, 60))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size, turn = min(width, height) * rng.uniform(0.04, 0.14), rng.uniform(0, 6.3)
        color = mix(base, BLACK if i % 2 else WHITE, rng.uniform(0, 0.5))
        dx, dy = size * math.cos(turn), size * math.sin(turn)
        leaf = [(x - dx, y - dy), (x - dy * 0.4, y + dx * 0.4), (x + dx, y + dy),
                (x + dy * 0.4, y - dx * 0.4)]  # fmt: skip
        ink.painter.fill(shapes.smooth(leaf), solid(color))
    if soft:
        ink.painter.canvas.restore()
        for _ in range(int(rng.integers(4, 20))):
            spot = shapes.ellipse(rng.uniform(0, width), rng.uniform(0, height * 0.7),
                                  min(width, height) * rng.uniform(0.01, 0.06))  # fmt: skip
            ink.painter.fill(spot, solid(mix(base, WHITE, 0.8), rng.uniform(0.2, 0.6)))


def heavens(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """Clouds in a sky of any colour, or stars."""
    scale = min(width, height)
    if rng.random() < 0.3:
        deep = mix(first, BLACK, rng.uniform(0.6, 0.95))
        ink.painter.fill(_all(width, height), linear((0, 0), (width, height), [BLACK, deep]))
        for _ in range(int(rng.integers(40, 150))):
            star = shapes.ellipse(rng.uniform(0, width), rng.uniform(0, height),
                                  scale * rng.uniform(0.001, 0.006))  # fmt: skip
            ink.painter.fill(star, solid(WHITE, rng.uniform(0.3, 1)))
        return
    for i in range(int(rng.integers(5, 16))):
        x, y = rng.uniform(0, width), height * (0.1 + 0.06 * i)
        wide = width * rng.uniform(0.08, 0.3)
        tall = wide * rng.uniform(0.25, 0.6)
        puff = shapes.cloud(rng, x, y, wide, tall, int(rng.integers(8, 14)))
        top = mix(first, WHITE, rng.uniform(0.5, 1))
        box = puff.getBounds()
        paint = linear((x, box.top()), (x, box.bottom()), [top, mix(first, top, 0.3)])
        ink.painter.fill(puff, paint)


def water(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """Waves with light on them, or the depth with bubbles."""
    blue = ink.tone(hsv(rng.uniform(0.48, 0.65), rng.uniform(0.2, 0.7), rng.uniform(0.4, 0.95)))
    paint = linear((0, 0), (0, height), [mix(blue, WHITE, 0.4), mix(blue, BLACK, 0.4)])
    ink.painter.fill(_all(width, height), paint)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(10, 40))):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            r = height * rng.uniform(0.006, 0.05)
            ink.painter.stroke(shapes.ellipse(x, y, r), pen(WHITE, max(r * 0.12, 1), 0.7))
            ink.painter.fill(shapes.ellipse(x - r * 0.3, y - r * 0.35, r * 0.2), solid(WHITE, 0.8))
        return
    for _ in range(int(rng.integers(20, 70))):
        y = height * rng.uniform() ** 0.7
        x, long = rng.uniform(0, width), width * rng.uniform(0.02, 0.16) * (0.3 + y / height)
        wave = [(x - long, y), (x, y - long * 0.1), (x + long, y), (x, y + long * 0.06)]
        tone = WHITE if rng.random() < 0.6 else mix(blue, BLACK, 0.5)
        ink.painter.fill(shapes.smooth(wave), solid(tone, rng.uniform(0.15, 0.6)))


def wallpaper(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """A motif over and over: rounds in pairs, damask, rings, paws or leaves."""
    pitch, kind = min(width, height) * rng.uniform(0.08, 0.3), rng.integers(5)
    color = mix(second, BLACK if rng.random() < 0.5 else WHITE, rng.uniform(0.15, 0.6))
    motif, r = skia.Path(), pitch * 0.5
    if kind == 0:  # rounds in pairs over an arc
        for side in (-1, 1):
            motif.addPath(shapes.ellipse(side * r * 0.35, -r * 0.1, r * rng.uniform(0.1, 0.22)))
        arc = [(-0.3, 0.4), (0, 0.5), (0.3, 0.4), (0, 0.6)]
        motif.addPath(shapes.smooth(shapes.placed(arc, 0, 0, r)))
    elif kind == 1:  # damask
        for turn in range(4):
            a = turn * math.pi / 2
            x, y = r * 0.85 * math.cos(a), r * 0.85 * math.sin(a)
            side = (r * 0.3 * math.cos(a + 0.9), r * 0.3 * math.sin(a + 0.9))
            other = (r * 0.3 * math.cos(a - 0.9), r * 0.3 * math.sin(a - 0.9))
            motif.addPath(shapes.smooth([(0, 0), side, (x, y), other]))
            motif.addPath(shapes.ellipse(x * 0.75 - y * 0.4, y * 0.75 + x * 0.4, r * 0.1))
    elif kind == 2:  # rings
        motif.addPath(shapes.ellipse(0, 0, r * 0.6))
        motif.addPath(shapes.ellipse(0, 0, r * 0.42))
        motif.setFillType(skia.PathFillType.kEvenOdd)
    elif kind == 3:  # paws
        motif.addPath(shapes.ellipse(0, r * 0.2, r * 0.3, r * 0.25))
        for u in (-0.45, -0.16, 0.16, 0.45):
            motif.addPath(shapes.ellipse(u * r, -r * (0.3 - abs(u) * 0.4), r * 0.12, r * 0.16))
    else:  # leaves on a stem
        for side in (-1, 1):
            blade = [(0, 0.3), (0.5, 0), (0.3, -0.4)]
            motif.addPath(shapes.smooth(shapes.placed(blade, 0, 0, side * r, r)))
    for row in range(int(height / pitch) + 2):
        for column in range(int(width / pitch) + 2):
            one = skia.Path(motif)
            one.offset((column + row % 2 / 2) * pitch, row * pitch)
            ink.painter.fill(one, solid(color))


def framed(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """Roses along the borders, round a light middle."""
    pale = mix(first, WHITE, 0.7)
    middle = (width / 2, height / 2)
    paint = radial(middle, math.hypot(width, height) / 2, (WHITE, pale), (1.0, 1.0))
    ink.painter.fill(_all(width, height), paint)
    count = int(rng.integers(5, 13))
    roses_along_borders(ink, rng, width, height, count, (-0.02, 0.12), (0.12, 0.32))


def shattered(
    ink: Ink, rng: np.random.Generator, width: float, height: float, first: Color, second: Color
) -> None:
    """Black or one colour with cracks or brush strokes: shock."""
    dark = mix(first, BLACK, rng.uniform(0.5, 1.0))
    ink.painter.fill(_all(width, height), solid(dark))
    at = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.8))
    light = mix(first, WHITE, 0.6)
    reach = math.hypot(width, height) * 0.12
    if rng.random() < 0.5:
        for angle in rng.uniform(0, 6.3, int(rng.integers(6, 16))).tolist():
            way, spot = [at], at
            for _ in range(6):
                angle += rng.uniform(-0.4, 0.4)
                x, y = spot
                spot = (x + reach * math.cos(angle), y + reach * math.sin(angle))
                way.append(spot)
            ink.painter.stroke(shapes.polygon(way, closed=False), pen(light, rng.uniform(0.6, 3)))
        return
    for _ in range(int(rng.integers(4, 18))):
        x, y, lean = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(-0.3, 0.3)
        long, thick = width * rng.uniform(0.2, 0.8), height * rng.uniform(0.01, 0.1)
        ends = [(x - long, y - lean * long), (x, y + thick), (x + long, y + lean * long)]
        stroke = shapes.limb(ends, [thick * 0.2, thick, 1])
        ink.painter.fill(stroke, solid(mix(dark, light, rng.uniform(0.1, 0.7))))


GROUNDS: dict[str, Draw] = {
    "lights": lights, "photo": photo, "leaves": leaves, "heavens": heavens, "water": water,
    "wallpaper": wallpaper, "framed": framed, "shattered": shattered,
}  # fmt: skip

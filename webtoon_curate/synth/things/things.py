"""Things that panels show alone and that are round or stand in pairs, as eyes do.

Each draws itself about `size` px large with its middle at (x, y).
"""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import Color, mix, pen, solid

WHITE: Color = (250, 250, 250)
DARK: Color = (34, 30, 36)
GOLD: Color = (226, 180, 80)


def _color(rng: np.random.Generator) -> Color:
    return hsv(rng.uniform(), rng.uniform(0.1, 0.8), rng.uniform(0.3, 1))


def spectacles(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Glasses that lie on a table, without anybody behind them."""
    r, rim = size * 0.19, _color(rng) if rng.random() < 0.5 else DARK
    round_ = rng.uniform(0.2, 1)
    glass = (30, 30, 36) if rng.random() < 0.3 else mix((190, 216, 230), WHITE, rng.uniform())
    turn = skia.Matrix.Translate(x, y)
    turn.preRotate(float(rng.uniform(-35, 35)))
    with ink.painter.group(turn):
        for side in (-1, 1):
            arm = [(side * size * 0.42, -r * 0.4), (side * size * 0.5, -r * 1.2),
                   (side * size * rng.uniform(0.1, 0.45), -r * 2)]  # fmt: skip
            ink.stroke(shapes.smooth(arm, closed=False), 1.8, rim)
            lens = shapes.rect(side * size * 0.24 - r, -r * 0.8, 2 * r, 1.6 * r, r * 0.8 * round_)
            ink.shape(lens, glass, line=0, shade=0.3)
            shine = shapes.placed([(-0.3, 0.5), (0.4, -0.6)], side * size * 0.24, 0, r)
            ink.painter.stroke(shapes.polygon(shine, closed=False), pen(WHITE, r * 0.2, 0.6))
            ink.stroke(lens, 1.8, rim)
        bridge = [(-r * 0.3, 0), (0, -r * 0.25), (r * 0.3, 0)]
        ink.stroke(shapes.smooth(bridge, closed=False), 1.8, rim)


def clock(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Of a wall, an alarm clock with bells, or a watch on its strap."""
    r, kind = size * 0.4, rng.integers(3)
    case = _color(rng)
    if kind == 1:
        for side in (-1, 1):
            ink.shape(shapes.ellipse(x + side * r * 0.6, y - r * 0.9, r * 0.35, r * 0.25), case)
            foot = [(x + side * r * 0.6, y + r * 0.8), (x + side * r * 0.8, y + r * 1.15)]
            ink.shape(shapes.limb(foot, [r * 0.16, r * 0.1]), case)
    if kind == 2:
        ink.shape(shapes.rect(x - r * 0.5, y - r * 2.2, r, r * 4.4, r * 0.1), darker(case, 0.5))
    ink.shape(shapes.ellipse(x, y, r), case)
    ink.shape(shapes.ellipse(x, y, r * 0.82), WHITE if rng.random() < 0.8 else DARK, shade=0.3)
    mark = (60, 60, 66)
    for i in range(12):
        a = math.pi * i / 6
        ends = [(x + k * r * math.cos(a), y + k * r * math.sin(a)) for k in (0.68, 0.76)]
        ink.stroke(shapes.polygon(ends, closed=False), 1.4 if i % 3 == 0 else 0.6, mark)
    for long, thick in ((0.45, 1.8), (0.65, 1.1)):
        a = rng.uniform(0, 6.3)
        hand = [(x, y), (x + long * r * math.cos(a), y + long * r * math.sin(a))]
        ink.stroke(shapes.polygon(hand, closed=False), thick, mark)


def outlet(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Sockets, switches, or knobs over a slot, on a plate."""
    r, kind = size * 0.34, rng.integers(3)
    ink.shape(shapes.rect(x - r, y - r, 2 * r, 2 * r, r * 0.2), mix(_color(rng), WHITE, 0.7))
    if kind == 0:
        ink.shape(shapes.ellipse(x, y, r * 0.75), (226, 226, 224))
    for side in (-1, 1):
        if kind < 2:
            hole = shapes.ellipse(x + side * r * 0.32, y, r * 0.11)
            ink.shape(hole, DARK, line=0.5, shade=0)
        else:
            px, py = x + side * r * 0.45, y - r * 0.35
            ink.shape(shapes.ellipse(px, py, r * 0.3), (90, 92, 98))
            mark = shapes.polygon([(px, py), (px, y - r * 0.6)], closed=False)
            ink.stroke(mark, 1.4, WHITE)
    if kind == 2:
        ink.shape(shapes.rect(x - r * 0.6, y + r * 0.35, r * 1.2, r * 0.2), DARK, shade=0)


def headphones(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A bow with two cushions."""
    r, color = size * 0.38, _color(rng)
    bow = [(-1, 0.3), (-0.7, -0.8), (0, -1.1), (0.7, -0.8), (1, 0.3)]
    path = shapes.smooth(shapes.placed(bow, x, y, r), closed=False)
    ink.stroke(path, 5, darker(color, 0.6))
    for side in (-1, 1):
        ink.shape(shapes.ellipse(x + side * r, y + r * 0.45, r * 0.34, r * 0.48), color)
        ink.shape(shapes.ellipse(x + side * r, y + r * 0.45, r * 0.2, r * 0.3), DARK, shade=0.5)


def plates(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A table with dishes from above: rice, soup, eggs, side dishes, coffee."""
    flat = float(rng.uniform(0.4, 1.0))
    if rng.random() < 0.4:
        left, top = x - size * 0.7, y - size * 0.5 * flat
        board = shapes.rect(left, top, size * 1.4, size * flat, size * 0.05)
        ink.shape(board, mix((120, 80, 50), (220, 200, 170), rng.uniform()))
    for _ in range(int(rng.integers(2, 7))):
        px, py = x + rng.uniform(-0.5, 0.5) * size, y + rng.uniform(-0.4, 0.4) * size * flat
        r = size * rng.uniform(0.12, 0.26)
        dish = mix(_color(rng), WHITE, rng.uniform(0.3, 1))
        ink.shape(shapes.ellipse(px, py, r, r * flat), dish)
        well = shapes.ellipse(px, py, r * 0.78, r * flat * 0.78)
        ink.shape(well, mix(dish, WHITE, 0.4), line=0.5)
        food = hsv(rng.choice([0.02, 0.08, 0.12, 0.3, 0.06]), rng.uniform(0.2, 0.9),
                   rng.uniform(0.3, 1))  # fmt: skip
        kind = rng.integers(4)
        if kind == 0:
            ink.shape(shapes.ellipse(px, py, r * 0.68, r * flat * 0.68), food, line=0.4)
            shine = shapes.ellipse(px - r * 0.2, py - r * 0.3 * flat, r * 0.25, r * flat * 0.08)
            ink.painter.fill(shine, solid(WHITE, 0.6))
        elif kind == 1:
            for side in (-1, 1):
                ex = px + side * r * 0.32
                white = shapes.blob(rng, ex, py, r * 0.3, r * 0.28 * flat, 7, 0.15)
                ink.shape(white, WHITE, line=0.5)
                yolk = shapes.ellipse(ex, py, r * 0.13, r * 0.13 * flat)
                ink.shape(yolk, (250, 186, 50), line=0.4)
        else:
            for _ in range(int(rng.integers(3, 9))):
                a, k = rng.uniform(0, 6.3), r * rng.uniform(0, 0.5)
                at = (px + k * math.cos(a), py + k * math.sin(a) * flat)
                piece = shapes.blob(rng, *at, r * 0.22, r * 0.2 * flat, 6, 0.25)
                ink.shape(piece, mix(food, WHITE, rng.uniform(0, 0.3)), line=0.5)


def cake(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """With cream, berries and candles."""
    w, h = size * 0.38, size * 0.3
    dough, cream = hsv(rng.choice([0.08, 0.05, 0.93]), 0.4, 0.9), mix(_color(rng), WHITE, 0.7)
    ink.shape(shapes.ellipse(x, y + h, w * 1.25, h * 0.3), WHITE)
    ink.shape(shapes.rect(x - w, y - h * 0.3, 2 * w, h * 1.2, h * 0.15), dough)
    ink.shape(shapes.ellipse(x, y - h * 0.3, w, h * 0.35), cream)
    for i in range(5):
        drip = shapes.ellipse(x - w * 0.8 + i * w * 0.4, y - h * 0.05, w * 0.14,
                              h * rng.uniform(0.2, 0.5))  # fmt: skip
        ink.shape(drip, cream, line=0)
    for _ in range(int(rng.integers(2, 6))):
        px = x - w * 0.7 + 1.4 * w * rng.uniform()
        if rng.random() < 0.5:
            ink.shape(shapes.rect(px, y - h * 1.1, w * 0.06, h * 0.7), _color(rng), line=0.6)
            flame = shapes.ellipse(px + w * 0.03, y - h * 1.2, w * 0.05, h * 0.14)
            ink.shape(flame, (255, 200, 80), line=0)
        else:
            ink.shape(shapes.ellipse(px, y - h * 0.4, w * 0.14), (206, 40, 56))


def flower(
    ink: Ink, x: float, y: float, size: float, petal: Color, petals: int, turn: float
) -> None:
    """A blossom `size` px in radius with its middle at (x, y)."""
    for i in range(petals):
        angle = turn + 2 * math.pi * i / petals
        tip = (x + size * math.cos(angle), y + size * math.sin(angle))
        side = size * 0.42
        path = skia.Path()
        path.moveTo(x, y)
        for way in (1, -1):
            bulge = (
                x + size * 0.7 * math.cos(angle) - way * side * math.sin(angle),
                y + size * 0.7 * math.sin(angle) + way * side * math.cos(angle),
            )
            path.quadTo(*bulge, *(tip if way == 1 else (x, y)))
        path.close()
        ink.shape(path, petal, line=0.6, shade=0.5)
    ink.shape(shapes.ellipse(x, y, size * 0.2), (244, 206, 84), line=0.6)


def rose(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A full rose with leaves: whorls of petals round a bud."""
    r, hue = size * 0.36, rng.choice([0.97, 0.93, 0.0, 0.12, 0.75, 0.6])
    color = hsv(hue, rng.uniform(0.1, 0.9), rng.uniform(0.6, 1))
    for _ in range(3):
        a = rng.uniform(0, 6.3)
        tip = (x + r * 1.5 * math.cos(a), y + r * 1.5 * math.sin(a))
        leaf = [(x, y), (x + r * math.cos(a - 0.3), y + r * math.sin(a - 0.3)), tip,
                (x + r * math.cos(a + 0.3), y + r * math.sin(a + 0.3))]  # fmt: skip
        ink.shape(shapes.smooth(leaf), hsv(0.33, 0.5, rng.uniform(0.3, 0.6)))
    for ring, (share, count) in enumerate(((1.0, 7), (0.74, 6), (0.5, 5), (0.3, 3))):
        turn = rng.uniform(0, 6.3)
        for i in range(count):
            a = turn + 2 * math.pi * i / count
            px, py = x + r * share * 0.5 * math.cos(a), y + r * share * 0.5 * math.sin(a)
            petal = shapes.blob(rng, px, py, r * share * 0.58, r * share * 0.52, 7, 0.1)
            ink.shape(petal, mix(color, DARK, 0.1 * ring), line=0.6)
    swirl = [(x + r * k * math.cos(k * 30), y + r * k * math.sin(k * 30))
             for k in (0.02, 0.06, 0.1, 0.14, 0.18)]  # fmt: skip
    ink.stroke(shapes.smooth(swirl, closed=False), 0.7, darker(color, 0.9))


def roses_along_borders(
    ink: Ink, rng: np.random.Generator, width: float, height: float, count: int,
    deep: tuple[float, float], size: tuple[float, float],
) -> None:  # fmt: skip
    """Roses along the four borders of a panel of `width` x `height` pixels.

    Args:
        count: of roses.
        deep: from and to how far inside their middles lie, in widths or heights.
        size: from and to, in shorter sides.
    """
    for _ in range(count):
        edge, along, off = rng.integers(4), rng.uniform(), rng.uniform(*deep)
        u, v = [(along, off), (along, 1 - off), (off, along), (1 - off, along)][edge]
        rose(ink, rng, u * width, v * height, min(width, height) * rng.uniform(*size))


def shirt(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Clothes on a hanger: a round or pointed collar, buttons, often a pattern of rounds."""
    r, cloth = size * 0.45, _color(rng)
    hook = shapes.placed([(0, -0.75), (0.08, -1), (-0.1, -1.05)], x, y, r)
    ink.stroke(shapes.smooth(hook, closed=False), 1.4)
    half = [(0.16, -0.78), (0.55, -0.6), (0.95, 0.05), (0.68, 0.18), (0.52, -0.1), (0.55, 0.95)]
    other_half = shapes.placed(half[::-1], x, y, -r, r)
    path = shapes.polygon(shapes.placed(half, x, y, r) + other_half)
    ink.shape(path, cloth)
    other = mix(_color(rng), WHITE, 0.4)
    if rng.random() < 0.5:
        with ink.painter.shading(path):
            pitch, k = r * rng.uniform(0.18, 0.4), rng.uniform(0.2, 0.4)
            for row in range(14):
                for column in range(14):
                    px = x - r + (column + row % 2 / 2) * pitch
                    spot = shapes.ellipse(px, y - r + row * pitch, pitch * k)
                    ink.painter.fill(spot, solid(ink.tone(other)))
        ink.stroke(path)
    if rng.random() < 0.5:
        ink.shape(shapes.ellipse(x, y - r * 0.72, r * 0.24, r * 0.2), darker(cloth, 0.7), shade=0)
    else:
        for side in (-1, 1):
            flap = shapes.placed([(0, -0.5), (0.2, -0.82), (0.36, -0.5)], x, y, side * r, r)
            ink.shape(shapes.polygon(flap), other)
    for i in range(int(rng.integers(0, 6))):
        button = shapes.ellipse(x, y - r * 0.3 + i * r * 0.25, r * 0.05)
        ink.shape(button, other, line=0.6, shade=0)


def ribbon(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A bow with two loops, often on a wrapped box."""
    r, color = size * 0.3, _color(rng)
    if rng.random() < 0.6:
        ink.shape(shapes.rect(x - r * 1.4, y, r * 2.8, r * 2), mix(_color(rng), WHITE, 0.3))
        ink.shape(shapes.rect(x - r * 0.2, y, r * 0.4, r * 2), color)
    for side in (-1, 1):
        end = [(0, 0), (0.5, 1), (0.9, 0.8)]
        ink.shape(shapes.polygon(shapes.placed(end, x, y, side * r, r)), darker(color, 0.2))
        loop = [(0, 0), (0.6, -0.6), (1.2, -0.4), (1.1, 0.35), (0.5, 0.3)]
        ink.shape(shapes.smooth(shapes.placed(loop, x, y, side * r, r)), color)
        ink.shape(shapes.ellipse(x + side * r * 0.75, y - r * 0.05, r * 0.26, r * 0.18),
                  darker(color, 0.7), line=0.6, shade=0)  # fmt: skip
    ink.shape(shapes.ellipse(x, y, r * 0.24, r * 0.28), color)


def lantern(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Of paper or of glass, lit, alone or two side by side."""
    color = hsv(rng.choice([0.0, 0.05, 0.1, 0.13]), rng.uniform(0.3, 0.9), 1.0)
    pair = rng.random() < 0.4
    for dx in (-0.28, 0.28) if pair else (0.0,):
        r, px = size * (0.2 if pair else 0.32), x + dx * size
        glow = ink.tone(mix(color, WHITE, 0.3))
        ink.painter.fill(shapes.ellipse(px, y, r * 1.7), solid(glow, 0.2))
        ink.stroke(shapes.polygon([(px, y - r * 2.5), (px, y - r)], closed=False), 0.8)
        ink.shape(shapes.ellipse(px, y, r, r * 1.05), color)
        for k in (-0.5, 0, 0.5):
            rib = [(px + k * r * 0.7, y - r), (px + k * r * 1.6, y), (px + k * r * 0.7, y + r)]
            ink.stroke(shapes.smooth(rib, closed=False), 0.5, darker(color, 0.5))
        for side in (-1, 1):
            ink.shape(shapes.rect(px - r * 0.4, y + side * r - r * 0.1, r * 0.8, r * 0.2), DARK)
        lit = shapes.ellipse(px, y + r * 0.1, r * 0.5)
        ink.painter.fill(lit, solid(ink.tone((255, 250, 210)), 0.5))


def jewel(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A cut stone in gold, or two of them, as earrings lie."""
    color, pair = hsv(rng.uniform(), rng.uniform(0.2, 0.9), rng.uniform(0.5, 1)), rng.random() < 0.4
    for dx in (-0.25, 0.25) if pair else (0.0,):
        r, px = size * (0.16 if pair else 0.3), x + dx * size
        ink.shape(shapes.ellipse(px, y, r * 1.2), GOLD)
        sides = int(rng.integers(6, 10))
        angles = [2 * math.pi * i / sides for i in range(sides)]
        corners = [(px + r * math.cos(a), y + r * math.sin(a)) for a in angles]
        ink.shape(shapes.polygon(corners), color, shade=0)
        for i in range(sides):
            facet = [(px, y), corners[i], corners[(i + 1) % sides]]
            tone = mix(color, WHITE if i % 2 else DARK, rng.uniform(0.1, 0.5))
            ink.shape(shapes.polygon(facet), tone, line=0.3, shade=0)
        ink.painter.fill(shapes.star(px - r * 0.4, y - r * 0.4, r * 0.5, r * 0.08, 4), solid(WHITE))


def pot_plant(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """Leaves in a pot."""
    clay, side, root = _color(rng), size * 0.07, (x, y + size * 0.15)
    green = hsv(rng.uniform(0.25, 0.42), rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.8))
    for _ in range(int(rng.integers(5, 14))):
        a, long = rng.uniform(-2.9, -0.25), size * rng.uniform(0.3, 0.6)
        tip = (x + long * math.cos(a), root[1] + long * math.sin(a))
        mx, my = (x + tip[0]) / 2, (root[1] + tip[1]) / 2
        leaf = shapes.smooth([root, (mx - side, my), tip, (mx + side, my)])
        ink.shape(leaf, mix(green, WHITE, rng.uniform(0, 0.2)), line=0.7)
        ink.stroke(shapes.polygon([root, tip], closed=False), 0.4, darker(green, 0.6))
    pot = [(-0.2, 0.1), (0.2, 0.1), (0.14, 0.48), (-0.14, 0.48)]
    ink.shape(shapes.polygon(shapes.placed(pot, x, y, size)), clay)


def speakers(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A box with one or two rounds in rounds: loudspeakers, washing machines, cameras."""
    w, box = size * 0.42, mix(_color(rng), (120, 120, 126), 0.6)
    count = int(rng.integers(1, 3))
    wide, upright = w * (1 if count == 1 else 1.6), rng.random() < 0.5
    half = (w, wide) if upright else (wide, w)
    ink.shape(shapes.rect(x - half[0], y - half[1], 2 * half[0], 2 * half[1], w * 0.1), box)
    for i in range(count):
        along = (i - (count - 1) / 2) * wide
        px, py = (x, y + along) if upright else (x + along, y)
        for share, tone in ((0.75, 0.4), (0.62, 0.75), (0.3, 0.5)):
            ink.shape(shapes.ellipse(px, py, w * share), mix(box, DARK, tone))
        ink.painter.fill(shapes.ellipse(px - w * 0.2, py - w * 0.2, w * 0.1), solid(WHITE, 0.6))

"""Outdoors: streets, alleys, parks, forests, fields, roofs, the sea, mountains and villages."""

from __future__ import annotations

import math

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.grounds import renders
from webtoon_curate.synth.grounds.places import HEIGHT, HORIZON, WIDTH, Place, backdrop, lit, sky
from webtoon_curate.synth.grounds.scenery import (
    bench,
    bush,
    cottage,
    facade,
    lamp_post,
    tree,
    tufts,
)
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import WHITE, Color, mix, solid
from webtoon_curate.synth.things import signs

SHOPS = 0.6
"""Share of streets and alleys with shops' signs."""


def draw_landscape(ink: Ink, place: Place) -> None:
    """Draw an outdoor place into its world of `WORLD` pixels."""
    rng, ink = np.random.default_rng(place.seed), renders.pen_of(ink, place)
    top, bottom = sky(place)
    backdrop(ink, top, bottom, -HEIGHT, HORIZON + 60)
    _heavens(ink, place, rng)
    _LANDSCAPES[place.kind](ink, place, rng)
    renders.light_up(ink, place)
    _weather(ink, place, rng)


def _heavens(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    """Stars and the moon, or the evening's sun and clouds."""
    if place.time == "night":
        for _ in range(90):
            x, y = rng.uniform(0, WIDTH), rng.uniform(0, HORIZON)
            star = shapes.ellipse(x, y, rng.uniform(0.8, 2.4))
            ink.painter.fill(star, solid(ink.tone((255, 255, 240)), rng.uniform(0.4, 1)))
        x, y = rng.uniform(200, 1400), rng.uniform(80, 240)
        ink.painter.fill(shapes.ellipse(x, y, 46), solid(ink.tone((250, 244, 214))))
        return
    if place.time == "sunset":
        sun = shapes.ellipse(rng.uniform(300, 1300), 400, 70)
        ink.painter.fill(sun, solid(ink.tone((255, 232, 170))))
    if rng.random() < 0.8:
        body = {"overcast": (190, 194, 200), "sunset": (255, 204, 170)}.get(place.time, WHITE)
        for _ in range(rng.integers(3, 9)):
            x, y = rng.uniform(0, WIDTH), rng.uniform(40, 380)
            wide = rng.uniform(90, 260)
            puff = shapes.cloud(rng, x, y, wide, wide * rng.uniform(0.2, 0.38), 11)
            ink.shape(puff, body, line=0, shade=0.5)


def _row_of_houses(
    ink: Ink, place: Place, rng: np.random.Generator, vanish: float, side: int
) -> None:
    """Houses along a street towards the vanishing point; `side` -1 left, 1 right."""
    edges = [vanish + side * reach for reach in (130, 230, 380, 600, 1000, 1700)]
    for i, roof in enumerate(rng.uniform(1.1, 2.4, 5).tolist()):
        ends = [(x, abs(x - vanish) * 0.62) for x in sorted(edges[i : i + 2])]
        front = [(x, HORIZON - size * roof) for x, size in ends]
        front += [(x, HORIZON + size * 0.42) for x, size in ends[::-1]]
        facade(ink, place, rng, front, 4 + i % 3)


def _skyline(ink: Ink, place: Place, rng: np.random.Generator, base: float, tall: float) -> None:
    x = -40.0
    far = mix(lit(place, (150, 160, 180)), sky(place)[1], 0.45)
    while x < WIDTH:
        width, height = rng.uniform(40, 130), tall * rng.uniform(0.3, 1.0)
        ink.shape(shapes.rect(x, base - height, width, height), far, line=0.35, shade=0.5)
        glow = (255, 226, 150) if place.time == "night" else mix(far, WHITE, 0.35)
        for row in range(int(height / 24)):
            for column in range(int(width / 20)):
                if rng.random() < 0.5:
                    spot = shapes.rect(x + 7 + column * 20, base - height + 9 + row * 24, 8, 11)
                    ink.painter.fill(spot, solid(ink.tone(glow)))
        x += width * rng.uniform(0.8, 1.2)


def _ground(ink: Ink, place: Place, color: Color, y: float = HORIZON) -> None:
    near = lit(place, color)
    backdrop(ink, mix(near, sky(place)[1], 0.25), near, y, HEIGHT * 2)


def _street(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    _skyline(ink, place, rng, HORIZON + 4, 190)
    _ground(ink, place, (176, 172, 170))
    vanish = WIDTH / 2 + rng.uniform(-260, 260)
    road = [(vanish - 40, HORIZON), (vanish + 40, HORIZON), (vanish + 900, HEIGHT),
            (vanish - 900, HEIGHT)]  # fmt: skip
    ink.shape(shapes.polygon(road), lit(place, (104, 104, 112)), shade=0)
    for i in range(5):
        y0, y1 = HORIZON + 460 * (i / 5) ** 1.6 + 6, HORIZON + 460 * ((i + 0.5) / 5) ** 1.6 + 8
        half0, half1 = (y0 - HORIZON) * 0.035, (y1 - HORIZON) * 0.035
        dash = [(vanish - half0, y0), (vanish + half0, y0), (vanish + half1, y1),
                (vanish - half1, y1)]  # fmt: skip
        ink.shape(shapes.polygon(dash), lit(place, (236, 232, 220)), line=0, shade=0)
    _row_of_houses(ink, place, rng, vanish, -1)
    _row_of_houses(ink, place, rng, vanish, 1)
    _shop_signs(ink, rng, vanish)
    for side in (-1, 1):
        for reach in (210, 420, 800):
            if rng.random() < 0.6:
                lamp_post(ink, vanish + side * reach, HORIZON + reach * 0.3, reach * 0.9, -side)
            elif rng.random() < 0.7:
                tree(ink, place, rng, vanish + side * reach, HORIZON + reach * 0.3, reach * 0.8)


def _shop_signs(ink: Ink, rng: np.random.Generator, vanish: float) -> None:
    """Boards that stand out from the houses along a street, the nearer the larger."""
    if rng.random() > SHOPS:
        return
    for reach in np.sort(rng.uniform(120, 650, int(rng.integers(5, 16)))).tolist():
        side, size = (-1 if rng.random() < 0.5 else 1), reach * rng.uniform(0.25, 0.5)
        x, y = vanish + side * (reach * 1.1 + 60), HORIZON - reach * rng.uniform(0.05, 0.55)
        (signs.neon if rng.random() < 0.2 else signs.shop_sign)(ink, rng, x, y, size)


def _alley(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    _ground(ink, place, (150, 146, 146))
    vanish = WIDTH / 2 + rng.uniform(-120, 120)
    for side in (-1, 1):
        wall = [(vanish + side * r, HORIZON - r * 1.6) for r in (70, 1200)]
        foot = [(vanish + side * r, HORIZON + r * 0.5) for r in (1200, 70)]
        brick = lit(place, hsv(rng.uniform(0.0, 0.12), 0.35, 0.6))
        ink.shape(shapes.polygon([*wall, *foot]), brick, shade=0.6)
        for level in np.linspace(-1.4, 0.4, 14):
            course = [(vanish + side * r, HORIZON + r * level) for r in (70, 1200)]
            ink.stroke(shapes.polygon(course, closed=False), 0.35, darker(brick, 0.5))
        for reach in (160, 300, 560):
            grille = [
                (vanish + side * reach * a, HORIZON + reach * a * b)
                for a, b in shapes.corners(1, -0.9, 1.35, -0.35)
            ]
            ink.shape(shapes.polygon(grille), lit(place, (90, 110, 130)))
    _shop_signs(ink, rng, vanish)
    for _ in range(3):
        x = rng.uniform(-500, 500)
        box = shapes.rect(vanish + x, HORIZON + abs(x) * 0.4, 90, 80)
        ink.shape(box, lit(place, hsv(rng.uniform(), 0.3, 0.6)))
    for _ in range(4):
        y = rng.uniform(-200, 250)
        sag, end = y + rng.uniform(30, 120), y + rng.uniform(-60, 60)
        wire = [(-50, y), (WIDTH / 2, sag), (WIDTH + 50, end)]
        ink.stroke(shapes.smooth(wire, closed=False), 0.7)


def _park(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    if rng.random() < 0.5:
        _skyline(ink, place, rng, HORIZON, 200)
    _ground(ink, place, hsv(rng.uniform(0.22, 0.33), 0.45, 0.66))
    path = [(700, HORIZON), (760, HORIZON), (1300, HEIGHT), (300, HEIGHT)]
    ink.shape(shapes.polygon(path), lit(place, (214, 196, 164)), line=0.6, shade=0)
    for depth in np.sort(rng.uniform(0.03, 0.6, 14)):
        x = rng.uniform(0, WIDTH)
        if abs(x - 750) < 60 + depth * 500:
            continue
        y = HORIZON + depth * 420
        draw = tree if rng.random() < 0.6 else bush
        draw(ink, place, rng, x, y, (260 if draw is tree else 90) * (0.6 + 2.0 * depth))
    bench(ink, place, rng.uniform(100, 1300), 760, 300)
    tufts(ink, place, rng)


def _forest(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    far = lit(place, (150, 190, 160))
    backdrop(ink, mix(far, WHITE, 0.4), far, -HEIGHT, HORIZON + 80)
    _ground(ink, place, (110, 128, 74), HORIZON + 60)
    for layer in range(4):
        share = layer / 3
        bark = mix(mix(far, WHITE, 0.15), lit(place, (84, 66, 52)), share)
        for _ in range(9 - 2 * layer):
            x, thick = rng.uniform(-50, WIDTH + 50), 16 + 60 * share * rng.uniform(0.6, 1.3)
            foot = HORIZON + 80 + 260 * share
            lean = rng.uniform(-40, 40)
            trunk = shapes.limb(
                [(x, foot), (x + lean, foot - 420), (x + lean * 1.4, -80)],
                [thick * 1.5, thick, thick * 0.8],
            )
            ink.shape(trunk, bark, line=0.3 + 0.6 * share)
        for _ in range(8):
            x, y = rng.uniform(0, WIDTH), rng.uniform(-60, 180)
            green = mix(far, lit(place, (60, 120, 66)), 0.3 + 0.6 * share)
            ink.shape(shapes.cloud(rng, x, y, 190, 90, 12), green, line=0.3 + 0.5 * share)
    for _ in range(8):
        bush(ink, place, rng, rng.uniform(0, WIDTH), rng.uniform(760, 980), rng.uniform(110, 220))
    tufts(ink, place, rng)


def _ridge(
    ink: Ink, rng: np.random.Generator, base: float, tall: float, color: Color, peaks: int
) -> None:
    """Mountains with shadows on one side, at most `tall` above the row `base`."""
    rows = base - tall * rng.uniform(0.15, 1.0, peaks)
    line = list(zip(np.linspace(-60, WIDTH + 60, peaks).tolist(), rows.tolist()))
    ridge = shapes.polygon([(-60, HEIGHT), *line, (WIDTH + 60, HEIGHT)])
    ink.shape(ridge, color, line=0.5, shade=0)
    if ink.look.grey:
        return
    for (x0, y0), (x1, y1) in zip(line[1::2], line[2::2]):
        shadow = [(x0, y0), (x1, y1), (x0 + (x1 - x0) * 0.3, base)]
        ink.painter.fill(shapes.polygon(shadow), solid(darker(color, 0.3), 0.5))


def _mountains(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    haze = sky(place)[1]
    for i, (base, tall) in enumerate(((HORIZON, 360), (HORIZON + 40, 240), (HORIZON + 90, 130))):
        color = mix(haze, lit(place, (74, 104, 110)), 0.3 + 0.3 * i)
        _ridge(ink, rng, base, tall, color, int(rng.integers(9, 16)))
    _ground(ink, place, (130, 150, 90), HORIZON + 100)
    tufts(ink, place, rng)


def _trees(
    ink: Ink,
    place: Place,
    rng: np.random.Generator,
    count: int,
    below: tuple[float, float],
    size: tuple[float, float],
) -> None:
    """Trees whose feet stand so far below the horizon."""
    for _ in range(count):
        x, foot = rng.uniform(0, WIDTH), HORIZON + rng.uniform(*below)
        tree(ink, place, rng, x, foot, rng.uniform(*size))


def _field(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    _ridge(ink, rng, HORIZON + 10, 90, mix(sky(place)[1], lit(place, (90, 130, 100)), 0.6), 9)
    color = hsv(rng.choice([0.13, 0.24, 0.3, 0.08]), 0.5, 0.75)
    _ground(ink, place, color)
    for i in range(12):
        y = HORIZON + 460 * (i / 12) ** 1.5 + 8
        wave = [(x, y + rng.uniform(-4, 4)) for x in range(-50, WIDTH + 100, 150)]
        ink.stroke(shapes.smooth(wave, closed=False), 0.5, darker(lit(place, color), 0.3))
    _trees(ink, place, rng, 3, (10, 60), (90, 260))
    tufts(ink, place, rng)


def _rooftop(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    _skyline(ink, place, rng, HORIZON + 160, 330)
    _ground(ink, place, (180, 178, 176), HORIZON + 150)
    rail = lit(place, (120, 130, 140))
    for x in range(-20, WIDTH + 60, 46):
        ink.stroke(shapes.polygon([(x, HORIZON - 70), (x, HORIZON + 160)], closed=False), 0.9, rail)
    for y in (HORIZON - 70, HORIZON - 10, HORIZON + 150):
        ink.shape(shapes.rect(-50, y, WIDTH + 100, 10), rail, line=0.6)
    for row in range(1, 6):
        y = HORIZON + 160 + 300 * (row / 6) ** 1.4
        ink.stroke(shapes.polygon([(-50, y), (WIDTH + 50, y)], closed=False), 0.4, (130, 128, 126))
    stairs = shapes.rect(rng.uniform(0, 1300), HORIZON - 190, 260, 350)
    ink.shape(stairs, lit(place, (206, 200, 190)))


def _sea(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    backdrop(ink, mix(sky(place)[0], (20, 90, 140), 0.5), lit(place, (60, 150, 180)), HORIZON, 800)
    for _ in range(60):
        y = HORIZON + 250 * rng.uniform() ** 1.4 + 4
        x, reach = rng.uniform(0, WIDTH), 10 + (y - HORIZON) * 0.35
        ink.stroke(shapes.polygon([(x, y), (x + reach, y)], closed=False), 0.6, WHITE)
    shore = [(-50, 800), (400, 770), (900, 800), (1650, 750), (1650, 1050), (-50, 1050)]
    ink.shape(shapes.smooth(shore), lit(place, (232, 214, 170)), line=0.5, shade=0.3)
    if rng.random() < 0.5:
        hill = [(0, 6), (90, -70), (190, -40), (300, 6)]
        island = shapes.smooth(shapes.placed(hill, rng.uniform(100, 1200), HORIZON, 1))
        ink.shape(island, mix(sky(place)[1], (60, 100, 90), 0.6), line=0.5)


def _village(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    _ridge(ink, rng, HORIZON, 200, mix(sky(place)[1], lit(place, (90, 120, 110)), 0.5), 10)
    _ground(ink, place, (190, 170, 130))
    for depth in np.sort(rng.uniform(0, 1, 9)):
        size = 120 + 260 * depth
        cottage(ink, place, rng, rng.uniform(-100, WIDTH - 100), HORIZON + 30 + 160 * depth, size)
    _trees(ink, place, rng, 5, (60, 240), (180, 380))
    tufts(ink, place, rng)


def _weather(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    """Rain or snow, in some places."""
    kind = rng.random()
    if kind < 0.08:
        streak = shapes.polygon([(0, 0), (-7, 34)], closed=False)
        for _ in range(260):
            path = skia.Path(streak)
            path.offset(rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT))
            ink.stroke(path, 0.5, (236, 242, 250), alpha=0.7)
    elif kind < 0.16:
        for _ in range(240):
            x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), math.pow(rng.uniform(), 3)
            ink.painter.fill(shapes.ellipse(x, y, 1.5 + 4 * size), solid(WHITE, 0.9))


_LANDSCAPES = {
    "street": _street, "alley": _alley, "park": _park, "forest": _forest, "field": _field,
    "rooftop": _rooftop, "sea": _sea, "mountains": _mountains, "village": _village,
}  # fmt: skip

"""What stands about outdoors: trees, bushes, grass, lamps, benches, houses."""

from __future__ import annotations

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.grounds.places import HORIZON, WIDTH, Place, lit
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.lettering import fonts, phrases
from webtoon_curate.synth.paint import WHITE, Color, mix, solid
from webtoon_curate.synth.shapes import Point


def facade(
    ink: Ink, place: Place, rng: np.random.Generator, corners: list[Point], rows: int
) -> None:
    """A house front with a shop in a quadrilateral, clockwise from its top left corner."""
    color = lit(place, hsv(rng.uniform(), rng.uniform(0.02, 0.3), rng.uniform(0.5, 0.95)))
    ink.shape(shapes.polygon(corners), color, shade=0.4)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners

    def at(u: float, v: float) -> Point:
        x = (1 - v) * (ax + (bx - ax) * u) + v * (dx + (cx - dx) * u)
        y = (1 - v) * (ay + (by - ay) * u) + v * (dy + (cy - dy) * u)
        return x, y

    def part(left: float, top: float, right: float, bottom: float) -> skia.Path:
        return shapes.polygon([at(u, v) for u, v in shapes.corners(left, top, right, bottom)])

    columns = int(rng.integers(3, 6))
    lights = place.time in ("night", "sunset")
    glass = lit(place, (120, 150, 176))
    kind = rng.integers(3)
    for row in range(rows):
        v0, v1 = (row + 0.25) / (rows + 0.8), (row + 0.8) / (rows + 0.8)
        if kind == 0:
            ink.shape(part(0.06, v0, 0.94, v1), glass, line=0.4, shade=0)
            continue
        for column in range(columns):
            pane = part((column + 0.22) / columns, v0, (column + 0.78) / columns, v1)
            glow = lights and rng.random() < 0.45
            ink.shape(pane, (255, 226, 140) if glow else glass, line=0.4, shade=0)
    top, bottom = (rows + 0.1) / (rows + 0.8), (rows + 0.3) / (rows + 0.8)
    ink.shape(part(0.1, top, 0.9, 1), darker(color, 0.5), line=0.6, shade=0)
    board = hsv(rng.uniform(), 0.6, 0.85)
    board = board if lights else lit(place, board)
    ink.shape(part(0.1, top, 0.9, bottom), board, line=0.6, shade=0)
    _letters(ink, rng, (at(0.1, top), at(0.9, top), at(0.1, bottom)), board)


def _letters(
    ink: Ink, rng: np.random.Generator, corners: tuple[Point, Point, Point], board: Color
) -> None:
    """The name of a shop on its board, whose top left, top right and bottom left are given."""
    language = str(rng.choice(phrases.LANGUAGES, p=[0.65, 0.15, 0.2]))
    text, face = phrases.sign(rng, language), "shout" if language == "en" else "sans"
    (x, y), (right, right_y), (low_x, low_y) = corners
    wide, high = np.hypot(right - x, right_y - y), np.hypot(low_x - x, low_y - y)
    size = min(high * 0.75, wide / max(fonts.advance(face, 1.0, text), 0.1))
    path = fonts.line_path(face, size, text, wide * rng.uniform(0.35, 0.65), high / 2)
    right, right_y = (right - x) / max(wide, 1), (right_y - y) / max(wide, 1)
    low_x, low_y = (low_x - x) / max(high, 1), (low_y - y) / max(high, 1)
    path.transform(skia.Matrix.MakeAll(right, low_x, x, right_y, low_y, y, 0, 0, 1))
    ink.painter.fill(path, solid(WHITE if sum(board) < 480 else (40, 36, 44)), ink.label)


def tree(ink: Ink, place: Place, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A leafy tree whose trunk stands at (x, y)."""
    lean = rng.uniform(-0.08, 0.08) * size
    trunk = shapes.limb(
        [(x, y), (x + lean / 2, y - size * 0.3), (x + lean, y - size * 0.6)],
        [size * 0.11, size * 0.08, size * 0.05],
    )
    ink.shape(trunk, lit(place, (112, 82, 60)), line=0.7)
    hue = rng.choice([0.3, 0.27, 0.34, 0.08, 0.93, 0.13], p=[0.35, 0.25, 0.2, 0.07, 0.08, 0.05])
    saturation = 0.3 if hue > 0.9 else rng.uniform(0.35, 0.65)
    crown = lit(place, hsv(hue, saturation, 0.95 if hue > 0.9 else rng.uniform(0.4, 0.7)))
    for i in range(5):
        px = x + lean + rng.uniform(-0.24, 0.24) * size
        py = y - size * (0.5 + 0.09 * i)
        wide = size * rng.uniform(0.2, 0.34) * (1 - 0.08 * i)
        leaf = mix(crown, WHITE, 0.06 * i)
        ink.shape(shapes.cloud(rng, px, py, wide, wide * 0.75, 10), leaf, line=0.7, shade=1.2)


def bush(ink: Ink, place: Place, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A round shrub whose foot is at (x, y), often with flowers."""
    green = lit(place, hsv(rng.uniform(0.25, 0.37), 0.5, rng.uniform(0.4, 0.7)))
    ink.shape(shapes.cloud(rng, x, y - size * 0.35, size * 0.6, size * 0.42, 9), green)
    for _ in range(rng.integers(0, 7)):
        px, py = x + rng.uniform(-0.4, 0.4) * size, y - rng.uniform(0.1, 0.6) * size
        color = hsv(rng.choice([0.95, 0.13, 0.0, 0.75]), 0.6, 0.95)
        ink.shape(shapes.ellipse(px, py, size * 0.06), color, line=0.4)


def lamp_post(ink: Ink, x: float, y: float, size: float, side: int) -> None:
    """A street lamp standing at (x, y) with its arm towards `side`."""
    arm = [(x, y), (x, y - size * 0.85), (x + side * size * 0.2, y - size)]
    ink.stroke(shapes.smooth(arm, closed=False), max(1.5, size * 0.012), (70, 74, 80))
    bulb = shapes.ellipse(x + side * size * 0.24, y - size * 0.99, size * 0.06, size * 0.03)
    ink.shape(bulb, (255, 246, 214))


def bench(ink: Ink, place: Place, x: float, y: float, width: float) -> None:
    """A park bench whose seat begins at (x, y)."""
    wood = lit(place, (150, 106, 70))
    for leg in (0.08, 0.86):
        post = shapes.rect(x + width * leg, y, width * 0.05, width * 0.24)
        ink.shape(post, (70, 72, 78), line=0.7)
    for i in range(3):
        board = shapes.rect(x, y - width * (0.32 - 0.09 * i), width, width * 0.065, 5)
        ink.shape(board, wood, line=0.7)
    ink.shape(shapes.rect(x - 6, y - width * 0.03, width + 12, width * 0.07, 5), wood)


def tufts(ink: Ink, place: Place, rng: np.random.Generator) -> None:
    """Blades of grass all over the ground."""
    color = lit(place, (70, 120, 60))
    for _ in range(70):
        x, y = rng.uniform(0, WIDTH), HORIZON + 20 + 440 * rng.uniform() ** 0.7
        size = 4 + (y - HORIZON) * 0.05
        for lean in (-0.5, 0.0, 0.5):
            blade = [(x, y), (x + lean * size, y - size)]
            ink.stroke(shapes.polygon(blade, closed=False), 0.45, color)


def cottage(
    ink: Ink, place: Place, rng: np.random.Generator, x: float, y: float, size: float
) -> None:
    """A small house whose lower left corner is (x, y), with a gabled or a tiled roof."""
    wall = lit(place, hsv(rng.uniform(0.05, 0.13), 0.2, 0.92))
    ink.shape(shapes.rect(x, y - size * 0.5, size, size * 0.5), wall)
    if rng.random() < 0.4:  # a tiled roof with curved eaves
        roof = [(-0.18, -0.46), (0.05, -0.62), (0.2, -0.82), (0.8, -0.82), (0.95, -0.62),
                (1.18, -0.46)]  # fmt: skip
        outline = shapes.smooth(shapes.placed(roof, x, y, size), closed=False)
        outline.close()
        color = (74, 80, 92)
    else:
        roof = [(-0.1, -0.48), (0.5, -0.95), (1.1, -0.48)]
        outline = shapes.polygon(shapes.placed(roof, x, y, size))
        color = hsv(rng.choice([0.02, 0.06, 0.6]), 0.55, 0.6)
    ink.shape(outline, lit(place, color))
    door = shapes.rect(x + size * 0.4, y - size * 0.32, size * 0.18, size * 0.32)
    ink.shape(door, (104, 74, 54), line=0.7)
    glow = (255, 226, 150) if place.time == "night" else lit(place, (150, 180, 196))
    for u in (0.12, 0.7):
        pane = shapes.rect(x + size * u, y - size * 0.36, size * 0.17, size * 0.17)
        ink.shape(pane, glow, line=0.7)

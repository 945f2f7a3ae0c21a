"""Rooms: classrooms, offices, bedrooms, cafés, corridors, halls, kitchens and shops."""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth import shapes
from webtoon_curate.synth.grounds import renders
from webtoon_curate.synth.grounds.grounds import wallpaper
from webtoon_curate.synth.grounds.places import HEIGHT, HORIZON, WIDTH, Place, sky
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.paint import WHITE, Color, linear, mix, radial, solid
from webtoon_curate.synth.shapes import Box, Point, corners

PAPERED = 0.35
"""Share of homely rooms with a pattern on the wall."""


def draw_room(ink: Ink, place: Place) -> None:
    """Draw an indoor place into its world of `WORLD` pixels."""
    rng, ink = np.random.default_rng(place.seed), renders.pen_of(ink, place)
    wall = _Shell(ink, place, rng)
    wall.draw()
    _ROOMS[place.kind](ink, place, rng, wall)
    renders.light_up(ink, place)
    if place.time == "night":
        _dim(ink, rng)


def papered(place: Place) -> bool:
    """Whether the back wall has a pattern."""
    homely = place.kind in ("bedroom", "cafe", "hall", "corridor")
    return homely and np.random.default_rng(place.seed + 2).random() < PAPERED


class _Shell:
    """Back wall, side walls, floor and ceiling in one-point perspective."""

    def __init__(self, ink: Ink, place: Place, rng: np.random.Generator) -> None:
        deep = 0.36 if place.kind in ("corridor", "hall") else float(rng.uniform(0.55, 0.86))
        self.ink, self.place = ink, place
        self.x = WIDTH / 2 + float(rng.uniform(-240, 240))
        self.left = self.x * (1 - deep)
        self.right = self.x + (WIDTH - self.x) * deep
        self.top = HORIZON * (1 - deep) * 0.8
        self.bottom = HORIZON + (HEIGHT - HORIZON) * deep * 0.78
        self.deep = deep

    def at(self, u: float, v: float, depth: float = 0.0) -> Point:
        """A point at share (u, v) of the back wall, moved towards the viewer by `depth`; 0.8 of it
        leads to the border of the world.
        """
        x = self.left + u * (self.right - self.left)
        y = self.top + v * (self.bottom - self.top)
        grow = 1 + depth * (1 / self.deep - 1) * 1.25
        return self.x + (x - self.x) * grow, HORIZON + (y - HORIZON) * grow

    def draw(self) -> None:
        ink, place = self.ink, self.place
        far = [self.at(u, v) for u, v in corners(0, 0, 1, 1)]
        near = [self.at(u, v, 1.3) for u, v in corners(0, 0, 1, 1)]
        faces = (
            (0, 1, mix(place.wall, WHITE, 0.4)),
            (3, 2, place.floor),
            (0, 3, darker(place.wall, 0.16)),
            (1, 2, darker(place.wall, 0.08)),
        )
        ink.shape(shapes.rect(0, 0, WIDTH, HEIGHT), place.wall, line=0, shade=0)
        for a, b, color in faces:
            face = shapes.polygon([far[a], far[b], near[b], near[a]])
            ink.shape(face, color, shade=0, line=0.6)
        ink.shape(shapes.polygon(far), place.wall, shade=0.4, line=0.6)
        if papered(place):
            self._paper()
        for i in range(1, 9):
            a, b = self.at(i / 9, 1), self.at(i / 9, 1, 1.3)
            ink.stroke(shapes.polygon([a, b], closed=False), 0.4, darker(place.floor, 0.4))
        (x0, y0), (x1, y1) = self.at(0, 0.96), self.at(1, 1)
        ink.shape(shapes.rect(x0, y0, x1 - x0, y1 - y0), place.wood, line=0.4)

    def _paper(self) -> None:
        """A pattern over the back wall, in its own colours."""
        (x0, y0), (x1, y1) = self.at(0, 0), self.at(1, 1)
        rng = np.random.default_rng(self.place.seed + 1)
        wall = self.ink.tone(self.place.wall)
        with self.ink.painter.shading(shapes.rect(x0, y0, x1 - x0, y1 - y0)):
            self.ink.painter.canvas.translate(x0, y0)
            wallpaper(self.ink, rng, x1 - x0, y1 - y0, wall, wall)

    def box(self, u: float, v: float, wide: float, high: float) -> Box:
        """A part of the back wall, in world pixels."""
        (x0, y0), (x1, y1) = self.at(u, v), self.at(u + wide, v + high)
        return x0, y0, x1 - x0, y1 - y0


def window(ink: Ink, place: Place, box: Box, panes: int = 2) -> None:
    """A window with the sky of the place's time in it."""
    x, y, width, height = box
    top, bottom = sky(place)
    glass = shapes.rect(*box)
    ink.painter.fill(glass, linear((x, y), (x, y + height), [ink.tone(top), ink.tone(bottom)]))
    if place.time != "night":
        shine = shapes.placed([(0.15, 1), (0.5, 0), (0.7, 0), (0.35, 1)], x, y, width, height)
        ink.painter.fill(shapes.polygon(shine), solid(WHITE, 0.35))
    frame = mix(place.wood, WHITE, 0.6)
    bar = max(6.0, width * 0.025)
    for i in range(panes + 1):
        ink.shape(shapes.rect(x + width * i / panes - bar / 2, y, bar, height), frame, line=0.5)
    for v in (0, 0.5, 1):
        rung = shapes.rect(x - bar, y + height * v - bar / 2, width + 2 * bar, bar)
        ink.shape(rung, frame, line=0.5)


def curtain(ink: Ink, color: Color, x: float, y: float, width: float, height: float) -> None:
    """A hanging cloth with folds."""
    ink.shape(shapes.rect(x, y, width, height), color, line=0.7)
    for i in range(1, 5):
        at = x + width * i / 5
        fold = [(at, y), (at + width * 0.03, y + height / 2), (at, y + height)]
        ink.stroke(shapes.smooth(fold, closed=False), 0.6, darker(color, 0.5))


def shelf(ink: Ink, rng: np.random.Generator, wood: Color, box: Box, rows: int) -> None:
    """A case with books and boxes."""
    x, y, width, height = box
    ink.shape(shapes.rect(*box), darker(wood, 0.35), line=0.8)
    step = height / rows
    for row in range(rows):
        at, floor = x + width * 0.03, y + (row + 1) * step - step * 0.06
        while at < x + width * 0.93:
            thick = width * rng.uniform(0.02, 0.07)
            tall = step * rng.uniform(0.5, 0.85)
            if rng.random() < 0.85:
                color = hsv(rng.uniform(), rng.uniform(0.1, 0.7), rng.uniform(0.3, 0.9))
                ink.shape(shapes.rect(at, floor - tall, thick, tall), color, line=0.35, shade=0)
            at += thick
        ink.shape(shapes.rect(x, floor, width, step * 0.06), wood, line=0.5, shade=0)


def picture(ink: Ink, rng: np.random.Generator, box: Box) -> None:
    """A framed landscape: a ridge of one colour before another."""
    x, y, width, height = box
    ink.shape(shapes.rect(x - 5, y - 5, width + 10, height + 10), (90, 66, 48), line=0.7)
    hue = rng.uniform()
    ink.shape(shapes.rect(*box), hsv(hue, 0.25, 0.9), line=0.3, shade=0)
    ridge = [(x, y + height)]
    ridge += [(x + width * i / 5, y + height * rng.uniform(0.3, 0.8)) for i in range(6)]
    ink.shape(shapes.polygon([*ridge, (x + width, y + height)]), hsv(hue + 0.3, 0.4, 0.6), line=0.3)


def clock(ink: Ink, x: float, y: float, radius: float) -> None:
    """A round wall clock."""
    ink.shape(shapes.ellipse(x, y, radius), (60, 56, 60), line=0.8)
    ink.shape(shapes.ellipse(x, y, radius * 0.85), (250, 250, 246), line=0.4, shade=0)
    for angle, reach in ((-1.2, 0.5), (0.6, 0.7)):
        end = (x + radius * reach * np.cos(angle), y + radius * reach * np.sin(angle))
        ink.stroke(shapes.polygon([(x, y), end], closed=False), 0.9)


def plant(ink: Ink, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A pot plant whose pot stands at (x, y)."""
    root = y - size * 0.35
    for _ in range(9):
        angle = rng.uniform(-2.6, -0.5)
        reach = size * rng.uniform(0.5, 1.0)
        tip = (x + reach * np.cos(angle), root + reach * np.sin(angle))
        bend = (x + (tip[0] - x) * 0.3, tip[1] * 0.6 + root * 0.4)
        green = hsv(rng.uniform(0.25, 0.4), rng.uniform(0.4, 0.7), rng.uniform(0.35, 0.7))
        leaf = shapes.limb([(x, root), bend, tip], [size * 0.05, size * 0.16, size * 0.02])
        ink.shape(leaf, green, line=0.6)
    pot = [(-0.22, -0.4), (0.22, -0.4), (0.16, 0), (-0.16, 0)]
    ink.shape(shapes.polygon(shapes.placed(pot, x, y, size)), (180, 110, 80))


def table(
    ink: Ink, color: Color, x: float, y: float, width: float, height: float, skew: float = 0.12
) -> None:
    """A table or desk seen slightly from above, its far edge at y, `skew` shorter at both ends."""
    lean, edge = width * skew, y + height * 0.28
    top = [(x + lean, y), (x + width - lean, y), (x + width, edge), (x, edge)]
    for u in (0.04, 0.9):
        leg = shapes.rect(x + width * u, y + height * 0.3, width * 0.05, height * 0.7)
        ink.shape(leg, darker(color, 0.5), line=0.7)
    ink.shape(shapes.polygon(top), mix(color, WHITE, 0.15), line=0.8)
    ink.shape(shapes.rect(x, edge, width, height * 0.09), color, line=0.8)


def _classroom(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    if rng.random() < 0.5:
        x, y, width, height = wall.box(0.18, 0.2, 0.64, 0.38)
        ink.shape(shapes.rect(x - 8, y - 8, width + 16, height + 16), place.wood)
        board = (44, 84, 66) if rng.random() < 0.6 else (240, 242, 244)
        ink.shape(shapes.rect(x, y, width, height), board, shade=0.3)
        chalk: Color = (230, 236, 230) if sum(board) < 400 else (70, 80, 110)
        for i in range(4):
            at = y + height * (0.2 + 0.18 * i)
            line = [(x + width * 0.1 + k * width * 0.06, at + rng.uniform(-4, 4)) for k in range(9)]
            ink.stroke(shapes.smooth(line[: rng.integers(4, 10)], closed=False), 0.8, chalk)
        clock(ink, wall.at(0.5, 0.1)[0], wall.at(0.5, 0.09)[1], 26)
    else:
        for i in range(3):
            window(ink, place, wall.box(0.05 + 0.32 * i, 0.15, 0.27, 0.5))
    for row in range(3):
        depth = 0.25 + 0.35 * row
        for i in range(5):
            x, y = wall.at(-0.05 + i * 0.24, 0.84, depth)
            size = 120 * (0.7 + depth)
            table(ink, place.wood, x, y, size, size * 0.75)


def _office(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    for i in range(4):
        window(ink, place, wall.box(0.02 + 0.245 * i, 0.12, 0.225, 0.6), 1)
        if rng.random() < 0.5:
            x, y, width, height = wall.box(0.02 + 0.245 * i, 0.12, 0.225, 0.2)
            for k in range(7):
                slat = shapes.rect(x, y + height * k / 7, width, height / 9)
                ink.shape(slat, (235, 235, 230), line=0.3)
    for i in range(3):
        x, y = wall.at(0.02 + 0.36 * i, 0.82, 0.35)
        table(ink, mix(place.wood, WHITE, 0.4), x, y, 330, 190, 0.06)
        ink.shape(shapes.rect(x + 90, y - 110, 150, 96, 5), (40, 42, 48))
        ink.shape(shapes.rect(x + 97, y - 104, 136, 82), hsv(0.58, 0.25, 0.85), line=0.3, shade=0)
        ink.shape(shapes.rect(x + 152, y - 16, 26, 26), (60, 62, 68), line=0.6)
    plant(ink, rng, *wall.at(0.96, 1.0, 0.15), 150)


def _bedroom(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    x, y, width, height = box = wall.box(0.35, 0.14, 0.3, 0.45)
    window(ink, place, box)
    curtain(ink, place.accent, x - width * 0.22, y - 24, width * 0.26, height + 60)
    curtain(ink, place.accent, x + width * 0.96, y - 24, width * 0.26, height + 60)
    shelf(ink, rng, place.wood, wall.box(0.04, 0.3, 0.16, 0.68), 4)
    picture(ink, rng, wall.box(0.76, 0.2, 0.12, 0.18))
    x, y = wall.at(0.42, 0.72, 0.4)
    ink.shape(shapes.rect(x, y - 70, 620, 150, 18), place.wood)
    ink.shape(shapes.rect(x - 10, y + 30, 660, 230, 30), mix(place.accent, WHITE, 0.5))
    ink.shape(shapes.rect(x + 30, y - 6, 210, 84, 36), (248, 246, 244))
    ink.shape(shapes.rect(x + 300, y - 6, 210, 84, 36), (248, 246, 244))


def _cafe(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    window(ink, place, wall.box(0.04, 0.16, 0.4, 0.56), 3)
    shelf(ink, rng, place.wood, wall.box(0.56, 0.14, 0.38, 0.36), 3)
    x, y, width, _ = wall.box(0.5, 0.66, 0.5, 0.3)
    ink.shape(shapes.rect(x, y, width, 220), place.accent)
    ink.shape(shapes.rect(x - 14, y - 14, width + 28, 26), place.wood)
    for u in (0.2, 0.5, 0.8):
        x, y = wall.at(u, 0.0, 0.2)
        ink.stroke(shapes.polygon([(x, -40), (x, y + 90)], closed=False), 0.8)
        shade = [(-14, 0), (14, 0), (48, 46), (-48, 46)]
        ink.shape(shapes.polygon(shapes.placed(shade, x, y + 88, 1)), place.accent)
        ink.painter.fill(shapes.ellipse(x, y + 138, 16, 11), solid(ink.tone((255, 240, 190))))
    for u in (0.05, 0.62):
        table(ink, place.wood, *wall.at(u, 0.86, 0.5), 320, 200)


def _corridor(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    window(ink, place, wall.box(0.3, 0.2, 0.4, 0.5))
    for i in range(4):
        near, far = 0.06 + 0.3 * i, 0.24 + 0.3 * i
        door = [wall.at(0, v, depth) for depth, v in corners(near, 0.25, far, 1)]
        ink.shape(shapes.polygon(door), place.wood)
        glass = [wall.at(1, v, depth) for depth, v in corners(near, 0.25, far, 0.68)]
        ink.shape(shapes.polygon(glass), sky(place)[1], shade=0)
        lamp = [wall.at(u, 0, depth) for u, depth in corners(0.4, near, 0.6, far)]
        ink.shape(shapes.polygon(lamp), (255, 253, 240), line=0.4, shade=0)


def _hall(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    window(ink, place, wall.box(0.36, 0.1, 0.28, 0.6), 3)
    runner = [wall.at(u, 1, depth) for u, depth in corners(0.36, 0, 0.64, 1.3)]
    ink.shape(shapes.polygon(runner), hsv(rng.choice([0.0, 0.98, 0.6, 0.78]), 0.7, 0.55))
    stone = mix(place.wall, (220, 214, 200), 0.6)
    for i in range(4):
        depth = 0.1 + 0.3 * i
        for u in (0.06, 0.94):
            x, top = wall.at(u, 0, depth)
            bottom = wall.at(u, 1.02, depth)[1]
            thick = 34 * (1 + depth * 2)
            ink.shape(shapes.rect(x - thick / 2, top, thick, bottom - top), stone)
            for y in (top, bottom - thick * 0.4):
                ink.shape(shapes.rect(x - thick * 0.7, y, thick * 1.4, thick * 0.4), stone)


def _kitchen(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    window(ink, place, wall.box(0.36, 0.2, 0.28, 0.32))
    for i in range(3):
        for u in (0.02 + 0.1 * i, 0.68 + 0.1 * i):
            ink.shape(shapes.rect(*wall.box(u, 0.08, 0.095, 0.34)), mix(place.wood, WHITE, 0.3))
    x, y, width, _ = wall.box(0, 0.64, 1, 0.3)
    ink.shape(shapes.rect(x, y, width, wall.bottom - y), place.wood)
    for i in range(1, 9):
        at = x + width * i / 9
        ink.stroke(shapes.polygon([(at, y), (at, wall.bottom)], closed=False), 0.6)
    ink.shape(shapes.rect(x - 6, y - 16, width + 12, 24), (226, 224, 220))
    for _ in range(5):
        at = x + width * rng.uniform(0.05, 0.95)
        high = rng.uniform(30, 80)
        color = hsv(rng.uniform(), 0.4, 0.8)
        ink.shape(shapes.rect(at, y - 14 - high, rng.uniform(26, 60), high, 7), color)


def _shop(ink: Ink, place: Place, rng: np.random.Generator, wall: _Shell) -> None:
    for i in range(4):
        shelf(ink, rng, place.wood, wall.box(0.02 + 0.25 * i, 0.2, 0.22, 0.78), 5)
    for u in (-0.05, 0.75):
        x, y = wall.at(u, 0.55, 0.6)
        shelf(ink, rng, place.accent, (x, y, 420, 380), 3)


_ROOMS = {
    "classroom": _classroom, "office": _office, "bedroom": _bedroom, "cafe": _cafe,
    "corridor": _corridor, "hall": _hall, "kitchen": _kitchen, "shop": _shop,
}  # fmt: skip


def _dim(ink: Ink, rng: np.random.Generator) -> None:
    """Night falls on the room; a lamp leaves a warm round."""
    x, y = rng.uniform(300, 1300), rng.uniform(200, 500)
    colors, alphas = (ink.tone((255, 190, 96)), ink.tone((20, 22, 66))), (40 / 255, 150 / 255)
    ink.painter.canvas.drawPaint(radial((x, y), 760, colors, alphas))

"""What lies behind single faces: quick grounds, and now and then a real place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import between, pick
from webtoon_curate.synth.grounds import grounds
from webtoon_curate.synth.grounds.landscapes import draw_landscape
from webtoon_curate.synth.grounds.places import INDOORS, sample_place, sample_view
from webtoon_curate.synth.grounds.rooms import draw_room
from webtoon_curate.synth.ink import Ink
from webtoon_curate.synth.paint import WHITE, Color, linear, mix, pen, radial, solid
from webtoon_curate.synth.people.character import vivid
from webtoon_curate.synth.sketch import INK
from webtoon_curate.synth.things.distractors import draw_distractor

GROUNDS: dict[str, float] = {
    "white": 16, "plain": 18, "gradient": 20, "glow": 8, "stripes": 6, "speed lines": 6,
    "focus lines": 6, "dots": 5, "blocks": 10, "foliage": 6, "things": 6, "black": 4,
    "place": 9, "photo": 3, "lights": 1, "leaves": 1, "heavens": 1.5, "water": 1,
    "wallpaper": 3, "framed": 0.3, "shattered": 2,
}  # fmt: skip
"""How often each comes."""


def _color(ink: Ink, rng: np.random.Generator) -> Color:
    return ink.tone(vivid(rng, between(rng, 0.05, 0.6), between(rng, 0.5, 1.0)))


def draw_backdrop(ink: Ink, rng: np.random.Generator) -> None:
    """Fills the whole picture with one of `GROUNDS`."""
    kind = pick(rng, GROUNDS)
    size = float(max(ink.painter.width, ink.painter.height))
    first, second = _color(ink, rng), _color(ink, rng)
    first = _FLAT.get(kind, first)
    ink.painter.fill(shapes.rect(0, 0, size, size), solid(first))
    if kind in grounds.GROUNDS:
        grounds.GROUNDS[kind](ink, rng, size, size, first, second)
    elif kind in _DRAWN:
        _DRAWN[kind](ink, rng, size, first, second)


def _gradient(ink: Ink, rng: np.random.Generator, size: float, first: Color, second: Color) -> None:
    angle, middle = rng.random() * 2 * np.pi, size / 2
    dx, dy = middle * np.cos(angle), middle * np.sin(angle)
    paint = linear((middle - dx, middle - dy), (middle + dx, middle + dy), (first, second))
    ink.painter.fill(shapes.rect(0, 0, size, size), paint)


def _glow(ink: Ink, rng: np.random.Generator, size: float, _: Color, color: Color) -> None:
    center = (size * rng.random(), size * rng.random())
    paint = radial(center, size * between(rng, 0.4, 0.9), (color, color), (1.0, 0.0))
    ink.painter.fill(shapes.rect(0, 0, size, size), paint)


def _stripes(ink: Ink, rng: np.random.Generator, size: float, _: Color, color: Color) -> None:
    wide = size * between(rng, 0.03, 0.15)
    lean = between(rng, -0.6, 0.6) * size
    path = skia.Path()
    for x in np.arange(-size, 2 * size, 2 * wide).tolist():
        band = [(x, 0), (x + wide, 0), (x + wide + lean, size), (x + lean, size)]
        path.addPath(shapes.polygon(band))
    ink.painter.fill(path, solid(color))


def _speed_lines(ink: Ink, rng: np.random.Generator, size: float, _: Color, __: Color) -> None:
    flat = rng.random() < 0.6
    path = skia.Path()
    for at in (rng.random(26) * size).tolist():
        start, end = size * between(rng, -0.1, 0.5), size * between(rng, 0.6, 1.1)
        path.moveTo(*((start, at) if flat else (at, start)))
        path.lineTo(*((end, at) if flat else (at, end)))
    ink.painter.stroke(path, pen(INK, size * between(rng, 0.002, 0.008), 0.8))


def _focus_lines(ink: Ink, rng: np.random.Generator, size: float, _: Color, __: Color) -> None:
    path = skia.Path()
    middle = size / 2
    for angle in (rng.random(44) * 2 * np.pi).tolist():
        inner = size * between(rng, 0.38, 0.55)
        wide = between(rng, 0.004, 0.03)
        corners = [(inner, angle), (size, angle + wide), (size, angle - wide)]
        wedge = [(middle + r * np.cos(a), middle + r * np.sin(a)) for r, a in corners]
        path.addPath(shapes.polygon(wedge))
    ink.painter.fill(path, solid(INK))


def _dots(ink: Ink, rng: np.random.Generator, size: float, _: Color, color: Color) -> None:
    pitch = size * between(rng, 0.05, 0.2)
    radius = pitch * between(rng, 0.1, 0.35)
    path = skia.Path()
    for row, y in enumerate(np.arange(0, size + pitch, pitch).tolist()):
        for x in np.arange(0, size + pitch, pitch).tolist():
            path.addCircle(x + (row % 2) * pitch / 2, y, radius)
    ink.painter.fill(path, solid(color))


def _blocks(ink: Ink, rng: np.random.Generator, size: float, first: Color, second: Color) -> None:
    """Walls, shelves, windows: a few straight shapes."""
    for _ in range(3 + int(rng.random() * 6)):
        w, h = size * between(rng, 0.1, 0.6), size * between(rng, 0.1, 0.9)
        path = shapes.rect(size * between(rng, -0.2, 1), size * between(rng, -0.2, 0.9), w, h)
        color = mix(mix(first, second, rng.random()), WHITE, 0.3 * rng.random())
        ink.painter.fill(path, solid(color))
        if rng.random() < 0.6:
            ink.stroke(path, 0.6)


def _foliage(ink: Ink, rng: np.random.Generator, size: float, first: Color, second: Color) -> None:
    for _ in range(10):
        x, y = size * rng.random(), size * rng.random()
        r = size * between(rng, 0.06, 0.22)
        color = mix(first, second, rng.random())
        path = shapes.blob(rng, x, y, r, r * between(rng, 0.5, 1), 8, 0.25)
        ink.painter.fill(path, solid(color))


def _things(ink: Ink, rng: np.random.Generator, size: float, _: Color, __: Color) -> None:
    """Two of `DISTRACTORS`."""
    for _i in range(2):
        x, y = size * rng.random(), size * rng.random()
        draw_distractor(ink, rng, x, y, size * between(rng, 0.2, 0.5))


def _place(ink: Ink, rng: np.random.Generator, size: float, _: Color, __: Color) -> None:
    """Part of a room or a landscape."""
    place, view = sample_place(rng), sample_view(rng, size, size, close=0.8)
    canvas = ink.painter.canvas
    canvas.save()
    canvas.translate(size / 2, size / 2)
    canvas.scale(view.zoom, view.zoom)
    canvas.translate(-view.x, -view.y)
    thin = Ink(ink.painter, replace(ink.look, line=0.6 * ink.look.line / view.zoom), rng)
    (draw_room if place.kind in INDOORS else draw_landscape)(thin, place)
    canvas.restore()


_FLAT: dict[str, Color] = {"white": WHITE, "black": (14, 13, 18)}
_DRAWN = {
    "gradient": _gradient, "glow": _glow, "stripes": _stripes, "speed lines": _speed_lines,
    "focus lines": _focus_lines, "dots": _dots, "blocks": _blocks, "foliage": _foliage,
    "things": _things, "place": _place,
}  # fmt: skip
"""Grounds over one color; the white, the black and the plain one have nothing more."""

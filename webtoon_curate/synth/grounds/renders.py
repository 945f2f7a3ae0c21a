"""Places as 3D models and photographs show them: thin lines or none, beams, dark corners, grain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.grounds.places import HEIGHT, HORIZON, INDOORS, WIDTH, Place
from webtoon_curate.synth.ink import Ink
from webtoon_curate.synth.paint import Color, linear, radial, solid

MAKES = {"drawn": 0.5, "model": 0.32, "photo": 0.18}
"""How the places of a story are made, and how often; those of black and white titles are drawn."""
BEAMS = 0.45
"""Share of models and photographs by day with light that falls in slanted bands."""
_GRAIN = [0.5, 0, 0, 0, 0.25, 0.5, 0, 0, 0, 0.25, 0.5, 0, 0, 0, 0.25, 0, 0, 0, 0, 1]
"""Noise at half its contrast around middle grey, opaque."""
_OTHER_SEED = 7919
"""What keeps the dice here apart from those of a place's furniture."""


def make_of(ink: Ink, place: Place) -> str:
    """One of `MAKES`, the same whenever the place is drawn."""
    if ink.look.grey:
        return "drawn"
    return pick(np.random.default_rng(place.seed + _OTHER_SEED), MAKES)


def pen_of(ink: Ink, place: Place) -> Ink:
    """What the place is drawn with."""
    make = make_of(ink, place)
    if make == "drawn":
        return ink
    look = replace(ink.look, fill="soft", line_color="hue", line=ink.look.line * 0.5)
    if make == "photo":
        look = replace(look, line_color="none", shade=min(look.shade * 1.6, 0.6))
    return Ink(ink.painter, look, ink.rng, ink.label)


def light_up(ink: Ink, place: Place) -> None:
    """Shadows, light and grain over a drawn place that is a model or a photograph."""
    make = make_of(ink, place)
    if make == "drawn":
        return
    rng = np.random.default_rng(place.seed + _OTHER_SEED + 1)
    whole = shapes.rect(0, 0, WIDTH, HEIGHT)
    dark = (24, 18, 34)
    if place.kind in INDOORS:
        paint = linear((0, 0), (0, HEIGHT), [dark] * 4, [0.35, 0.0, 0.0, 0.3], [0, 0.3, 0.6, 1])
        ink.painter.fill(whole, paint)
        side = linear((0, 0), (WIDTH, 0), [dark] * 4, [0.3, 0.0, 0.0, 0.3], [0, 0.25, 0.75, 1])
        ink.painter.fill(whole, side)
    else:  # air before what is far
        pale = (236, 240, 246) if place.time in ("day", "overcast", "dawn") else (70, 60, 90)
        air = linear((0, HORIZON - 260), (0, HORIZON + 120), [pale] * 3, [0.0, 0.45, 0.0])
        ink.painter.fill(whole, air)
    if place.time in ("day", "sunset", "dawn") and rng.random() < BEAMS:
        _beams(ink, rng, (255, 214, 160) if place.time == "sunset" else (255, 250, 226))
    elif place.time == "night":
        for _ in range(int(rng.integers(1, 5))):
            x, y, r = rng.uniform(0, WIDTH), rng.uniform(0, HORIZON), rng.uniform(80, 300)
            glow = radial((x, y), r, [(255, 206, 130)] * 2, [0.6, 0.0])
            ink.painter.fill(shapes.ellipse(x, y, r), glow)
    if make == "photo" or place.kind in INDOORS:
        _grain(ink, rng, make == "photo")


def _beams(ink: Ink, rng: np.random.Generator, color: Color) -> None:
    lean, x = rng.uniform(-500, 500), rng.uniform(-200, 600)
    for _ in range(int(rng.integers(2, 6))):
        wide = rng.uniform(60, 260)
        band = [(x, 0), (x + wide, 0), (x + wide * 1.5 + lean, HEIGHT), (x + lean, HEIGHT)]
        paint = linear((0, 0), (0, HEIGHT), [color] * 2, [rng.uniform(0.2, 0.6), 0.05])
        ink.painter.fill(shapes.polygon(band), paint)
        x += wide * rng.uniform(1.2, 2.5)
    if rng.random() < 0.5:  # light on the floor
        spot = [(x - 500, 760), (x - 150, 740), (x + 20, 900), (x - 420, 940)]
        ink.painter.fill(shapes.polygon(spot), solid(color, 0.35))


def _grain(ink: Ink, rng: np.random.Generator, photo: bool) -> None:
    """The noise of a photograph, or the level streaks of boards and plaster in a model."""
    pitch = (0.25, 0.25) if photo else (0.004, 0.05)
    noise = skia.PerlinNoiseShader.MakeFractalNoise(*pitch, 2, float(rng.integers(1000)))
    even = skia.ColorFilters.Matrix(_GRAIN)
    paint = skia.Paint(
        Shader=noise.makeWithColorFilter(even), BlendMode=skia.BlendMode.kSoftLight, Alphaf=0.7
    )
    ink.painter.canvas.drawRect(skia.Rect.MakeWH(WIDTH, HEIGHT), paint)

"""Places of a story: what a background shows, in which light, so that panels can come back to it.

A place is drawn in its own world of `WORLD` pixels; a panel looks at a part of it (`View`), so two
panels in one classroom show the same classroom from other distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth.ink import Ink, hsv
from webtoon_curate.synth.paint import WHITE, Color, linear, mix

WIDTH, HEIGHT = WORLD = (1600, 1000)
HORIZON = 540
"""Row of the eye level in the world."""

INDOORS = ("classroom", "office", "bedroom", "cafe", "corridor", "hall", "kitchen", "shop")
OUTDOORS = ("street", "park", "forest", "field", "rooftop", "sea", "mountains", "alley", "village")
INDOOR_SHARE = 0.55
"""Of a story's places."""
TIMES = ("day", "sunset", "night", "overcast", "dawn")


@dataclass(frozen=True)
class Place:
    """A room or a landscape.

    Attributes:
        kind: one of `INDOORS` or `OUTDOORS`.
        seed: of its furniture; the same seed draws the same place.
        time: one of `TIMES`.
        wall, floor, accent, wood: sRGB colours of its large surfaces.
    """

    kind: str
    seed: int
    time: str
    wall: Color
    floor: Color
    accent: Color
    wood: Color


@dataclass(frozen=True)
class View:
    """The part of the world that a panel shows.

    Attributes:
        x, y: its middle, world pixels.
        zoom: panel pixels in a world pixel.
        blur: how far it is out of focus: the deviation of a blur, panel pixels.
    """

    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    zoom: float = 1.0
    blur: float = 0.0


def sample_place(rng: np.random.Generator) -> Place:
    """A place in a light; night indoors means lamps are on."""
    kinds = INDOORS if rng.random() < INDOOR_SHARE else OUTDOORS
    hue = rng.uniform()
    return Place(
        kind=str(rng.choice(kinds)),
        seed=int(rng.integers(1 << 31)),
        time=str(rng.choice(TIMES, p=[0.5, 0.15, 0.17, 0.1, 0.08])),
        wall=hsv(hue, rng.uniform(0.02, 0.35), rng.uniform(0.6, 0.97)),
        floor=hsv(rng.uniform(0.05, 0.12), rng.uniform(0.1, 0.5), rng.uniform(0.35, 0.85)),
        accent=hsv(hue + rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.8), rng.uniform(0.4, 0.9)),
        wood=hsv(rng.uniform(0.04, 0.11), rng.uniform(0.25, 0.65), rng.uniform(0.3, 0.75)),
    )


def sample_view(rng: np.random.Generator, width: float, height: float, close: float) -> View:
    """A view that fills a panel; `close` 0-1 is how near the camera is to its subject."""
    least = max(width / WIDTH, height / HEIGHT)
    zoom = max(least * float(rng.uniform(1.0, 1.35 + 1.2 * close)), 0.35)
    free_x, free_y = WIDTH - width / zoom, HEIGHT - height / zoom
    return View(
        x=width / zoom / 2 + max(free_x, 0) * float(rng.uniform(0, 1)),
        y=height / zoom / 2 + max(free_y, 0) * float(rng.uniform(0.2, 0.8)),
        zoom=zoom,
        blur=float(rng.uniform(1.5, 6)) if rng.random() < 0.15 + 0.4 * close else 0.0,
    )


_SKIES: dict[str, tuple[Color, Color]] = {
    "day": ((96, 168, 232), (214, 236, 248)),
    "sunset": ((120, 96, 168), (255, 176, 112)),
    "night": ((14, 18, 48), (52, 62, 110)),
    "overcast": ((150, 160, 172), (206, 210, 214)),
    "dawn": ((140, 160, 216), (252, 214, 206)),
}
"""Colours at the zenith and at the horizon."""
_LIGHTS: dict[str, tuple[Color, float]] = {
    "day": (WHITE, 0.0),
    "sunset": ((255, 140, 80), 0.22),
    "night": ((24, 30, 84), 0.55),
    "overcast": ((120, 130, 150), 0.2),
    "dawn": ((216, 190, 236), 0.2),
}
"""Colour of the light, and how far surfaces go towards it."""


def sky(place: Place) -> tuple[Color, Color]:
    """Zenith and horizon colours."""
    return _SKIES[place.time]


def lit(place: Place, color: Color) -> Color:
    """A surface's colour outdoors at the place's time of day."""
    light, share = _LIGHTS[place.time]
    return mix(color, light, share)


def backdrop(ink: Ink, top: Color, bottom: Color, y0: float, y1: float) -> None:
    """A vertical gradient over the whole world between two rows; white in drawings of lines."""
    if ink.look.fill in ("lineart", "pencil"):
        top = bottom = WHITE
    ground = linear((0, y0), (0, y1), [ink.tone(top), ink.tone(bottom)])
    box = skia.Rect.MakeLTRB(-WIDTH, y0, 2 * WIDTH, y1)
    ink.painter.canvas.drawRect(box, ground)

"""What people wear: garments with their colours, cut and details."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink, darker, hsv
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Color, mix, solid

LINEN: Color = (250, 250, 250)
"""White cloth."""

TOPS = {
    "woman": {
        "tshirt": 3, "blouse": 3, "hoodie": 2, "sailor": 2, "suit": 2, "dress": 3, "turtleneck": 2,
        "coat": 2, "blazer": 2, "robe": 1, "armor": 0.6, "tank": 1, "apron": 0.7,
    },
    "man": {
        "tshirt": 3, "shirt": 3, "hoodie": 2.5, "suit": 3.5, "turtleneck": 1.5, "coat": 2,
        "blazer": 2, "robe": 1, "armor": 1, "tank": 0.8, "vest": 1, "apron": 0.5,
    },
}  # fmt: skip
PATTERNS = {"none": 7, "stripes": 1.2, "checks": 1, "dots": 0.8, "print": 1}


@dataclass(frozen=True)
class Outfit:
    """One set of clothes.

    Attributes:
        top: a garment of `TOPS`.
        color, under, accent, bottom, shoes: sRGB; `under` is the shirt below, `bottom` trousers
            or skirt.
        pattern: one of `PATTERNS`.
        sleeves: 0 none, below 1 short, 1 long.
        skirt: whether the legs are below a skirt.
        hem: 0-1 from the hip to the foot, where skirt or trousers end.
        motif: seed of the pattern, and of details such as ties.
    """

    top: str
    color: Color
    under: Color
    accent: Color
    bottom: Color
    shoes: Color
    pattern: str
    sleeves: float
    skirt: bool
    hem: float
    motif: int


def sample_outfit(rng: np.random.Generator, gender: str, color: Color) -> Outfit:
    """Clothes around a person's own colour."""
    top = pick(rng, TOPS["man" if gender == "man" else "woman"])
    pattern = pick(rng, PATTERNS)
    sober = hsv(rng.uniform(0.55, 0.75), rng.uniform(0, 0.35), rng.uniform(0.12, 0.45))
    if top in ("suit", "blazer", "coat") and rng.random() < 0.7:
        color = sober
    if top in ("shirt", "blouse", "sailor") and rng.random() < 0.7:
        color = mix(color, LINEN, 0.85)
    skirt = gender != "man" and (top in ("dress", "sailor") or rng.random() < 0.4)
    short = top in ("tshirt", "dress", "sailor", "shirt", "blouse") and rng.random() < 0.55
    return Outfit(
        top=top,
        color=color,
        under=mix(hsv(rng.uniform(), 0.3, 0.95), LINEN, rng.uniform(0.4, 1)),
        accent=hsv(rng.uniform(), rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.9)),
        bottom=color if top in ("dress", "robe") else mix(sober, hsv(rng.uniform(), 0.4, 0.6), 0.4),
        shoes=hsv(rng.uniform(), rng.uniform(0, 0.5), rng.uniform(0.1, 0.9)),
        pattern=pattern if top not in ("suit", "armor", "sailor") else "none",
        sleeves=0.0 if top in ("tank", "vest") else 0.45 if short else 1.0,
        skirt=skirt or top == "robe",
        hem=rng.uniform(0.85, 1) if top == "robe" else rng.uniform(0.28, 0.7) if skirt else 1.0,
        motif=int(rng.integers(1 << 31)),
    )


@dataclass(frozen=True)
class Cut:
    """Where a torso lies on the canvas, so that details can be placed on it.

    Attributes:
        x, y: pit of the neck, pixels.
        half: half the chest's width, pixels.
        height: from the pit of the neck to the hips, pixels.
        lean: how far the hips are to the right of the neck, pixels.
        shift: how far the body is turned to the right, -1 to 1.
    """

    x: float
    y: float
    half: float
    height: float
    lean: float
    shift: float

    def at(self, u: float, v: float) -> tuple[float, float]:
        """Pixels of a point: u -1 left to 1 right of the chest, v 0 at the pit to 1 at the hips."""
        middle = self.x + self.lean * v + self.shift * self.half * (1 - abs(u))
        return middle + u * self.half, self.y + v * self.height


def draw_pattern(ink: Ink, path: skia.Path, outfit: Outfit) -> None:
    """The pattern of the cloth, inside the outline of the garment."""
    if outfit.pattern == "none":
        return
    paint = solid(ink.tone(mix(outfit.accent, outfit.color, 0.25)), 0.85)
    with ink.painter.shading(path):
        for mark in _marks(outfit, path.getBounds()):
            ink.painter.canvas.drawPath(mark, paint)


def _marks(outfit: Outfit, box: skia.Rect) -> Iterator[skia.Path]:
    """The shapes of an outfit's pattern on a box of cloth, pixels."""
    rng = np.random.default_rng(outfit.motif)
    left, top, width, height = box.left(), box.top(), box.width(), box.height()
    step = max(width, 1) * rng.uniform(0.09, 0.18)
    if outfit.pattern == "print":
        x, y, size = box.centerX(), top + width * 0.62, width * 0.3
        if rng.integers(2):
            yield shapes.star(x, y, size / 2, size / 4, 5, -1.57)
        else:
            yield shapes.heart(x, y, size)
        return
    columns = range(int(width / step) + 2)
    high = step * (0.45 if outfit.pattern == "stripes" else 0.16)
    for row in range(int(height / step) + 2):
        y = top + row * step
        if outfit.pattern == "dots":
            for i in columns:
                yield shapes.ellipse(left + (i + row % 2 / 2) * step, y, step * 0.2)
        else:
            yield shapes.rect(left, y, width, high)
    if outfit.pattern == "checks":
        for i in columns:
            yield shapes.rect(left + i * step, top, step * 0.16, height)


def draw_details(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    """Neckline, collar, lapels, buttons and the like, on a torso seen from the front."""
    _DETAILS[outfit.top](ink, outfit, cut, skin)


def _piece(ink: Ink, cut: Cut, points: list[tuple[float, float]], color: Color) -> None:
    path = shapes.polygon([cut.at(u, v) for u, v in points])
    ink.shape(path, color, label=Label.CLOTHES, line=0.9, shade=0.5)


def _skin_vee(ink: Ink, cut: Cut, skin: Color, wide: float, deep: float) -> None:
    """The skin that a neckline leaves bare; no line towards the neck above."""
    curve = [
        (-wide, -0.06),
        (-wide * 0.6, deep * 0.6),
        (0, deep),
        (wide * 0.6, deep * 0.6),
        (wide, -0.06),
    ]
    edge = shapes.smooth([cut.at(u, v) for u, v in curve], closed=False)
    bare = shapes.smooth(
        [cut.at(u, v) for u, v in [*curve, (wide * 0.4, -0.12), (-wide * 0.4, -0.12)]]
    )
    ink.shape(bare, skin, label=Label.NECK, line=0, shade=0.3)
    ink.stroke(edge, 0.8, ink.look.ink(ink.tone(skin)), label=Label.CLOTHES)


def _line(ink: Ink, cut: Cut, points: list[tuple[float, float]], width: float = 0.7) -> None:
    path = shapes.smooth([cut.at(u, v) for u, v in points], closed=False)
    ink.stroke(path, width, label=Label.CLOTHES)


def _buttons(ink: Ink, cut: Cut, color: Color, first: float, last: float, count: int) -> None:
    for i in range(count):
        x, y = cut.at(0, first + (last - first) * i / max(count - 1, 1))
        ink.shape(
            shapes.ellipse(x, y, cut.half * 0.045), color, label=Label.CLOTHES, line=0.5, shade=0
        )


def _collar(ink: Ink, cut: Cut, color: Color) -> None:
    for side in (-1, 1):
        leaf = [(0, 0.1), (side * 0.38, -0.09), (side * 0.46, 0.06), (side * 0.22, 0.2)]
        _piece(ink, cut, leaf, color)


def _plain(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _skin_vee(ink, cut, skin, 0.42, 0.1 if outfit.motif % 2 else 0.2)
    _line(ink, cut, [(-0.9, 0.42), (-0.6, 0.5), (-0.4, 0.48)])
    _line(ink, cut, [(0.7, 0.75), (0.4, 0.8), (0.2, 0.78)])


def _shirt(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _skin_vee(ink, cut, skin, 0.3, 0.13)
    _line(ink, cut, [(0, 0.12), (0.01, 0.5), (0, 1)])
    _buttons(ink, cut, mix(outfit.color, outfit.accent, 0.5), 0.22, 0.92, 5)
    _collar(ink, cut, mix(outfit.color, LINEN, 0.35))
    if outfit.motif % 3 == 0:
        _tie(ink, outfit, cut)


def _tie(ink: Ink, outfit: Outfit, cut: Cut) -> None:
    _piece(ink, cut, [(-0.09, 0.08), (0.09, 0.08), (0.06, 0.18), (-0.06, 0.18)], outfit.accent)
    _piece(
        ink,
        cut,
        [(-0.05, 0.18), (0.05, 0.18), (0.13, 0.68), (0, 0.78), (-0.13, 0.68)],
        outfit.accent,
    )


def _suit(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    under = [(-0.34, -0.05), (0.34, -0.05), (0.16, 0.4), (0, 0.62), (-0.16, 0.4)]
    _piece(ink, cut, under, outfit.under)
    if outfit.top == "suit" and outfit.motif % 5:
        _tie(ink, outfit, cut)
    else:
        _skin_vee(ink, cut, skin, 0.26, 0.18)
    _collar(ink, cut, outfit.under)
    lapel = mix(outfit.color, LINEN, 0.08)
    for side in (-1, 1):
        points = [(0.28, -0.08), (0.46, -0.02), (0.56, 0.2), (0.42, 0.24), (0.48, 0.3), (0, 0.64)]
        _piece(ink, cut, [(side * u, v) for u, v in points], lapel)
    _line(ink, cut, [(0, 0.62), (0.02, 0.8), (0.06, 1.02)])
    _buttons(ink, cut, darker(outfit.color, 0.6), 0.68, 0.84, 2)
    _line(ink, cut, [(0.35, 0.42), (0.6, 0.4)])


def _hoodie(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _skin_vee(ink, cut, skin, 0.3, 0.14)
    for side in (-1, 1):
        hood = [(0, 0.2), (side * 0.3, -0.12), (side * 0.62, -0.06), (side * 0.5, 0.14)]
        path = shapes.smooth([cut.at(u, v) for u, v in hood])
        ink.shape(path, outfit.color, label=Label.CLOTHES, shade=1.2)
        _line(ink, cut, [(side * 0.14, 0.16), (side * 0.16, 0.3), (side * 0.13, 0.44)], 1.3)
    _piece(ink, cut, [(-0.45, 0.7), (0.45, 0.7), (0.6, 0.95), (-0.6, 0.95)], outfit.color)


def _sailor(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _skin_vee(ink, cut, skin, 0.34, 0.32)
    for side in (-1, 1):
        flap = [
            (0, 0.4),
            (side * 0.3, -0.1),
            (side * 0.72, -0.02),
            (side * 0.72, 0.2),
            (side * 0.5, 0.24),
        ]
        _piece(ink, cut, flap, outfit.bottom)
        _line(ink, cut, [(side * 0.64, 0.02), (side * 0.64, 0.17), (side * 0.46, 0.2)], 0.5)
        bow = [(0, 0.4), (side * 0.34, 0.3), (side * 0.36, 0.52)]
        _piece(ink, cut, bow, outfit.accent)
        _piece(ink, cut, [(0, 0.42), (side * 0.14, 0.72), (side * 0.02, 0.66)], outfit.accent)


def _turtleneck(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    band = [(-0.36, -0.2), (0.36, -0.2), (0.42, 0.02), (0, 0.09), (-0.42, 0.02)]
    path = shapes.smooth([cut.at(u, v) for u, v in band])
    ink.shape(path, outfit.color, label=Label.CLOTHES)
    for u in (-0.2, 0, 0.2):
        _line(ink, cut, [(u, -0.14), (u * 1.1, 0.04)], 0.5)


def _coat(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _piece(ink, cut, [(-0.3, -0.05), (0.3, -0.05), (0.3, 1.02), (-0.3, 1.02)], outfit.under)
    _skin_vee(ink, cut, skin, 0.28, 0.12)
    for side in (-1, 1):
        lapel = [(side * 0.24, -0.1), (side * 0.62, 0.0), (side * 0.6, 0.34), (side * 0.3, 0.46)]
        _piece(ink, cut, lapel, mix(outfit.color, LINEN, 0.1))
        _line(ink, cut, [(side * 0.3, 0.4), (side * 0.32, 0.7), (side * 0.34, 1.02)], 1.0)


def _robe(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _skin_vee(ink, cut, skin, 0.3, 0.2)
    for side, end in ((1, (-0.5, 0.72)), (-1, (0.55, 0.76))):
        start = side * 0.34
        band = [
            (start, -0.08),
            (start + side * 0.14, -0.04),
            (end[0], end[1]),
            (end[0] + side * 0.14, end[1] - 0.08),
        ]
        _piece(ink, cut, band, mix(outfit.accent, LINEN, 0.5))
    _piece(ink, cut, [(-0.8, 0.72), (0.8, 0.72), (0.82, 0.86), (-0.82, 0.86)], outfit.accent)


def _armor(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    metal = mix(outfit.color, (190, 196, 206), 0.7)
    _piece(ink, cut, [(-0.8, 0.05), (0.8, 0.05), (0.66, 0.6), (0, 0.72), (-0.66, 0.6)], metal)
    _line(ink, cut, [(0, 0.06), (0, 0.7)])
    for side in (-1, 1):
        for size in (0.34, 0.24):
            x, y = cut.at(side * 0.98, 0.1)
            plate = shapes.ellipse(x, y, cut.half * size, cut.half * size * 0.9)
            ink.shape(plate, metal, label=Label.CLOTHES)
    _turtleneck(ink, outfit, cut, skin)


def _apron(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _plain(ink, outfit, cut, skin)
    _piece(ink, cut, [(-0.45, 0.24), (0.45, 0.24), (0.6, 1.04), (-0.6, 1.04)], outfit.accent)
    for side in (-1, 1):
        _line(ink, cut, [(side * 0.42, 0.25), (side * 0.4, 0.0)], 1.6)


def _vest(ink: Ink, outfit: Outfit, cut: Cut, skin: Color) -> None:
    _shirt(ink, outfit, cut, skin)
    for side in (-1, 1):
        half = [
            (side * 0.3, 0.0),
            (side * 0.72, 0.0),
            (side * 0.8, 1.02),
            (side * 0.02, 1.02),
            (side * 0.02, 0.5),
        ]
        _piece(ink, cut, half, outfit.accent)


_DETAILS = {
    "tshirt": _plain, "tank": _plain, "dress": _plain, "blouse": _shirt, "shirt": _shirt,
    "suit": _suit, "blazer": _suit, "hoodie": _hoodie, "sailor": _sailor, "turtleneck": _turtleneck,
    "coat": _coat, "robe": _robe, "armor": _armor, "apron": _apron, "vest": _vest,
}  # fmt: skip

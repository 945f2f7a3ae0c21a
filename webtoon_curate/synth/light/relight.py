"""Light that falls on finished figures: from a side, from below, from behind, through leaves.

Everything takes a (height, width, 3) uint8 picture and leaves all shapes where they are;
lettering stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.light.grade import EYES, mapped
from webtoon_curate.synth.light.overlay import blend, blended
from webtoon_curate.synth.light.relief import edge, face_width, form, spread, toward
from webtoon_curate.synth.paint import Color

Array = NDArray[Any]
Image = NDArray[np.uint8]
Factors = tuple[float, float, float]

LIGHTS: dict[str, float] = {
    "side": 26, "rims": 18, "gloom": 14, "leaves": 8, "blinds": 5, "window": 6, "under": 9,
    "lamp": 10, "noir": 4,
}  # fmt: skip
"""Kinds of light and their weights."""

SHADES: tuple[Factors, ...] = (
    (0.34, 0.38, 0.66), (0.50, 0.42, 0.62), (0.58, 0.46, 0.48), (0.42, 0.40, 0.46),
    (0.26, 0.28, 0.52), (0.62, 0.40, 0.36), (0.32, 0.48, 0.54), (0.70, 0.60, 0.74),
)  # fmt: skip
"""What shadows leave of colors: night, dusk, warm rooms, grey, deep night, embers, teal, pale."""
GLOWS: tuple[Factors, ...] = (
    (1.10, 1.06, 0.98), (1.22, 1.00, 0.72), (1.25, 0.86, 0.62), (0.92, 1.04, 1.22),
    (1.20, 0.70, 0.62), (0.74, 1.10, 1.16), (1.10, 0.84, 1.18),
)  # fmt: skip
"""What lights make of colors: day, lamps, sunset, moon, red, screens, neon."""
RIMS: tuple[Color, ...] = (
    (255, 248, 230), (255, 206, 128), (150, 196, 255), (255, 132, 96), (196, 150, 255),
    (120, 240, 226), (255, 150, 200), (190, 255, 170),
)  # fmt: skip
"""Colors of bright edges."""

_FACE = np.isin(np.arange(256), range(Label.SKIN, Label.FACIAL_HAIR + 1))
_SKIN = np.isin(np.arange(256), [Label.SKIN, Label.NOSE, Label.EARS, Label.NECK])

WHITE_LIGHT = np.ones(3, np.float32)
BLOOD = np.array([1.08, 0.80, 0.74], np.float32)
"""What light that went through skin makes of colors."""
PATTERN = 0.35
"""Least size of what cast shadows are measured by, shorter sides of the picture."""
CLOSE = 0.2
"""Widest faces of less than this share of the shorter side are too far for black shadows."""
DARK_KEEPS = 0.55
"""Share of a shadow's depth that black figures get; white ones get all of it."""


@dataclass
class _Seen:
    """A picture that is to be lit: its pixels and labels, where figures are, and their faces."""

    rgb: Image
    labels: NDArray[np.uint8]
    figure: Array
    faces: Sequence[Array]
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """Pixels of the widest face, or of where one might be."""
        return max(map(face_width, self.faces), default=0.4 * min(self.labels.shape))

    @property
    def brightness(self) -> float:
        """Mean of the figures' pixels, 0 to 1."""
        mean = cv2.mean(self.rgb, self.figure.astype(np.uint8))
        return min(sum(mean[:3]) / 765, 1.0)

    def lit_from(self, x: float, y: float, front: float) -> Array:
        """Light that each pixel takes from a direction, see `relief.toward`."""
        return spread(toward(form(self.figure, self.faces), x, y, front), self.labels)

    def tones(self, deep: float = 1.0) -> tuple[Array, Array]:
        """A shadow's and a light's color, factors of what is lit."""
        shade = np.array(one_of(self.rng, SHADES), np.float32) * self.rng.uniform(0.85, 1.15, 3)
        # Dark skin and hair keep more of what light there is, or nothing of them would show.
        shade = 1 - (1 - deep * shade) * (DARK_KEEPS + (1 - DARK_KEEPS) * self.brightness)
        glow = np.array(one_of(self.rng, GLOWS), np.float32)
        if self.rng.random() < 0.45:
            glow = WHITE_LIGHT
        return shade.astype(np.float32), glow

    def lit(self, share: Array, shade: Array, glow: Array, ground: float | Array) -> Image:
        """Colors times shade to glow after a (height, width) share; ``ground`` is that of the
        background."""
        share = np.where(self.figure, share, np.float32(ground)).astype(np.float32)
        return scaled(self.rgb, share, shade, glow)


def scaled(rgb: Image, share: Array, low: Array, high: Array) -> Image:
    """Colors times factors between two, by a (height, width) share from 0 to 1."""
    dark, light = (mapped(rgb, np.arange(256)[:, None] * factors) for factors in (low, high))
    return blend(dark, light, share)


def relit(
    rgb: Image,
    labels: NDArray[np.uint8],
    figure: Array,
    faces: Sequence[Array],
    rng: np.random.Generator,
    name: str | None = None,
) -> tuple[Image, str]:
    """A picture in one of `LIGHTS`, and which.

    Args:
        rgb: the picture.
        labels: (height, width) of `Label`.
        figure: (height, width), true where people are.
        faces: landmarks of each face, (68, 2) in pixels.
        rng: of kind, direction and colors.
        name: the kind; sampled when None.
    """
    name = name or pick(rng, LIGHTS)
    out = _DRAWN[name](_Seen(rgb, labels, figure, faces, rng))
    written = (labels == Label.LETTERING).astype(np.uint8)
    return cv2.copyTo(rgb, written, out), name


def _blood(seen: _Seen, out: Image, share: Array, amount: float) -> Image:
    """The red that skin shows where light ends."""
    band = np.clip(4 * share * (1 - share), 0, 1) * _SKIN[seen.labels] * amount
    return scaled(out, band.astype(np.float32), WHITE_LIGHT, BLOOD)


def _side(seen: _Seen) -> Image:
    """Half of each figure in shadow, with a hard or soft edge that follows the form."""
    rng = seen.rng
    x, front = one_of(rng, (-1.0, 1.0)), between(rng, -0.1, 0.45)
    light = seen.lit_from(x, between(rng, -0.7, 0.2), front)
    soft = between(rng, 0.01, 0.06) if rng.random() < 0.55 else between(rng, 0.15, 0.7)
    share = edge(light, between(rng, 0.05, 0.35), soft)
    shade, glow = seen.tones()
    out = seen.lit(share, shade, glow, between(rng, 0.0, 1.0))
    if rng.random() < 0.5:
        out = _blood(seen, out, share, between(rng, 0.3, 0.9))
    return _rim(seen, out, -x) if rng.random() < 0.35 else out


def _under(seen: _Seen) -> Image:
    """Fire, phones and screens light faces from below, in the dark."""
    rng = seen.rng
    light = seen.lit_from(between(rng, -0.4, 0.4), 1.0, between(rng, 0.1, 0.5))
    soft = between(rng, 0.03, 0.2) if rng.random() < 0.4 else between(rng, 0.3, 0.8)
    share = edge(light, between(rng, 0.2, 0.45), soft)
    shade, _ = seen.tones(between(rng, 0.6, 0.95))
    glow = np.array(one_of(rng, GLOWS[1:]), np.float32)
    return seen.lit(share, shade, glow, between(rng, 0.0, 0.35))


def _rim(seen: _Seen, rgb: Image, x: float, color: Color | None = None) -> Image:
    """A bright edge along the figures' side to the light."""
    rng = seen.rng
    reach = max(seen.unit * between(rng, 0.012, 0.06), 1.0)
    figure = seen.figure.astype(np.float32)
    shift = np.float32([[1, 0, -x * reach], [0, 1, between(rng, 0.1, 0.8) * reach]])
    moved = cv2.warpAffine(figure, shift, figure.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    line = np.clip(figure - moved, 0, 1)
    soft = between(rng, 0.3, 0.7) * reach if rng.random() < 0.6 else 0.6
    line = cv2.GaussianBlur(line, (0, 0), soft) * figure * between(rng, 0.7, 1.3)
    return blended(rgb, np.minimum(line, 1), color or one_of(rng, RIMS))


def _rims(seen: _Seen) -> Image:
    """Dark figures with bright edges, of one color or of two."""
    rng = seen.rng
    x, deep = one_of(rng, (-1.0, 1.0)), between(rng, 0.5, 1.35)
    shade, _ = seen.tones(deep)
    key = seen.lit_from(x, between(rng, -0.8, 0.1), between(rng, -0.5, -0.1))
    share = edge(key, between(rng, 0.15, 0.35), between(rng, 0.03, 0.3)) * between(rng, 0.4, 1.0)
    out = seen.lit(share, shade, np.array(one_of(rng, GLOWS), np.float32), between(rng, 0, 1))
    out = _rim(seen, out, x, one_of(rng, RIMS))
    return _rim(seen, out, -x) if rng.random() < 0.45 else out


def _gloom(seen: _Seen) -> Image:
    """The upper half of faces in shadow, as of those who are ashamed or mean harm."""
    rng = seen.rng
    rows, columns = (np.arange(side, dtype=np.float32) for side in seen.labels.shape)
    dark = np.zeros(seen.labels.shape, np.float32)
    stop, soft = between(rng, 0.15, 0.62), between(rng, 0.02, 0.06)
    if rng.random() < 0.65:
        soft = between(rng, 0.3, 0.9)
    for points in seen.faces:
        brows, chin = points[17:27].mean(0), points[8]
        down = (chin - brows) / max(float(((chin - brows) ** 2).sum()), 1.0)
        along = (columns - brows[0]) * down[0] + ((rows - brows[1]) * down[1])[:, None]
        away = np.hypot(columns - brows[0], (rows - brows[1])[:, None])
        near = away < 1.4 * face_width(points)
        dark = np.maximum(dark, edge(-along, -stop, soft) * near)
    dark *= _FACE[seen.labels]
    if rng.random() < 0.3:
        dark[EYES[seen.labels]] *= between(rng, 0.0, 0.4)
    strength = between(rng, 0.55, 1.0)
    shade, _ = seen.tones(between(rng, 0.45, 0.95))
    dark = cv2.GaussianBlur(dark, (0, 0), 0.8) * strength
    return scaled(seen.rgb, dark, WHITE_LIGHT, shade)


def _noir(seen: _Seen) -> Image:
    """Black shadows in which parts of the faces vanish."""
    rng = seen.rng
    if seen.unit < CLOSE * min(seen.labels.shape):
        return _side(seen)
    x = one_of(rng, (-1.0, 1.0))
    light = seen.lit_from(x, between(rng, -0.8, 0.6), between(rng, -0.1, 0.3))
    share = edge(light, between(rng, 0.1, 0.4), between(rng, 0.01, 0.05))
    dark = rng.uniform(0.0, 0.16, 3).astype(np.float32)
    ground = one_of(rng, (0.0, 1.0, 1.0))
    high = np.full(3, between(rng, 1.0, 1.15), np.float32)
    return seen.lit(share, dark, high, ground)


def _lamp(seen: _Seen) -> Image:
    """A light in the picture: what is near it is lit from there, all else is dark."""
    rng = seen.rng
    height, width = seen.labels.shape
    x, y = width * between(rng, -0.1, 1.1), height * between(rng, 0.0, 1.1)
    if seen.faces:
        middle = one_of(rng, seen.faces).mean(0)
        turn, far = between(rng, 0, 2 * np.pi), seen.unit * between(rng, 0.6, 1.2)
        x, y = middle[0] + far * np.cos(turn), middle[1] + far * np.sin(turn)
    shape = form(seen.figure, seen.faces)
    rows, columns = (np.arange(s, dtype=np.float32) for s in shape.height.shape)
    across = (x * len(columns) / width - columns) / len(columns) * width
    up = ((y * len(rows) / height - rows) / len(rows) * height)[:, None]
    far = np.sqrt(across**2 + up**2 + (0.4 * seen.unit) ** 2)
    steep = np.sqrt(1 + shape.across**2 + shape.down**2)
    front = 0.25 * seen.unit
    light = (front - across * shape.across - up * shape.down) / (steep * far)
    reach = seen.unit * between(rng, 0.8, 2.0)
    near = np.exp(-((far / reach) ** 2))
    share = spread(np.clip(light + 0.25, 0, 1) * np.sqrt(near) * 1.4, seen.labels)
    ground = spread(near, seen.labels)
    shade, _ = seen.tones(between(rng, 0.5, 0.9))
    tone = np.array(one_of(rng, GLOWS[1:]), np.float32)
    out = seen.lit(np.clip(share, 0, 1), shade, tone * 1.05, ground)
    halo = np.clip(ground**3 * between(rng, 0.2, 0.9), 0, 1) * np.where(seen.figure, 0.35, 1.0)
    return blended(out, halo, tone * 235)


def _cast(seen: _Seen, pattern: Callable[[_Seen, Array, Array], Array]) -> Image:
    """The shadow of a pattern over everything, bent by the form."""
    rng = seen.rng
    height, width = seen.labels.shape
    bend = spread(form(seen.figure, seen.faces).height, seen.labels) * between(rng, 0.1, 0.5)
    turn = between(rng, -0.6, 0.6)
    # Patterns of small figures would be camouflage.
    unit = max(seen.unit, PATTERN * min(height, width))
    columns = (np.arange(width, dtype=np.float32) - width * rng.random()) / unit
    rows = ((np.arange(height, dtype=np.float32) - height * rng.random()) / unit)[:, None]
    x = (columns * np.cos(turn) + rows * np.sin(turn) + bend).astype(np.float32)
    y = (rows * np.cos(turn) - columns * np.sin(turn) + bend).astype(np.float32)
    share = pattern(seen, x, y).astype(np.float32)
    if rng.random() < 0.6:
        share = cv2.GaussianBlur(share, (0, 0), max(seen.unit * between(rng, 0.005, 0.05), 0.5))
    shade, glow = seen.tones(between(rng, 0.8, 1.3))
    return scaled(seen.rgb, share, np.minimum(shade, 0.92), glow)


def _blinds(seen: _Seen) -> Image:
    """Bands of light between slats."""

    def bands(seen: _Seen, x: Array, y: Array) -> Array:
        pitch, part = between(seen.rng, 0.12, 0.5), between(seen.rng, 0.35, 0.7)
        return edge(np.abs(((y / pitch) % 1) - 0.5), 0.5 * part, 0.06)

    return _cast(seen, bands)


def _window(seen: _Seen) -> Image:
    """Light through a window, with or without bars."""

    def panes(seen: _Seen, x: Array, y: Array) -> Array:
        wide, tall = between(seen.rng, 0.5, 1.4), between(seen.rng, 0.7, 1.8)
        lean = between(seen.rng, -0.6, 0.6)
        x = x + lean * y
        bar = between(seen.rng, 0.03, 0.09)
        inside = (np.abs(x) < wide) & (np.abs(y) < tall)
        free = (np.abs(x) > bar) & (np.abs(y - 0.2 * tall) > bar)
        return inside & free if seen.rng.random() < 0.6 else inside

    return _cast(seen, panes)


def _leaves(seen: _Seen) -> Image:
    """Spots of light that fall through a tree."""

    def spots(seen: _Seen, x: Array, y: Array) -> Array:
        rng = seen.rng
        grain = rng.random((32, 32)).astype(np.float32)
        for axis in (0, 1):
            grain = 0.5 * (grain + np.roll(grain, 1, axis))
        close = between(rng, 4.0, 12.0)
        noise = cv2.remap(grain, x * close, y * close * between(rng, 0.6, 1.4), cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_WRAP)  # fmt: skip
        return edge(noise, float(np.quantile(grain, between(rng, 0.3, 0.7))), 0.04)

    return _cast(seen, spots)


_DRAWN: dict[str, Callable[[_Seen], Image]] = {
    "side": _side, "rims": _rims, "gloom": _gloom, "leaves": _leaves, "blinds": _blinds,
    "window": _window, "under": _under, "lamp": _lamp, "noir": _noir,
}  # fmt: skip

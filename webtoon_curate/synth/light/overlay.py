"""Colors laid over finished pictures: gradients, gradient maps, glow, tone, haze.

All functions take and give (height, width, 3) uint8 pictures; shapes stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.light.grade import mapped, reduced
from webtoon_curate.synth.paint import Color

Array = NDArray[Any]
Image = NDArray[np.uint8]

OVERLAYS: dict[str, float] = {
    "gradient": 24, "duotone": 26, "diffusion": 22, "halftone": 10, "negative light": 4,
    "white out": 14,
}  # fmt: skip
"""Kinds and their weights."""

RAMPS: tuple[tuple[Color, Color, Color], ...] = (
    ((6, 10, 44), (28, 70, 160), (150, 206, 255)),
    ((4, 6, 30), (14, 44, 140), (70, 130, 240)),
    ((30, 4, 10), (150, 26, 30), (255, 150, 110)),
    ((40, 18, 60), (190, 84, 96), (255, 214, 150)),
    ((14, 20, 30), (70, 96, 110), (220, 226, 214)),
    ((28, 16, 12), (130, 88, 60), (250, 228, 190)),
    ((8, 24, 24), (20, 110, 100), (170, 250, 220)),
    ((24, 8, 44), (110, 56, 150), (240, 190, 240)),
    ((70, 40, 30), (224, 140, 60), (255, 236, 170)),
    ((40, 46, 66), (120, 130, 160), (236, 236, 246)),
)
"""Dark, middle and light of pictures in one color: nights, embers, dusk, memories, neon."""
TINTS: tuple[Color, ...] = (
    (255, 180, 110), (120, 140, 235), (255, 140, 150), (140, 210, 235), (190, 150, 240),
    (250, 225, 150), (120, 190, 150), (70, 70, 120),
)  # fmt: skip
"""Colors of gradients over panels."""


def overlaid(rgb: Image, rng: np.random.Generator, name: str | None = None) -> tuple[Image, str]:
    """A picture under one of `OVERLAYS`, and which."""
    name = name or pick(rng, OVERLAYS)
    return _DRAWN[name](rgb, rng), name


def blend(first: Image, second: Image, share: Array) -> Image:
    """From one picture to another, by a (height, width) share from 0 to 1."""
    part = cv2.merge([cv2.convertScaleAbs(share, alpha=255)] * 3)
    kept = cv2.multiply(first, 255 - part, scale=1 / 255)
    return cv2.add(kept, cv2.multiply(second, part, scale=1 / 255))


def blended(rgb: Image, share: Array, color: Array | Sequence[float]) -> Image:
    """A color laid over a picture by a (height, width) share."""
    over = np.empty_like(rgb)
    over[:] = np.clip(color, 0, 255)
    return blend(rgb, over, share)


def _across(rgb: Image, rng: np.random.Generator) -> Array:
    """0 to 1 from one side of the picture to the other, mostly downwards or upwards."""
    height, width = rgb.shape[:2]
    turn = one_of(rng, (-1, 1)) * (np.pi / 2) + rng.normal(0, 0.5)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32) * np.float32(np.cos(turn))
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32) * np.float32(np.sin(turn))
    along = (x + y[:, None]) * np.float32(between(rng, 0.8, 2.0))
    return np.clip(along + np.float32(between(rng, 0.2, 0.8)), 0, 1)


def _multiplied(rgb: Image, color: Array) -> Image:
    return mapped(rgb, np.arange(256)[:, None] * color / 255)


def _screened(rgb: Image, color: Array) -> Image:
    return 255 - _multiplied(255 - rgb, 255 - color)


def _gradient(rgb: Image, rng: np.random.Generator) -> Image:
    """One color of light above, another below; dark ones multiply, light ones wash out."""
    share = _across(rgb, rng)
    first, second = (np.array(one_of(rng, TINTS), float) for _ in range(2))
    one = _multiplied(rgb, first * between(rng, 0.5, 1.0))
    if rng.random() < 0.5:
        two = _multiplied(rgb, np.minimum(second * between(rng, 0.6, 1.3), 255))
    else:
        two = _screened(rgb, second * between(rng, 0.3, 0.8))
    return blend(one, two, share)


def _duotone(rgb: Image, rng: np.random.Generator) -> Image:
    """Shades of one color, or of three, and what is left of the real ones."""
    ramp = np.array(one_of(rng, RAMPS), float) + rng.normal(0, 8, 3)
    ramp = ramp[:, rng.permutation(3)] if rng.random() < 0.15 else ramp
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    middle = between(rng, 0.35, 0.65)
    at = np.linspace(0, 1, 256)
    table = np.stack([np.interp(at, (0, middle, 1), tones) for tones in ramp.T], axis=1)
    mapped = cv2.LUT(cv2.merge([grey] * 3), np.clip(table, 0, 255).astype(np.uint8)[None])
    own = between(rng, 0.0, 0.45)
    return cv2.addWeighted(mapped, 1 - own, rgb, own, 0)


def soft(rgb: Image, reach: float) -> Image:
    """Much blurred; ``reach`` is a share of the longer side."""
    small = reduced(rgb, 4)
    small = cv2.GaussianBlur(small, (0, 0), max(reach * max(small.shape), 0.6))
    return cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _diffusion(rgb: Image, rng: np.random.Generator) -> Image:
    """What is bright glows into its surroundings, as in romances."""
    glow = soft(rgb, between(rng, 0.01, 0.04))
    if rng.random() < 0.6:
        cut = between(rng, 60, 150)
        table = np.clip((np.arange(256) - cut) * 255 / (255 - cut), 0, 255).astype(np.uint8)
        glow = cv2.LUT(glow, table)
    amount = between(rng, 0.35, 0.95)
    light = cv2.addWeighted(glow, amount, glow, 0, 0)
    out = 255 - cv2.multiply(255 - rgb, 255 - light, scale=1 / 255)
    return cv2.addWeighted(out, 1.0, out, 0.0, -between(rng, 0, 24))


def _halftone(rgb: Image, rng: np.random.Generator) -> Image:
    """Printed or pasted dots over colors, denser to one side."""
    height, width = rgb.shape[:2]
    pitch, turn = max(between(rng, 0.012, 0.03) * max(height, width), 3.0), between(rng, 0.2, 1.3)
    x = np.arange(width, dtype=np.float32) * np.float32(2 * np.pi / pitch)
    y = (np.arange(height, dtype=np.float32) * np.float32(2 * np.pi / pitch))[:, None]
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    wave = 0.5 + 0.25 * (np.cos(x * cos + y * sin) + np.cos(y * cos - x * sin))
    if rng.random() < 0.5:
        dense = _across(rgb, rng) * np.float32(between(rng, 0.3, 0.7))
    else:
        dark = 255 - cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        dense = dark.astype(np.float32) * np.float32(between(rng, 0.5, 0.9) / 255)
    share = np.clip((dense - wave) * np.float32(0.25 * pitch) + 0.5, 0, 1)
    share *= np.float32(between(rng, 0.2, 0.8))
    if rng.random() < 0.7:
        over = _multiplied(rgb, rng.uniform(20, 160, 3))
    else:
        over = _screened(rgb, rng.uniform(90, 230, 3))
    return blend(rgb, over, share)


def _negative_light(rgb: Image, rng: np.random.Generator) -> Image:
    """A flash: hard light, few tones."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    low, high = between(rng, 50, 90), between(rng, 130, 190)
    dark, light = np.array(one_of(rng, RAMPS), float)[[0, 2]]
    at = np.clip((np.arange(256) - low) / (high - low), 0, 1)[:, None]
    table = dark + np.round(at * 3) / 3 * (light - dark)
    return cv2.LUT(cv2.merge([grey] * 3), np.clip(table, 0, 255).astype(np.uint8)[None])


def _white_out(rgb: Image, rng: np.random.Generator) -> Image:
    """Pale and low in contrast: dreams, mist, glare; the picture's rim may dissolve."""
    light = np.array(one_of(rng, ((255, 255, 255), (255, 244, 226), (232, 240, 255))), float)
    pale = between(rng, 0.25, 0.7)
    table = np.arange(256)[:, None] * (1 - pale) + pale * light
    out = cv2.LUT(rgb, np.clip(table, 0, 255).astype(np.uint8)[None])
    if rng.random() < 0.5:
        return out
    return blend(rgb, out, _across(rgb, rng))


_DRAWN = {
    "gradient": _gradient, "duotone": _duotone, "diffusion": _diffusion, "halftone": _halftone,
    "negative light": _negative_light, "white out": _white_out,
}  # fmt: skip

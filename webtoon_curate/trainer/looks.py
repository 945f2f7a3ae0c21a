"""How a tile looks: color, light, line art, print and damage, so that a detector sees many styles.

Every function takes RGB uint8 (height, width, 3) and gives the same; faces stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Look = Callable[[np.random.Generator, Pixels], Pixels]


def _clipped(values: NDArray) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)


def _grey(pixels: Pixels) -> Pixels:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def _colored(grey: NDArray) -> Pixels:
    return np.repeat(_clipped(grey)[:, :, None], 3, axis=2)


def grey(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Without color, by weights that vary, or in one tint."""
    mixed = pixels.astype(np.float32) @ rng.dirichlet((3, 6, 2)).astype(np.float32)
    if rng.random() < 0.75:
        return _colored(mixed)
    dark, light = np.sort(rng.uniform((0, 170), (90, 256), (3, 2))).T
    return _clipped(dark + mixed[:, :, None] / 255 * (light - dark))


def hue(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Another hue and saturation."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(int) + int(rng.integers(0, 180))) % 180
    hsv[:, :, 1] = _clipped(hsv[:, :, 1] * rng.uniform(0.2, 1.8))
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def weave(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Other textures and colors by a random convolution, mixed with what was there, so that
    shapes are all that stays (Xu et al. 2021, arXiv 2007.13003)."""
    side = int(rng.choice([1, 3, 5]))
    kernels = rng.standard_normal((3, 3, side, side)).astype(np.float32)
    mean = pixels.mean(axis=(0, 1), dtype=np.float32)
    planes = cv2.split(pixels - mean)
    woven = cv2.merge([sum(cv2.filter2D(p, -1, k) for p, k in zip(planes, ks)) for ks in kernels])
    woven *= max(np.std(planes), 1.0) / max(float(woven.std()), 1e-3)
    return _clipped(pixels + rng.uniform() * (woven + mean - pixels))


def mood(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Colored light over everything, as at night or at sunset."""
    light = rng.uniform(0.25, 1.0, 3)
    lift = rng.uniform(0, 60, 3) * (rng.random() < 0.3)
    return _clipped(pixels * light + lift)


def tone(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Brightness, contrast and gamma."""
    table = np.linspace(0, 1, 256) ** np.exp(rng.uniform(-0.6, 0.6))
    table = (table - 0.5) * rng.uniform(0.45, 1.5) + 0.5 + rng.uniform(-0.2, 0.2)
    return cv2.LUT(pixels, _clipped(table * 255))


def shadow(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """A dark side with a straight or soft border."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:height, :width]
    across = (x / width - rng.uniform()) * np.cos(angle) + (y / height - rng.uniform()) * np.sin(
        angle
    )
    share = np.clip(across * rng.choice([3.0, 60.0]) + 0.5, 0, 1)[:, :, None]
    return _clipped(pixels * (1 - share * (1 - rng.uniform(0.2, 0.7, 3))))


def sketch(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Pencil lines on white: the picture divided by its blurred self (color dodge)."""
    plain = _grey(pixels)
    blurred = cv2.GaussianBlur(plain, (0, 0), rng.uniform(1.0, 4.0))
    lines = cv2.divide(plain, blurred, scale=256).astype(np.float32)
    return _colored(255 - (255 - lines) * rng.uniform(1.0, 3.0))


def ink(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Black and white by a local threshold, as inked line art."""
    plain = cv2.GaussianBlur(_grey(pixels), (0, 0), 0.8)
    block = int(rng.integers(3, 12)) * 2 + 1
    method = cv2.ADAPTIVE_THRESH_GAUSSIAN_C
    lines = cv2.adaptiveThreshold(plain, 255, method, cv2.THRESH_BINARY, block, rng.uniform(3, 9))
    return _colored(cv2.GaussianBlur(lines, (0, 0), 0.6))


def outline(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Dark lines where colors meet, over the colors, as cel drawing has and painting has not."""
    edges = cv2.morphologyEx(_grey(pixels), cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    dark = 1 - np.clip(edges.astype(np.float32)[:, :, None] / 255 * rng.uniform(1.5, 4), 0, 1)
    return _clipped(pixels * dark)


def flat(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Few colors in even areas."""
    smooth = cv2.bilateralFilter(pixels, 7, 40, 7)
    levels = int(rng.integers(4, 12))
    table = np.round(np.arange(256) / 255 * (levels - 1)) / (levels - 1) * 255
    return cv2.LUT(smooth, _clipped(table))


def screen(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Printed in black dots, as manga greys are."""
    height, width = pixels.shape[:2]
    pitch, angle = rng.uniform(3, 6), rng.uniform(0, np.pi)
    y, x = np.mgrid[:height, :width] * (2 * np.pi / pitch)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    limit = 128 + 62 * (np.cos(u) + np.cos(v))
    plain = _grey(pixels).astype(np.float32)
    dots = np.where(plain > limit * rng.uniform(0.6, 1.0), 255, 0)
    kept = np.where(plain < 50, 0, np.where(plain > 215, 255, dots)).astype(np.float32)
    return _colored(cv2.GaussianBlur(kept, (0, 0), rng.uniform(0.5, 1.0)))


def negative(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Light and dark exchanged, as in moments of shock."""
    return 255 - pixels


def blur(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Out of focus, or magnified from a small picture."""
    if rng.random() < 0.5:
        return cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 2.0))
    height, width = pixels.shape[:2]
    share = rng.uniform(0.35, 0.9)
    small = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    how = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    return cv2.resize(small, (width, height), interpolation=how)


def streak(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Blurred in one direction, by motion."""
    half, angle = int(rng.integers(2, 6)), rng.uniform(0, np.pi)
    line = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    ends = [(round(half + sign * dx), round(half + sign * dy)) for sign in (-1, 1)]
    cv2.line(line, *ends, 1)
    return cv2.filter2D(pixels, -1, line / line.sum())


def glow(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """White or colored light that grows to one side and washes out what is there."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    x, y = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (width, height))
    across = x * np.float32(np.cos(angle)) + y[:, None] * np.float32(np.sin(angle))
    share = np.clip(across * rng.uniform(0.5, 2) + rng.uniform(-0.1, 0.5), 0, 0.85)[:, :, None]
    light = 255 if rng.random() < 0.5 else rng.uniform(90, 255, 3)
    return _clipped(pixels + share * (light - pixels.astype(np.float32)))


def noise(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Grain."""
    seed = np.random.default_rng(rng.integers(1 << 32))
    grain = seed.standard_normal((*pixels.shape[:2], 3 if rng.random() < 0.5 else 1), np.float32)
    return _clipped(pixels + grain * rng.uniform(2, 16))


def jpeg(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """The blocks and halos of JPEG."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))]
    return cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], cv2.IMREAD_COLOR)


def balloons(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Speech balloons and letters of strokes, anywhere: what is under them can still be guessed
    or the face is small against its tile."""
    height, width = pixels.shape[:2]
    pixels = pixels.copy()
    for _ in range(int(rng.integers(1, 3))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        wide, high = (int(side * rng.uniform(0.06, 0.16)) for side in (width, height))
        paper = (255, 255, 255) if rng.random() < 0.85 else tuple(map(int, rng.integers(0, 256, 3)))
        dark = (0, 0, 0) if sum(paper) > 300 else (255, 255, 255)
        if rng.random() < 0.8:
            cv2.ellipse(pixels, (x, y), (wide, high), 0, 0, 360, paper, -1, cv2.LINE_AA)
            cv2.ellipse(pixels, (x, y), (wide, high), 0, 0, 360, dark, 1, cv2.LINE_AA)
        for row in range(-high // 2, high // 2 + 1, max(5, high // 3)):
            for column in range(-wide // 2, wide // 2, 6):
                strokes = rng.integers(0, 6, (3, 2)) + np.array([x + column, y + row])
                cv2.polylines(pixels, [strokes.astype(np.int32)], False, dark, 1, cv2.LINE_AA)
    return pixels


LOOKS: tuple[tuple[float, Look], ...] = (
    (0.12, balloons),
    (0.06, flat),
    (0.06, outline),
    (0.30, hue),
    (0.08, weave),
    (0.20, mood),
    (0.10, shadow),
    (0.08, glow),
    (0.05, sketch),
    (0.04, ink),
    (0.04, screen),
    (0.15, grey),
    (0.02, negative),
    (0.60, tone),
    (0.20, blur),
    (0.04, streak),
    (0.20, noise),
    (0.45, jpeg),
)
"""How often each is applied, in the order in which a page gets drawn, printed and copied."""


def restyled(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """The tile in a random look."""
    for share, look in LOOKS:
        if rng.random() < share:
            pixels = look(rng, pixels)
    return pixels

"""Brushes and grounds: a finished drawing as if it were painted in oil, gouache or watercolor.

All functions take and give (height, width, 3) uint8 pictures; shapes stay where they are, their
edges get soft, hard or lost as a brush leaves them.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.light.grade import reduced

Array = NDArray[Any]
Image = NDArray[np.uint8]

STEPS = 4
"""Steps along the form from a stroke's middle to its end."""
FINE = 0.8
"""Pixels below which nothing is painted over."""


def handled(rgb: Image, hand: str, rng: np.random.Generator, side: float | None = None) -> Image:
    """A picture as a title's hand paints it.

    Args:
        rgb: the picture.
        hand: `clean`, `oil`, `dry`, `gouache` or `wash`.
        rng: of the strokes.
        side: what brushes are measured by, pixels; the picture's longer side when None. Small
            figures are painted with small brushes.
    """
    side = max(rgb.shape[:2]) if side is None else side
    return rgb if hand == "clean" else _HANDS[hand](rgb, rng, side)


def flow(rgb: Image, reach: float) -> tuple[Array, Array]:
    """Unit vectors along the form, at half the size: across the steepest change of tone.

    From the smoothed structure tensor (Brox et al. 2006), as painterly filters do it.
    """
    small = reduced(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 2)
    dx, dy = (cv2.Sobel(small, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    xx, xy, yy = (cv2.GaussianBlur(v, (0, 0), reach / 2) for v in (dx * dx, dx * dy, dy * dy))
    angle = 0.5 * cv2.phase(xx - yy, 2 * xy) + np.float32(np.pi / 2)
    angle[xx + yy < 1] = 0.8
    return np.cos(angle), np.sin(angle)


def strokes(rgb: Image, rng: np.random.Generator, reach: float, rough: float) -> Image:
    """Brush strokes along the form, each of a slightly different tone.

    Args:
        rgb: the picture.
        rng: of where strokes are.
        reach: half a stroke's length, pixels.
        rough: how much strokes differ in tone, 0-255.
    """
    size = rgb.shape[1], rgb.shape[0]
    x, y = flow(rgb, max(reach * 0.6, 2.0))
    half = x.shape[1], x.shape[0]
    grid = (max(round(2 * side / max(reach * 0.3, 2.0)), 4) for side in half[::-1])
    bristles = rng.standard_normal(tuple(grid), dtype=np.float32)
    bristles = cv2.resize(bristles, half, interpolation=cv2.INTER_LINEAR)
    columns, rows = (np.arange(side, dtype=np.float32) for side in half)
    step, total = 0.5 * reach / STEPS, np.zeros_like(bristles)
    for at in range(-STEPS, STEPS + 1):
        to = columns + x * (step * at), rows[:, None] + y * (step * at)
        total += cv2.remap(bristles, *to, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    total *= rough / max(float(total.std()), 1e-3)
    return cv2.add(rgb, cv2.merge([cv2.resize(total, size)] * 3), dtype=cv2.CV_8U)


def lost(rgb: Image, reach: float) -> Image:
    """Lines and small things painted over, as far as ``reach`` pixels."""
    if reach < FINE:
        return rgb
    if reach < 1.5:
        return cv2.medianBlur(rgb, 3)
    small = cv2.medianBlur(reduced(rgb, 2), 3)
    if reach >= 3:
        small = cv2.medianBlur(small, 5)
    return cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def ragged(rgb: Image, rng: np.random.Generator, reach: float) -> Image:
    """Edges as a loaded brush leaves them: moved to and fro by ``reach`` pixels."""
    height, width = rgb.shape[:2]
    grid = (2, height // 5 + 2, width // 5 + 2)
    shake = rng.standard_normal(grid, dtype=np.float32) * np.float32(reach)
    columns, rows = (np.arange(side, dtype=np.float32) for side in (width, height))
    x, y = (cv2.resize(plane, (width, height)) for plane in shake)
    x += columns
    y += rows[:, None]
    return cv2.remap(rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _oil(rgb: Image, rng: np.random.Generator, side: float) -> Image:
    """Thick strokes along the form; lines are painted over here and there."""
    reach = side * between(rng, 0.012, 0.035)
    mixed = between(rng, 0.2, 0.9)
    base = cv2.addWeighted(lost(rgb, 0.006 * side), mixed, rgb, 1 - mixed, 0)
    out = strokes(base, rng, reach, between(rng, 3, 10))
    return _canvas(out, rng) if rng.random() < 0.4 else out


def _dry(rgb: Image, rng: np.random.Generator, side: float) -> Image:
    """A dry digital brush: fine streaks, sharp lines."""
    return strokes(rgb, rng, side * between(rng, 0.006, 0.014), between(rng, 2, 7))


def _gouache(rgb: Image, rng: np.random.Generator, side: float) -> Image:
    """Flat planes of paint with ragged edges."""
    base = ragged(lost(rgb, between(rng, 0.004, 0.014) * side), rng, 0.004 * side)
    keep = between(rng, 0.15, 0.7)
    return cv2.addWeighted(base, 1 - keep, rgb, keep, 0)


def _canvas(rgb: Image, rng: np.random.Generator) -> Image:
    """The weave of canvas."""
    height, width = rgb.shape[:2]
    pitch = between(rng, 2.2, 4.0)
    x = np.sin(np.arange(width, dtype=np.float32) * np.float32(2 * np.pi / pitch))
    y = np.sin(np.arange(height, dtype=np.float32) * np.float32(2 * np.pi / pitch))[:, None]
    weave = (x + y) * np.float32(between(rng, 2, 6))
    return cv2.add(rgb, cv2.merge([weave] * 3), dtype=cv2.CV_8U)


def _wash(rgb: Image, rng: np.random.Generator, side: float) -> Image:
    """Watercolor under lines: pools and pale places, colors beyond the lines, white paper left."""
    height, width = rgb.shape[:2]
    long = max(height, width)
    color = lost(rgb, 0.012 * side)
    grey, plain = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (rgb, color))
    lines = cv2.divide(grey, np.maximum(plain, 1), scale=255)
    shift = np.float32([[1, 0, rng.normal(0, 0.006) * side], [0, 1, rng.normal(0, 0.006) * side]])
    color = cv2.warpAffine(color, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
    pools = 0.10 * _blots(rng, height, width, 0.25 * long)
    pools += 0.05 * _blots(rng, height, width, 0.08 * long)
    density = between(rng, 0.6, 1.0) + pools + _blots(rng, height, width, 3) * 0.03
    if rng.random() < 0.5:
        away = np.hypot(np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None])
        rim = between(rng, 0.8, 1.2) + pools - away.astype(np.float32)
        # Pigment gathers where a wash ends.
        rim = np.clip(rim * 40, 0, 40)
        density = np.minimum(rim, 1) * (density + 0.25 * np.exp(-0.5 * rim))
    density = np.clip(density, 0, 1.25).astype(np.float32)
    paint = 255 - cv2.multiply(255 - color, cv2.merge([density] * 3), dtype=cv2.CV_8U)
    return cv2.multiply(paint, cv2.merge([lines] * 3), scale=1 / 255)


def _blots(rng: np.random.Generator, height: int, width: int, pitch: float) -> Array:
    """Smooth noise of deviation 1 whose spots are about ``pitch`` pixels wide."""
    grid = rng.standard_normal((int(height / pitch) + 2, int(width / pitch) + 2), dtype=np.float32)
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


_HANDS = {"oil": _oil, "dry": _dry, "gouache": _gouache, "wash": _wash}

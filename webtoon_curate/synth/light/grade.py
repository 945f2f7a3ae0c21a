"""What happens to a finished drawing: moods of light, screens, blur, noise, scaling, compression.

All functions take and give (height, width, 3) uint8 pictures.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.labels import Label

Image = NDArray[np.uint8]

MOODS: dict[str, float] = {
    "none": 52, "grey": 7, "night": 7, "sunset": 6, "colored": 2.5, "tinted": 7, "faded": 6,
    "backlight": 5, "tone": 2, "dim": 3, "strong": 2, "bloom": 2, "silhouette": 1,
}  # fmt: skip
"""Weights of the light a crop is seen in."""

STRONG = tuple(np.array(c) for c in ((1, 0.15, 0.1), (0.1, 0.3, 1), (0.6, 0.1, 1), (0.1, 1, 0.9)))
"""Lights of stages and dreams: red, blue, violet, teal."""

TONED_SHARE = 0.35
BLUR_SHARE, NOISE_SHARE, RESCALE_SHARE, JPEG_SHARE = 0.10, 0.12, 0.25, 0.5
"""Shares of crops that are lighter, darker or of another white, blurred, grainy, scaled, JPEG."""
JPEG_QUALITY = (12, 96)
RESCALE = (0.22, 0.95)
"""Share of its size that a crop is scaled down to."""

EYES = np.isin(np.arange(256), range(Label.LEFT_EYE, Label.RIGHT_IRIS + 1))
"""Whether each label is of an eye."""


def levels(values: NDArray[Any]) -> Image:
    """Values, rounded to uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def mapped(rgb: Image, table: NDArray[Any]) -> Image:
    """Each channel through its column of a (256, 3) or (256, 1) table of levels."""
    return cv2.LUT(rgb, levels(table)[None])


def reduced(rgb: Image, times: int) -> Image:
    """A picture so many times smaller, but not below 4 pixels."""
    height, width = rgb.shape[:2]
    size = max(width // times, 4), max(height // times, 4)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def through_curves(rgb: Image, scale: NDArray[Any], gamma: float, lift: float = 0.0) -> Image:
    """Each channel through its own curve: ``lift + scale * value ** gamma`` with values 0 to 1."""
    ramp = np.linspace(0, 1, 256)[:, None] ** gamma
    return mapped(rgb, 255 * (lift + scale * ramp))


def grey(rgb: Image) -> Image:
    """Black and white print."""
    return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def colored(rgb: Image, color: NDArray[Any]) -> Image:
    """Print in shades of one color (float, 0 to 1, three values)."""
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    ramp = np.linspace(0, 1, 256)[:, None]
    return levels(255 * (color * ramp + (1 - color) * ramp**3))[light]


def screentone(rgb: Image, pitch: float, turn: float) -> Image:
    """Greys as black dots on a turned grid; the darkest and lightest areas stay solid."""
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = light.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cos, sin = np.cos(turn) * np.pi / pitch, np.sin(turn) * np.pi / pitch
    wave = 0.5 + 0.25 * (np.cos(2 * (x * cos + y * sin)) + np.cos(2 * (y * cos - x * sin)))
    screen = 60 + 170 * wave
    dots = np.where(light > screen, 255, 20).astype(np.uint8)
    dots[light > 225] = 255
    dots[light < 70] = light[light < 70]
    return cv2.cvtColor(dots, cv2.COLOR_GRAY2RGB)


def backlight(rgb: Image, labels: NDArray[np.uint8], rng: np.random.Generator) -> Image:
    """The figure in shadow before a bright ground, with light along one rim."""
    figure = (labels != Label.BACKGROUND).astype(np.uint8)
    dark = through_curves(rgb, np.array([0.55, 0.52, 0.66]) * between(rng, 0.6, 1.1), 1.05)
    reach = max(round(labels.shape[0] * between(rng, 0.008, 0.025)), 1)
    side = reach if rng.random() < 0.5 else -reach
    moved = cv2.warpAffine(
        figure, np.float32([[1, 0, side], [0, 1, reach // 2]]), labels.shape[::-1]
    )
    rim = (figure == 1) & (moved == 0)
    out = np.where(figure[:, :, None] == 1, dark, through_curves(rgb, np.full(3, 1.1), 0.8))
    if rng.random() < 0.7:
        out[rim] = (255, 246, 226)
    return out.astype(np.uint8)


def silhouette(
    rgb: Image, figure: NDArray[Any], labels: NDArray[np.uint8], rng: np.random.Generator
) -> Image:
    """Figures in one dark colour, of whom nothing but the eyes shows.

    Args:
        rgb: the picture.
        figure: (height, width), true where the figures are.
        labels: (height, width) of `Label`.
        rng: of the colour, and of how much of the drawing is left in it.
    """
    dark = np.array([between(rng, 8, 60), between(rng, 6, 40), between(rng, 10, 80)], np.float32)
    left = between(rng, 0.0, 0.12)
    shown = EYES[labels]
    mask = cv2.dilate((figure & ~shown).astype(np.uint8), np.ones((3, 3), np.uint8))
    share = cv2.GaussianBlur((mask * ~shown).astype(np.float32), (0, 0), 0.8)[:, :, None]
    return levels(rgb + share * (1 - left) * (dark - rgb))


def bloom(rgb: Image, rng: np.random.Generator) -> Image:
    """White light that floods the picture from a place and lets bright areas run."""
    height, width = rgb.shape[:2]
    x, y = width * between(rng, -0.1, 1.1), height * between(rng, -0.2, 0.8)
    far = max(height, width) * between(rng, 0.4, 1.1)
    columns = (np.arange(width, dtype=np.float32) - x) / far
    rows = (np.arange(height, dtype=np.float32) - y) / far
    light = np.exp(-(columns**2 + rows[:, None] ** 2)) * between(rng, 0.35, 0.75)
    soft = cv2.GaussianBlur(reduced(rgb, 4), (0, 0), 0.01 * width)
    soft = cv2.resize(soft, (width, height))
    glow = np.maximum(rgb.astype(np.float32), soft * between(rng, 0.6, 1.0))
    return levels(glow + light[:, :, None] * (255 - glow))


def mood(
    rgb: Image, labels: NDArray[np.uint8], rng: np.random.Generator, name: str | None = None
) -> tuple[Image, str]:
    """The picture in one of `MOODS`, and which."""
    name = name or pick(rng, MOODS)
    if name == "grey":
        return grey(rgb), name
    if name == "colored":
        return colored(rgb, np.array([rng.random(), rng.random(), rng.random()])), name
    if name == "tone":
        return screentone(rgb, between(rng, 2.6, 5.0), between(rng, 0.2, 1.3)), name
    if name == "backlight":
        return backlight(rgb, labels, rng), name
    if name == "bloom":
        return bloom(rgb, rng), name
    if name == "silhouette":
        return silhouette(rgb, labels != Label.BACKGROUND, labels, rng), name
    curves = {
        "tinted": (rng.uniform(0.72, 1.1, 3), between(rng, 0.9, 1.15), 0.0),
        "strong": (0.25 + 0.85 * one_of(rng, STRONG), 1.1, 0.0),
        "night": (np.array([0.42, 0.50, 0.80]), 1.25, 0.0),
        "sunset": (np.array([1.08, 0.78, 0.60]), 1.05, 0.02),
        "faded": (np.array([0.75, 0.74, 0.70]), 0.9, 0.22),
        "dim": (np.array([0.5, 0.48, 0.46]), 1.1, 0.02),
    }
    if name not in curves:
        return rgb, name
    scale, gamma, lift = curves[name]
    return through_curves(rgb, scale * rng.uniform(0.85, 1.12, 3), gamma, lift), name


def on_paper(rgb: Image, rng: np.random.Generator) -> Image:
    """Uneven pigment and the grain of paper, for watercolor and pencil."""
    height, width = rgb.shape[:2]
    strength = between(rng, 2, 11)
    blots = rng.standard_normal((height // 24 + 2, width // 24 + 2), dtype=np.float32)
    wash = cv2.resize(blots * strength, (width, height), interpolation=cv2.INTER_CUBIC)
    fibres = rng.standard_normal((height // 2 + 1, width // 2 + 1), dtype=np.float32)
    wash += cv2.resize(fibres * 0.6 * strength, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.add(rgb, cv2.cvtColor(wash, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U)


def blur(rgb: Image, rng: np.random.Generator) -> Image:
    """Out of focus or moved."""
    size = rgb.shape[0]
    if rng.random() < 0.7:
        return cv2.GaussianBlur(rgb, (0, 0), between(rng, 0.002, 0.008) * size)
    length = max(round(between(rng, 0.01, 0.05) * size), 2)
    kernel = np.zeros((length, length), np.float32)
    angle = rng.random() * np.pi
    end = 0.5 * (length - 1) * np.array([np.cos(angle), np.sin(angle)])
    center = (length - 1) / 2
    a, b = np.rint(center - end).astype(int).tolist(), np.rint(center + end).astype(int).tolist()
    cv2.line(kernel, a, b, 1.0)
    return cv2.filter2D(rgb, -1, kernel / kernel.sum())


def noise(rgb: Image, rng: np.random.Generator) -> Image:
    """Grain, the same in all channels."""
    grain = rng.standard_normal(rgb.shape[:2], dtype=np.float32) * between(rng, 2, 14)
    return cv2.add(rgb, cv2.cvtColor(grain, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U)


def resampled(rgb: Image, share: float, rng: np.random.Generator) -> Image:
    """Made smaller, to a share of its size, and large again, each by a sampled filter."""
    height, width = rgb.shape[:2]
    small = (max(round(width * share), 8), max(round(height * share), 8))
    down = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    up = pick(rng, {cv2.INTER_LINEAR: 0.5, cv2.INTER_CUBIC: 0.4, cv2.INTER_NEAREST: 0.1})
    return cv2.resize(cv2.resize(rgb, small, interpolation=down), (width, height), interpolation=up)


def compressed(rgb: Image, quality: int) -> Image:
    """Through JPEG and back."""
    ok, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"cannot encode a picture of shape {rgb.shape} as JPEG")
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def worn(rgb: Image, rng: np.random.Generator) -> Image:
    """What reading, scanning and uploading do: tone, blur, grain, scaling, compression."""
    if rng.random() < TONED_SHARE:
        rgb = through_curves(rgb, rng.uniform(0.82, 1.12, 3), between(rng, 0.75, 1.3))
    if rng.random() < BLUR_SHARE:
        rgb = blur(rgb, rng)
    if rng.random() < RESCALE_SHARE:
        rgb = resampled(rgb, between(rng, *RESCALE), rng)
    if rng.random() < NOISE_SHARE:
        rgb = noise(rgb, rng)
    if rng.random() < JPEG_SHARE:
        rgb = compressed(rgb, int(between(rng, *JPEG_QUALITY)))
    return rgb

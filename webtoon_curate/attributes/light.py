"""The light that a scene is drawn in: night, sunset, yellowed paper.

Artists lay such light over a panel by multiplication, so what is white shows it. The whites of
the eyes are white in every drawing and lie under the light, while gutters and balloons often lie
over it: so eyes tell the scene's light, and its lightest ground is heard where there are no eyes.
What they say is weighed against "no cast", which is true of most scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import linear_of, oklab_of
from webtoon_curate.attributes.lenses import has_lenses
from webtoon_curate.synth.labels import Label

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

EYES = (Label.LEFT_EYE, Label.RIGHT_EYE)
IRISES = (Label.LEFT_IRIS, Label.RIGHT_IRIS)
FEWEST_WHITES = 8
"""Pixels of an eye, without lid line and iris, below which it says nothing."""
DOTTED = 0.25
"""Whites of less than this share of the irises' pixels are the border of dots, which maps of parts
take for them."""
LIGHTER = 0.8
"""The whites are the pixels of an eye lighter than this share of them: the rest is line and
shadow of the lid."""
DARKEST_WHITE, MOST_CHROMA = 0.4, 0.16
"""OKLab: what is darker or more colored is a drawing's red or black eye, not light on white."""
PLAIN = 0.05
"""Chroma of OKLab above which the lightest ground is a color, not light on white."""
OVER_SKIN, BLUER = 0.9, 1.12
"""Whites have at least this share of the skin's green light, and their blue over red is this many
times the skin's, whatever the light: a lid line blended with skin is no white."""
EYE_WEIGHT, GROUND_WEIGHT, NONE_WEIGHT = 1.0, 0.2, 0.35
"""Weights of one face's eyes, of the lightest ground, and of there being no cast."""
LENSED = 0.3
"""What is left of the weight of eyes behind glasses: rims and glare are taken for whites."""
PLENTY = 40
"""Pixels of white at which a face's word counts in full."""
DEAD = 0.10
"""Casts below this (largest difference of logarithms) are tinted whites, not light: drawn whites
of the eyes are up to this far from neutral in white light."""
STRONG = 0.35
"""In a cast like this the whites of the eyes show how dark it is, whatever balloons lie over it."""
LIT, DIM = 0.6, 0.5
"""A scene whose lightest white shows this much linear light is in full light, for whites are drawn
light grey as often as white; at the second level it is wholly believed to be in the dark."""


@dataclass(frozen=True)
class Word:
    """What one place of the picture says of the light.

    Attributes:
        white: (3,) float32, linear light of the lightest thing there.
        weight: how far its color counts; 0 where it may be no white thing.
        eyes: whether it is of eyes.
    """

    white: Floats
    weight: float
    eyes: bool = False


def eyes_word(pixels: Image, labels: NDArray[np.uint8]) -> Word | None:
    """What the whites of a face's eyes say of the light; None without any.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        labels: (height, width) uint8, of `webtoon_curate.synth.labels.Label`.
    """
    seen = linear_of(pixels[np.isin(labels, EYES)])
    if len(seen) < max(FEWEST_WHITES, DOTTED * np.count_nonzero(np.isin(labels, IRISES))):
        return None
    lightness = oklab_of(seen)[:, 0]
    white = np.median(seen[lightness >= np.quantile(lightness, LIGHTER)], axis=0)
    light, a, b = oklab_of(white)
    if light < DARKEST_WHITE or np.hypot(a, b) > MOST_CHROMA:
        return None
    skin = pixels[labels == Label.SKIN]
    if not len(skin):
        return None
    red, green, blue = white / np.maximum(linear_of(np.median(skin, axis=0).astype(np.uint8)), 1e-3)
    if green < OVER_SKIN or blue < BLUER * red:
        return None
    weight = EYE_WEIGHT * (LENSED if has_lenses(labels) else 1.0)
    return Word(white, weight * min(1.0, len(seen) / PLENTY), eyes=True)


def ground_word(pixels: Image) -> Word | None:
    """What the lightest ground of a scene says of the light.

    Args:
        pixels: (height, width, 3) uint8 RGB of the scene, made small.
    """
    seen = linear_of(pixels.reshape(-1, 3))
    if not len(seen):
        return None
    lightness = oklab_of(seen)[:, 0]
    white = np.median(seen[lightness >= np.quantile(lightness, 0.95)], axis=0)
    light, a, b = oklab_of(white)
    plain = light >= 2 * DARKEST_WHITE and np.hypot(a, b) <= PLAIN
    return Word(white, GROUND_WEIGHT if plain else 0.0)


def scene_light(words: Sequence[Word]) -> Floats:
    """The light of a scene.

    Args:
        words: of the places in it; none is white light.

    Returns:
        (3,) float32 linear sRGB, at most 1: what is white shows as this. It is as dark as the
        lightest thing that any word is of; in a strong cast, as the lightest eyes.
    """
    whites = np.array([word.white for word in words], np.float64).reshape(-1, 3).clip(1e-3, 1)
    weights = np.array([word.weight for word in words])
    cast = np.zeros(3)
    if weights.sum() > 0:
        casts = np.log(whites / whites.mean(axis=1, keepdims=True))
        cast = np.array([_middle(column, weights) for column in casts.T])
    belief = weights.sum() / (weights.sum() + NONE_WEIGHT)
    cast = belief * cast * (belief * np.ptp(cast) >= DEAD)
    light = np.exp(cast)
    return (light / light.max() * _level(words, cast, belief)).astype(np.float32)


def _level(words: Sequence[Word], cast: Floats, belief: float) -> float:
    """How much light there is, 0-1."""
    if np.ptp(cast) >= STRONG:
        eyes = [float(word.white.max()) for word in words if word.eyes]
        return max(eyes) ** belief if eyes else 1.0
    lightest = max((float(word.white.max()) for word in words), default=1.0)
    return float(lightest ** (belief * np.clip((LIT - lightest) / (LIT - DIM), 0, 1)))


def _middle(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The weighted median."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])

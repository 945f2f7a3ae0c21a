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

from webtoon_curate.attributes.colorspace import (
    cones_of_oklab,
    linear_of,
    oklab_of,
    oklab_of_cones,
)
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

STRANGE_HUES, STRANGE_CHROMA, STRANGE_LIGHTNESS = (110.0, 345.0), 0.02, 0.85
"""Hues of OKLab (degrees, from green to violet), least chroma and most lightness that skin has in a
strong light, or on a troll, a ghost or a robot."""
SHARED = 0.3
"""In such a light whites have at least this share of the skin's chroma: 0.46 or more on real faces
at night, 0.15 or less on drawn trolls by day."""
TYPICAL_SKIN = np.array([0.862, 0.017, 0.026])
"""OKLab of a light skin, #f2c8aa, with half its chroma: with all of it black hair turns brown, for
night is painted over hair more thinly than by multiplication."""
UNTOLD = 0.5
"""What is left of the chroma of hair without such a light: black hair has some, either way."""

FAIR_SKIN, LIGHTER_THAN_SKIN, DULLER, DULL_HUE = 0.86, 0.08, 0.55, 35.0
"""Lightness of OKLab of a light skin. Hair that is at most this much darker than the skin, has at
most that share of its saturation and a hue within so many degrees is colorless in a warm light."""
NEUTRAL = 0.02
"""Chroma of OKLab up to which hair shows that the light is white."""
DIMMEST_SKIN, WARM_HUES = 0.6, (15.0, 110.0)
"""Lightness below which skin is dark itself, and hues of OKLab (degrees) that skin has in such a
light: a troll's white hair is not known by its skin."""


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


def lights_skin(pixels: Image, labels: NDArray[np.uint8], skin: NDArray[np.uint8]) -> bool:
    """Whether a face is in a light so strong that its skin has another hue.

    The whites of the eyes have it too, but those of a being with such a skin have not.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        labels: (height, width) uint8, of `webtoon_curate.synth.labels.Label`.
        skin: (3,) sRGB, as drawn.
    """
    light, *tint = oklab_of(linear_of(skin))
    chroma, hue = np.hypot(*tint), np.degrees(np.arctan2(tint[1], tint[0])) % 360
    strange = STRANGE_HUES[0] < hue < STRANGE_HUES[1] and chroma > STRANGE_CHROMA
    eyes = oklab_of(linear_of(pixels[np.isin(labels, EYES)]))
    if not strange or light > STRANGE_LIGHTNESS or len(eyes) < FEWEST_WHITES:
        return False
    white = np.median(eyes[eyes[:, 0] >= np.quantile(eyes[:, 0], LIGHTER)], axis=0)
    return bool(np.dot(white[1:], tint) >= SHARED * chroma**2)


def without_light_on(oklab: Floats, skin: NDArray[np.uint8]) -> Floats:
    """Colors in a light that makes a usual skin look like this one.

    The light is taken from the cones' responses (von Kries 1902), for linear sRGB has hardly any
    red at night; how dark it is stays. Of the chroma that is left after it, `UNTOLD` is kept.

    Args:
        oklab: (n, 3), as drawn.
        skin: (3,) sRGB, as drawn.
    """
    seen = oklab_of(linear_of(skin)).astype(np.float64)
    usual = TYPICAL_SKIN * (seen[0] / TYPICAL_SKIN[0])
    gain = cones_of_oklab(usual) / np.maximum(cones_of_oklab(seen), 1e-3)
    return (oklab_of_cones(cones_of_oklab(oklab) * gain) * (1, UNTOLD, UNTOLD)).astype(np.float32)


def colorless_beside(oklab: Floats, skin: NDArray[np.uint8]) -> Floats:
    """Colors of hair, where those that only a warm light gives to white hair are white or grey.

    White hair by the fire is sand-colored, but lighter and duller than the skin beside it.

    Args:
        oklab: (n, 3), as drawn.
        skin: (3,) sRGB, as drawn.
    """
    light, *tint = oklab_of(linear_of(skin)).astype(np.float32)
    hue = np.degrees(np.arctan2(tint[1], tint[0])) % 360
    if light < DIMMEST_SKIN or not WARM_HUES[0] <= hue <= WARM_HUES[1]:
        return oklab
    level, chroma = oklab[:, 0], np.hypot(*oklab[:, 1:].T)
    warmth = np.hypot(*tint)
    likeness = oklab[:, 1:] @ np.array(tint, np.float32) / np.maximum(chroma * warmth, 1e-9)
    tinted = (likeness >= np.cos(np.radians(DULL_HUE))) & (chroma > NEUTRAL)
    dull = chroma * light <= DULLER * warmth * level
    white = tinted & dull & (level >= light - LIGHTER_THAN_SKIN)
    seen = np.minimum(level * max(1.0, FAIR_SKIN / float(light)), 1.0)
    grey = np.stack([seen, np.zeros_like(seen), np.zeros_like(seen)], axis=1)
    return np.where(white[:, None], grey, oklab).astype(np.float32)

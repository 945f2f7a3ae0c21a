"""A face with two eyes whose paint is known."""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth.labels import Label

INK, WHITE, SKIN, SHADE = (26, 22, 26), (246, 246, 248), (250, 220, 198), (60, 40, 80)
SIDES = {-1: (Label.LEFT_EYE, Label.LEFT_IRIS), 1: (Label.RIGHT_EYE, Label.RIGHT_IRIS)}
Y, X = np.mgrid[:160, :160]
BLUE, BROWN, DARK_BROWN, GREY, BLACK = (
    (60, 110, 180),
    (112, 70, 42),
    (58, 36, 27),
    (119, 127, 137),
    (34, 31, 38),
)


def oval(x, y, wide, high):
    return ((X - x) / wide) ** 2 + ((Y - y) / high) ** 2 <= 1


def over(pixels, where, color, opacity=1.0):
    mixed = (1 - opacity) * pixels[where] + opacity * np.array(color)
    pixels[where] = np.rint(mixed)


def mixed(color, other, share):
    return tuple((1 - share) * np.array(color) + share * np.array(other))


def drawn(
    left=BLUE, right=None, skin=SKIN, deep=False, glow=0.0, shade=0.35, opened=1.0, dots=False
):
    """A face with two eyes: white, iris, pupil, glint, and the shadow of the lid over them.

    deep: the pupil leaves a rim of the paint; glow: how much white the light below has.
    """
    pixels = np.full((160, 160, 3), (90, 140, 160), np.uint8)
    labels = np.zeros((160, 160), np.uint8)
    for where, color, label in (
        (oval(80, 80, 72, 76), (110, 70, 46), Label.HAIR),
        (oval(80, 92, 54, 62), INK, Label.SKIN),
        (oval(80, 92, 52, 60), skin, Label.SKIN),
    ):
        over(pixels, where, color)
        labels[where] = label
    for side, (eye, iris) in SIDES.items():
        paint, x, y = (left if side < 0 or right is None else right), 80 + 24 * side, 82
        if dots:
            over(pixels, oval(x, y, 4, 7), INK)
            labels[oval(x, y, 4, 7)] = iris
            continue
        opening = oval(x, y, 16, 13 * opened)
        over(pixels, oval(x, y, 18, 13 * opened + 2), INK)
        labels[oval(x, y, 18, 13 * opened + 2)] = eye
        over(pixels, opening, WHITE)
        round_iris = opening & oval(x, y, 9, 11)
        over(pixels, round_iris, INK)
        inner = opening & oval(x, y, 8, 10)
        over(pixels, inner, paint)
        pupil = oval(x, y - 1.5, 7, 8) if deep else oval(x, y, 4, 5)
        over(pixels, inner & pupil, mixed(paint, INK, 0.75))
        if glow:
            over(pixels, inner & oval(x, y + 5.5, 4.5, 3), mixed(paint, WHITE, glow))
        over(pixels, inner & oval(x - 3, y - 4, 2.5, 2.5), WHITE)
        over(pixels, opening & (y - 5 > Y), SHADE, shade)
        labels[round_iris] = iris
    return pixels, labels

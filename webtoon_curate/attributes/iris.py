"""The color of an iris: not of its pupil, its glints, its glow or the shadow of the lid.

An iris is mixed with ink towards the pupil and with white towards its glow, and both take chroma
away: what has most chroma of the iris' hue is the paint, however little of it is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.tones import Tones, tones_of

Floats = NDArray[np.float32]

GLINT_LIGHTNESS, GLINT_CHROMA = 0.88, 0.04
"""Pixels lighter and greyer than this are glints in an eye."""
PAINT = 0.1
"""Share of an iris that has its paint, at least."""
FEWEST = 4
"""Pixels that have the paint, at least."""
FULL = 0.9
"""Pixels with this share of the paint's chroma have the paint."""
COLORFUL, SATURATED = 0.05, 0.085
"""Chroma of OKLab, and chroma over lightness, of which either makes an iris colored: shadow of a
lid on black or grey has less. Dark brown is known by the second."""
GREY_SHARE = 0.2
"""Share of a black or grey iris that its paint has."""


def iris_color(seen: Floats) -> tuple[Floats, bool]:
    """What an iris is painted in.

    Args:
        seen: (n, 3) float32 OKLab of its pixels, n at least 1.

    Returns:
        (3,) OKLab, and whether it is a color, not black, grey or white.
    """
    glints = (seen[:, 0] > GLINT_LIGHTNESS) & (_chroma(seen) < GLINT_CHROMA)
    inside = seen if glints.all() else seen[~glints]
    paint = _most_colored(inside)
    chroma = float(_chroma(paint))
    if chroma >= COLORFUL or chroma >= SATURATED * float(paint[0]):
        return paint, True
    return _lightest(tones_of(inside)), False


def _most_colored(inside: Floats) -> Floats:
    """The median of the pixels of most chroma in the iris' hue."""
    hue = (inside[:, 1:] * _chroma(inside)[:, None]).sum(axis=0)
    along = inside[:, 1:] @ (hue / max(float(np.linalg.norm(hue)), 1e-9))
    least = min(len(along), max(FEWEST, round(PAINT * len(along))))
    full = np.partition(along, -least)[-least]
    return np.median(inside[along >= min(FULL * full, full)], axis=0)


def _lightest(tones: Tones) -> Floats:
    """The lightest of the large tones."""
    large = tones.shares >= min(GREY_SHARE, float(tones.shares[0]))
    return tones.middles[int(np.where(large, tones.middles[:, 0], -1).argmax())]


def _chroma(oklab: Floats) -> Floats:
    return np.hypot(oklab[..., 1], oklab[..., 2])

"""What a drawing goes through before it is printed: light on its figures, the brush, an overlay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.light.brush import handled
from webtoon_curate.synth.light.grade import grey
from webtoon_curate.synth.light.overlay import blended, overlaid
from webtoon_curate.synth.light.relief import face_width
from webtoon_curate.synth.light.relight import relit
from webtoon_curate.synth.people.style import GREY_FILLS, Style

Array = NDArray[Any]
Image = NDArray[np.uint8]

RELIT, OVERLAID = 0.14, 0.10
"""Shares of drawings with light on their figures, and of those with an overlay instead."""
BRUSH, FINEST = 4.5, 20.0
"""Brushes are those of pictures at most so many faces wide; no face asks for finer ones than
one of so many pixels."""
INKED = 0.5
"""How often titles in black and white have them, over those in color."""
NEAR = 0.16
"""Faces of this share of the picture's height are near enough to have no air before them."""


def finished(
    rgb: Image,
    labels: NDArray[np.uint8],
    figure: Array,
    faces: Sequence[Array],
    style: Style,
    rng: np.random.Generator,
    often: float = 1.0,
) -> tuple[Image, str]:
    """A drawing in its last light, and the name of that: one of `LIGHTS`, `OVERLAYS` or `none`.

    Args:
        rgb: the drawing.
        labels: (height, width) of `Label`; lettering stays as it was.
        figure: (height, width), true where people are.
        faces: landmarks of each face, (68, 2) in pixels.
        style: the title's, which has the brush.
        rng: of everything.
        often: share of the usual chance of light and overlay.
    """
    inked = style.fill in GREY_FILLS
    often *= INKED if inked else 1.0
    dice, name, out = rng.random(), "none", rgb
    if dice < RELIT * often:
        out, name = relit(rgb, labels, figure, faces, rng)
    brushes = [BRUSH * max(face_width(points), FINEST) for points in faces]
    out = handled(out, style.hand, rng, min([max(rgb.shape[:2]), *brushes]))
    if RELIT * often <= dice < (RELIT + OVERLAID) * often:
        out, name = overlaid(out, rng)
    if out is rgb:
        return rgb, name
    if inked:
        out = grey(out)
    return cv2.copyTo(rgb, (labels == Label.LETTERING).astype(np.uint8), out), name


def far_figures(
    rgb: Image, owners: NDArray[np.uint8], sizes: dict[int, float], rng: np.random.Generator
) -> Image:
    """Figures pale with distance: without dark lines, in the color of the air.

    Args:
        rgb: the picture.
        owners: (height, width), the number of the person that each pixel shows, 0 for none.
        sizes: height of each person's face in pixels, by number.
        rng: of the air.
    """
    share = np.zeros(256, np.float32)
    for number, size in sizes.items():
        share[number] = max(1 - size / (NEAR * rgb.shape[0]), 0.0)
    share *= np.float32(between(rng, 0.4, 0.75))
    behind = (owners == 0).astype(np.uint8)
    air = np.array(cv2.mean(rgb, behind)[:3]) if behind.any() else np.full(3, 200.0)
    air += between(rng, 0.0, 0.6) * (255 - air)
    return blended(rgb, share[owners], air)

"""Faces in long shots, which artists draw with fewer and coarser parts.

A title's artist begins at some size (`Style.distant_from`, pixels of the face box) to leave out
what is small, and further away draws faces in one of `DISTANT`, the nearer ones in `coarse`.
Heads, and so boxes and points, stay as they are; eyes that are dots have the points of dots.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.heads.eyes.eye import Eye
from webtoon_curate.synth.heads.eyes.irises import draw_iris
from webtoon_curate.synth.paint import mix, radial, solid, tapered
from webtoon_curate.synth.people.style import FINEST_PEN, Style
from webtoon_curate.synth.shapes import ellipse
from webtoon_curate.synth.sketch import INK, Sketch

Array = NDArray[Any]

FURTHER = 0.8
"""Share of `Style.distant_from` below which faces have the title's manner and are not `coarse`."""
BLANK_BELOW, BLANK = 0.33, 0.35
"""Share of `Style.distant_from` below which faces may have no features at all, and how often."""
EXTRAS = {"own": 5, "coarse": 1.5, "eyeless": 1.5, "blank": 2}
"""How people in whom the story takes no interest are drawn, where the artist simplifies them."""
SMALL_NOSES = {"none": 5, "dot": 2, "line": 1, "side": 1}
SMALL_MOUTHS = {"plain": 5, "thick": 2, "none": 4}
SMALLEST_DOT = 0.9
"""Half the least width of an eye, pixels."""


def simplified(style: Style, size: float, pixel: float, rng: np.random.Generator,
               extra: bool = False) -> Style:  # fmt: skip
    """The style in which a face `size` px high is drawn; `pixel` is one in heads.

    `extra` people are drawn simply at any size.
    """
    if style.distant == "whole":
        return style
    ratio = size * between(rng, 0.8, 1.25) / style.distant_from
    if not extra and ratio >= 1:
        return style
    manner = style.distant if ratio < FURTHER else "coarse"
    if ratio < BLANK_BELOW and rng.random() < BLANK:
        manner = "blank"
    if extra:
        manner = pick(rng, EXTRAS)
        manner = style.distant if manner == "own" else manner
    common: dict[str, Any] = {
        "simple": True, "detail": 0.0, "strands": 0.3 * style.strands, "shine": 0.0, "lips": 0.0,
        "lids": "plain", "glint": "none", "pupil": "plain", "skin": "plain",
        "mouth_line": "plain", "brow": "line" if rng.random() < 0.5 else "plain",
        "line": max(style.line, between(rng, 0.7, 1.5) * pixel),
    }  # fmt: skip
    if style.nose not in ("none", "dot", "line", "side"):
        common["nose"] = one_of(rng, ("side", "line", "dot", "none"))
    if manner == "coarse":
        return replace(style, **common)
    common["nose"] = pick(rng, SMALL_NOSES)
    common["mouth_line"] = pick(rng, SMALL_MOUTHS)
    if rng.random() < 0.4:
        common["brow"] = "none"
    return replace(style, **_eyes(style, manner, pixel, rng, common))


def _eyes(
    style: Style, manner: str, pixel: float, rng: np.random.Generator, common: dict[str, Any]
) -> dict[str, Any]:
    """The common changes with those of a manner of eyes."""
    if manner in ("blank", "eyeless"):
        gone: dict[str, Any] = {"eye": "none", "brow": "none"}
        if manner == "blank":
            gone |= {"nose": "none", "mouth_line": "none"}
        elif common["mouth_line"] == "none":
            gone["mouth_line"] = "plain"
        return common | gone
    if manner == "sockets":
        return common | {"eye": "socket", "nose": "shadow" if rng.random() < 0.5 else "none"}
    if manner == "lids":
        return common | {"eye": "lash"}
    if manner == "dashes":
        size, tall = style.eye_size * between(rng, 0.5, 0.85), between(rng, 0.16, 0.4)
    else:
        size, tall = style.eye_size * between(rng, 0.3, 0.5), between(rng, 0.9, 1.7)
    size = min(max(size, SMALLEST_DOT * pixel), style.eye_size)
    # Brows keep their height.
    gap = style.brow_gap + 1.3 * max(style.eye_size * style.eye_open - size * tall, 0)
    eye = "dash" if manner == "dashes" else "dot"
    return common | {"eye": eye, "eye_size": size, "eye_open": tall, "brow_gap": gap}


def near(style: Style) -> Style:
    """The style of faces that are large on their page."""
    return replace(style, distant="whole", pen=FINEST_PEN)


def enlarged(style: Style, times: float) -> Style:
    """The style of pictures that were drawn so many times smaller."""
    return replace(style, distant_from=style.distant_from * times, pen=style.pen * times)


def absent(style: Style) -> list[int]:
    """Landmarks whose parts a simple face leaves out."""
    gone = list(range(17, 27)) if style.brow == "none" else []
    if style.eye == "none":
        gone += range(36, 48)
    if style.mouth_line == "none":
        gone += range(48, 68)
    if style.simple and style.nose == "none":
        gone += range(27, 36)
    return gone


def draw_lash(sketch: Sketch, eye: Eye, outline: skia.Path) -> None:
    """A thick upper lid and the dark below it, on bare skin."""
    painter = sketch.painter
    painter.fill(outline, None, eye.label)
    with painter.group(clip=outline):
        draw_iris(sketch, eye)
    least = 0.7 * sketch.pixel / max(sketch.style.eye_size, 0.02)
    weight = max(0.16 + 0.12 * sketch.style.lash, least)
    profile = weight * np.array([0.8, 1.1, 1.2, 1.2, 1.1, 0.9, 0.5])
    painter.fill(tapered(eye.upper, profile, shift=0.4), solid(sketch.lash), eye.label)


def draw_socket(sketch: Sketch, eye: Eye, outline: skia.Path) -> None:
    """The shadow in which an eye lies."""
    dark = mix(sketch.shadow(sketch.skin, 2.2), INK, 0.25)
    painter = sketch.painter
    painter.fill(outline, None, eye.label)
    paint = radial((0.1, -0.2), 1.25, (dark, dark, dark), (0.95, 0.7, 0.0))
    painter.fill(ellipse(0.1, -0.2, 1.25, 0.95), paint)

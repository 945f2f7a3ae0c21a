"""Speech balloons, narration boxes and sound effects."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.lettering import fonts, phrases
from webtoon_curate.synth.paint import Color, mix, pen, solid
from webtoon_curate.synth.shapes import Point

ROOM = {"round": 1.42, "thought": 1.5, "shout": 1.35, "wavy": 1.45, "whisper": 1.42}
"""How many times as large as their text balloons that are no rectangles are."""


@dataclass(frozen=True)
class Lettering:
    """The lettering of a title.

    Attributes:
        language: one of `phrases.LANGUAGES`.
        face: typeface of speech, a name of `fonts.FACES`.
        size: letter height in pixels.
        line: outline of balloons in pixels; 0 for none.
        paper, ink: colours of balloons and letters.
        opacity: 0-1 of the balloon's paper.
        upright: Japanese set downwards.
        square: share 0-1 of balloons with straight sides.
        accent: colour of sound effects.
    """

    language: str
    face: str
    size: float
    line: float
    paper: Color
    ink: Color
    opacity: float
    upright: bool
    square: float
    accent: Color


def sample_lettering(rng: np.random.Generator) -> Lettering:
    """The lettering of one title."""
    language = pick(rng, {"ko": 0.55, "ja": 0.2, "en": 0.25})
    latin = ("hand", "hand", "marker", "sans", "shout")
    face = str(rng.choice(latin if language == "en" else ("sans", "sans", "serif")))
    dark = rng.random() < 0.12
    return Lettering(
        language=language,
        face=face,
        size=rng.uniform(17, 30),
        line=pick(rng, {0.0: 0.3, 1.2: 0.2, 2.0: 0.35, 3.0: 0.15}),
        paper=(24, 22, 26) if dark else (255, 255, 255),
        ink=(250, 250, 250) if dark else (16, 14, 18),
        opacity=pick(rng, {1.0: 0.8, 0.86: 0.2}),
        upright=language == "ja" and rng.random() < 0.7,
        square=pick(rng, {0.0: 0.5, 0.3: 0.3, 1.0: 0.2}),
        accent=tuple(int(v) for v in rng.integers(0, 256, 3)),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Balloon:
    """Set text with its outline, placed around (0, 0).

    Attributes:
        kind: `round`, `square`, `thought`, `shout`, `wavy`, `whisper`; `box` for narration, `bare`
            for text with an outline and no balloon.
        width, height: outer size in pixels, without a tail.
        outline: the balloon.
        letters: the text.
        size: letter height in pixels.
    """

    kind: str
    width: float
    height: float
    outline: skia.Path
    letters: skia.Path
    size: float


def sample_kind(rng: np.random.Generator, lettering: Lettering) -> str:
    """An outline for something said aloud."""
    if rng.random() < 0.72:
        return "square" if rng.random() < lettering.square else "round"
    return str(rng.choice(["thought", "shout", "wavy", "whisper", "bare"]))


def balloon(
    rng: np.random.Generator, lettering: Lettering, kind: str, text: str, limit: float
) -> Balloon:
    """Text set in a balloon of the given kind, at most about `limit` px wide."""
    size = lettering.size * (1.25 if kind == "shout" else 1.0)
    letters, width, height = _set(rng, lettering, text, size, limit * 0.7)
    pad, factor = size * 0.9, ROOM.get(kind, 1.0)
    width, height = width * factor + pad, height * factor + pad * 0.9
    return Balloon(kind, width, height, _outline(rng, kind, width, height), letters, size)


def draw_balloon(
    ink: Ink,
    lettering: Lettering,
    set_text: Balloon,
    x: float,
    y: float,
    tail: Point | None = None,
) -> None:
    """Draw a balloon with its middle at (x, y); `tail` is the point (a mouth) it points to."""
    outline = skia.Path(set_text.outline)
    outline.offset(x, y)
    letters = skia.Path(set_text.letters)
    letters.offset(x, y)
    kind = set_text.kind
    if kind == "bare":
        halo = pen(lettering.paper, set_text.size * 0.28)
        ink.painter.stroke(letters, halo, Label.LETTERING)
        ink.painter.fill(letters, solid(lettering.ink), Label.LETTERING)
        return
    if tail is not None and kind != "box":
        outline = _with_tail(ink.rng, set_text, outline, (x, y), tail)
    paper = solid(lettering.paper, lettering.opacity)
    ink.painter.fill(outline, paper, Label.LETTERING)
    if lettering.line:
        rim = pen(mix(lettering.ink, lettering.paper, 0.05), lettering.line)
        if kind == "whisper":
            rim.setPathEffect(skia.DashPathEffect.Make([9.0, 6.0], 0.0))
        ink.painter.stroke(outline, rim, Label.LETTERING)
    ink.painter.fill(letters, solid(lettering.ink), Label.LETTERING)


def draw_sound(
    ink: Ink, lettering: Lettering, text: str, x: float, y: float, size: float, turn: float
) -> None:
    """A sound effect with its middle at (x, y), `turn` degrees clockwise."""
    latin = lettering.language == "en"
    face = "shout" if latin else lettering.face
    if not latin and len(text) > 2 and ink.rng.random() < 0.5:
        path = fonts.column_path(face, size, text, 0, -size * len(text) / 2)
    else:
        path = fonts.line_path(face, size, text, 0, 0)
    matrix = skia.Matrix()
    matrix.setRotate(turn)
    matrix.preSkew(ink.rng.uniform(-0.25, 0.1), 0)
    matrix.postTranslate(x, y)
    path.transform(matrix)
    fill = ink.tone(lettering.accent) if ink.rng.random() < 0.6 else (255, 255, 255)
    rim: Color = (20, 18, 22) if sum(fill) > 300 else (255, 255, 255)
    ink.painter.stroke(path, pen(rim, size * (0.2 if latin else 0.26)), Label.LETTERING)
    if not latin:
        ink.painter.stroke(path, pen(fill, size * 0.1), Label.LETTERING)
    ink.painter.fill(path, solid(fill), Label.LETTERING)


def _set(
    rng: np.random.Generator, lettering: Lettering, text: str, size: float, limit: float
) -> tuple[skia.Path, float, float]:
    """Letters around (0, 0), and their width and height."""
    path = skia.Path()
    if lettering.upright:
        columns = phrases.wrapped(text, int(rng.integers(5, 9)), lettering.language)
        pitch = size * 1.3
        height = max(map(len, columns)) * size
        for i, column in enumerate(columns):
            x = ((len(columns) - 1) / 2 - i) * pitch
            path.addPath(fonts.column_path(lettering.face, size, column, x, -height / 2))
        return path, pitch * len(columns), height
    wide = 0.5 if lettering.language == "en" else 0.92
    per_line = max(4, int(min(limit, size * wide * rng.uniform(7, 15)) / (size * wide)))
    capitals = lettering.language == "en" and lettering.face in ("hand", "marker")
    lines = phrases.wrapped(text.upper() if capitals else text, per_line, lettering.language)
    pitch = size * 1.28
    for i, line in enumerate(lines):
        y = (i - (len(lines) - 1) / 2) * pitch
        path.addPath(fonts.line_path(lettering.face, size, line, 0, y))
    width = max(fonts.advance(lettering.face, size, line) for line in lines)
    return path, width, pitch * len(lines)


def _outline(rng: np.random.Generator, kind: str, width: float, height: float) -> skia.Path:
    rx, ry = width / 2, height / 2
    if kind in ("round", "whisper"):
        return shapes.ellipse(0, 0, rx, ry)
    if kind == "square":
        return shapes.rect(-rx, -ry, width, height, min(rx, ry) * float(rng.uniform(0.1, 0.8)))
    if kind == "thought":
        return shapes.cloud(rng, 0, 0, rx * 0.92, ry * 0.92, int(rng.integers(8, 13)))
    if kind == "shout":
        return _spiked(rng, rx, ry)
    if kind == "wavy":
        angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        reach = 1 + 0.035 * np.sin(angles * 12 + rng.uniform(0, 6))
        return shapes.smooth(
            [(rx * r * math.cos(a), ry * r * math.sin(a)) for a, r in zip(angles, reach)]
        )
    return shapes.rect(-rx, -ry, width, height)


def _spiked(rng: np.random.Generator, rx: float, ry: float) -> skia.Path:
    tips = int(rng.integers(14, 24))
    corners = []
    for i in range(2 * tips):
        reach = rng.uniform(1.0, 1.22) if i % 2 else 0.9
        angle = math.pi * i / tips + rng.uniform(-0.05, 0.05)
        corners.append((rx * reach * math.cos(angle), ry * reach * math.sin(angle)))
    return shapes.polygon(corners)


def _with_tail(
    rng: np.random.Generator,
    set_text: Balloon,
    outline: skia.Path,
    middle: Point,
    target: Point,
) -> skia.Path:
    """The outline joined with a tail (or, for thoughts, a trail of small rounds)."""
    dx, dy = target[0] - middle[0], target[1] - middle[1]
    away = math.hypot(dx, dy)
    if away < 1:
        return outline
    ux, uy = dx / away, dy / away
    edge = 0.5 / max(abs(ux) / set_text.width, abs(uy) / set_text.height, 1e-6)
    room = away - edge
    if room < 12:
        return outline
    length = min(room * rng.uniform(0.35, 0.75), 90.0)

    def at(along: float, across: float) -> Point:
        return middle[0] + ux * along - uy * across, middle[1] + uy * along + ux * across

    if set_text.kind == "thought":
        for share, radius in ((0.25, 9.0), (0.6, 6.0), (0.95, 4.0)):
            outline.addPath(shapes.ellipse(*at(edge + length * share, 0), radius))
        return outline
    half, root = min(set_text.width, set_text.height) * 0.11, edge * 0.55
    bend = rng.uniform(-0.25, 0.25) * length
    tail = skia.Path()
    tail.moveTo(*at(root, half))
    tail.quadTo(*at(edge, bend + half * 0.75), *at(edge + length, 0))
    tail.quadTo(*at(edge, bend - half * 0.75), *at(root, -half))
    tail.close()
    try:
        return skia.Op(outline, tail, skia.PathOp.kUnion_PathOp)
    except RuntimeError:  # of some outlines: rather a balloon without a tail
        return outline

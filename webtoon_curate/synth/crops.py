"""Single face crops with their truth: any number, in a process pool, same seed same bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.engine import ordered_pool
from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import between, one_of, pick
from webtoon_curate.synth.covers.covers import GLASSES, HATS, Cover, draw_cover, sample_cover
from webtoon_curate.synth.figures.body import Body
from webtoon_curate.synth.figures.build import build_of, face_span
from webtoon_curate.synth.figures.clothes import sample_outfit
from webtoon_curate.synth.figures.posture import sample_posture
from webtoon_curate.synth.grounds.backdrops import draw_backdrop
from webtoon_curate.synth.heads.eyes.distance import enlarged, near
from webtoon_curate.synth.heads.face import draw_head, draw_head_from_behind
from webtoon_curate.synth.heads.visibility import HeadTruth, update_visibility
from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.lettering.lettering import (
    balloon,
    draw_balloon,
    sample_kind,
    sample_lettering,
)
from webtoon_curate.synth.lettering.phrases import spoken
from webtoon_curate.synth.light.finish import finished
from webtoon_curate.synth.light.grade import mood, on_paper, resampled, worn
from webtoon_curate.synth.paint import Painter, solid
from webtoon_curate.synth.people.character import Character, sample_character, vivid
from webtoon_curate.synth.people.poses import sample_pose
from webtoon_curate.synth.people.style import GRAINY_FILLS, Style, sample_style
from webtoon_curate.synth.shapes import Box
from webtoon_curate.synth.sketch import Light, penned
from webtoon_curate.synth.things.beasts import beast
from webtoon_curate.synth.things.distractors import draw_distractor

CHUNK = 16
"""Crops that a worker draws before it reports."""

AHEAD = 3
"""Chunks that are drawn ahead of the reader, per worker; what bounds the memory."""

CAST = 8
"""Characters of a title."""

NEIGHBOUR_SHARE, BALLOON_SHARE, PROP_SHARE, BORDER_SHARE = 0.12, 0.06, 0.05, 0.10
COVER_SHARE, LYING_SHARE = 0.16, 0.04
"""Shares of crops of faces with another person beside, a balloon, a thing or the panel's edge over
them, with a cover, and of people who lie."""
LYING = (50, 120)
"""Degrees that people who lie are turned by, to either side."""
FAR_SHARE, FAR = 0.07, (24.0, 72.0)
"""Share of crops of faces that are small on their page, and the heights of their boxes there."""
FACE_SHARE = 0.55
"""Of a crop that a face box takes, about."""
GRADED_LIGHT = 0.4
"""Share of the crops with light on their figures, or an overlay, that have a mood as well."""
MARGIN = (0.18, 0.75)
"""Room around the face box, as a share of its longer side, on each side of the crop."""
NEGATIVES = {"animal": 0.4, "person": 0.25, "things": 0.25, "shape": 0.1}
"""Crops without a face, and how often they come."""
HEADLESS = 0.35
"""Share of people without faces whose heads are out of the picture; the others are seen from
behind."""


class FaceCrop(NamedTuple):
    """One crop.

    Attributes:
        rgb: (size, size, 3) uint8.
        labels: (size, size) uint8 of `Label`; other people in the crop are background.
        truth: fields of `HeadTruth` in crop pixels, and ``face``, ``index``, ``title``, ``mood``.
            A negative (``face`` False) has these four only, and ``box`` where an animal's head is.
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    truth: dict[str, Any]


@dataclass(frozen=True)
class _Plan:
    seed: int
    size: int
    families: tuple[str, ...] | None
    heldout: bool
    margin: tuple[float, float]
    negatives: float
    graded: bool
    drawings: int


def face_crops(
    n: int,
    seed: int,
    size: int = 256,
    families: Sequence[str] | None = None,
    heldout: bool = False,
    jobs: int = 1,
    margin: tuple[float, float] = MARGIN,
    negatives: float = 0.0,
    graded: bool = True,
    start: int = 0,
    drawings: int = 1,
) -> Iterator[FaceCrop]:
    """Crops of drawn faces with exact truth, one at a time.

    Args:
        n: how many.
        seed: crop ``i`` depends on the seed and ``i`` alone, whatever ``jobs``.
        size: pixels of a side.
        families: style families to draw evenly from; the default mixture when None.
        heldout: draw from the families that are reserved for tests.
        jobs: processes; 1 draws in this one.
        margin: lowest and highest room around the face, as a share of its box.
        negatives: share of crops without any face: backs of heads, animals, objects, places.
        graded: apply light, blur, noise, scaling and JPEG; without, crops are as drawn.
        start: index of the first crop.
        drawings: so many crops in a row show one character, each in another pose, place and
            outfit: they have one ``character_seed``. With more than one, `CAST` characters in a
            row are of one title: they have one style.

    Raises:
        KeyError: a family does not exist.
        WorkerError: a process was killed.
    """
    named = tuple(families) if families is not None else None
    plan = _Plan(seed, size, named, heldout, margin, negatives, graded, drawings)
    if jobs <= 1:
        for index in range(start, start + n):
            yield _crop(plan, index)
        return
    chunks = iter(range(start, start + n, CHUNK))
    with ordered_pool(jobs, _one_thread) as pool:
        submit = partial(pool.submit, _chunk, plan, stop=start + n)
        waiting: deque[Future[list[FaceCrop]]] = deque()
        for first in chunks:
            waiting.append(submit(first))
            if len(waiting) >= AHEAD * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _chunk(plan: _Plan, first: int, stop: int) -> list[FaceCrop]:
    return [_crop(plan, index) for index in range(first, min(first + CHUNK, stop))]


def _crop(plan: _Plan, index: int) -> FaceCrop:
    rng = np.random.default_rng((plan.seed, index))
    who = title = index // plan.drawings
    # Style and character of a single crop are sampled with all the rest of it.
    cast = artist = rng
    if plan.drawings > 1:
        title, first = who // CAST, who - who % CAST
        artist = np.random.default_rng((plan.seed, first, plan.drawings))
        cast = np.random.default_rng((plan.seed, who, plan.drawings)) if who > first else artist
    family = one_of(artist, plan.families) if plan.families else None
    style = sample_style(artist, family, plan.heldout)
    # Crops are enlarged: how a face was drawn depends on its size on the page.
    far = between(rng, *FAR) if rng.random() < FAR_SHARE else 0.0
    times = FACE_SHARE * plan.size / far if far else 0.0
    style = enlarged(style, max(times, 1.0)) if far else near(style)
    angle = between(rng, 0, 2 * np.pi)
    light = Light(float(np.cos(angle)), float(-abs(np.sin(angle))), between(rng, 0.6, 1.4))
    painter = Painter(plan.size, plan.size)
    ink = Ink(painter, Look.of(style, 0.5 * plan.size, (light.x, light.y)), rng, None)
    draw_backdrop(ink, rng)
    truth: dict[str, Any] = {"face": False}
    if rng.random() < plan.negatives:
        box = _negative(painter, style, light, rng, ink)
        truth |= {"box": box} if box else {}
    else:
        head = _person(painter, style, sample_character(cast), light, rng, plan)
        update_visibility(painter, head)
        truth = {f.name: getattr(head, f.name) for f in fields(head)} | {"face": True}
    labels, owners = painter.label_map(), painter.key_views()[1]
    labels[owners > 1] = Label.BACKGROUND
    rgb, name = painter.rgb(), "none"
    if plan.graded:
        if style.fill in GRAINY_FILLS:
            rgb = on_paper(rgb, rng)
        faces = [truth["landmarks"]] if truth["face"] else []
        rgb, lit = finished(rgb, painter.label_map(), owners > 0, faces, style, rng)
        if lit == "none" or rng.random() < GRADED_LIGHT:
            rgb, name = mood(rgb, labels, rng)
        name = lit if name == "none" else name
        if times > 1:
            rgb = resampled(rgb, 1 / times, rng)
        rgb = worn(rgb, rng)
    return FaceCrop(rgb, labels, truth | {"index": index, "title": title, "mood": name})


def _person(
    painter: Painter,
    style: Style,
    character: Character,
    light: Light,
    rng: np.random.Generator,
    plan: _Plan,
) -> HeadTruth:
    size = plan.size
    face = size / (1 + 2 * between(rng, *plan.margin))
    free = 0.5 * (size - face)
    x = size / 2 + between(rng, -0.35, 0.35) * free
    y = size / 2 + between(rng, -0.35, 0.35) * free
    if rng.random() < NEIGHBOUR_SHARE:
        painter.instance = 2
        side = one_of(rng, (-1, 1))
        far = x + side * face * between(rng, 0.95, 1.7)
        other = face * between(rng, 0.7, 1.1)
        level = y + between(rng, -0.4, 0.4) * face
        _figure(painter, style, sample_character(rng), light, rng, far, level, other)
    painter.instance = 1
    truth = _figure(painter, style, character, light, rng, x, y, face, hands=0.03)
    painter.instance = 0
    _before(painter, style, rng, x, y, face)
    painter.instance = 1
    if rng.random() < COVER_SHARE:
        ink = Ink(painter, Look.of(style, 1.4 * face, (light.x, light.y)), rng, Label.OCCLUDER)
        who = penned(character, style)
        seed = int(rng.integers(1 << 31))
        colors = (who.skin, who.hair, who.clothes)
        cover = Cover(sample_cover(rng), x, y, face, truth.roll, *colors, seed)
        draw_cover(ink, cover, truth.landmarks)
        truth.hat |= cover.kind in HATS
        truth.glasses |= cover.kind in GLASSES
    return truth


def _figure(
    painter: Painter,
    style: Style,
    character: Character,
    light: Light,
    rng: np.random.Generator,
    x: float,
    y: float,
    face: float,
    hands: float = 0.0,
) -> HeadTruth:
    """A head on its shoulders; `face` is the height of its box at (x, y), pixels."""
    character, pose = penned(character, style), sample_pose(rng)
    tilt = between(rng, *LYING) * one_of(rng, (-1, 1)) if rng.random() < LYING_SHARE else 0.0
    pose = replace(pose, roll=pose.roll + tilt)
    turned = skia.Matrix().setRotate(tilt, x, y)
    body, ink = _body(painter, style, character, light, rng, pose.yaw, x, y, face, hands)

    def draw_body() -> None:
        with painter.group(turned):
            body.draw_behind(ink, legs=False)

    truth = draw_head(painter, character, style, pose, x, y, face, light, rng, draw_body)
    with painter.group(turned):
        body.draw_before(ink)
    return truth


class _Bust(Body):
    """A body of which only what a crop shows is drawn."""

    def _draw_arm(self, ink: Ink, side: int) -> None:
        shoulder, elbow, wrist = (self.at(*joint) for joint in self._joints(side))
        size, reach = ink.painter.width, 0.7 * self.head
        if max(abs(wrist[0] - size / 2), abs(wrist[1] - size / 2)) < size / 2 + reach:
            super()._draw_arm(ink, side)
        elif shoulder[1] < size:
            wide = 0.42 * self.build.broad * self.head
            color = self.outfit.color if self.outfit.sleeves > 0 else self.skin
            ink.shape(shapes.limb([shoulder, elbow], [wide, 0.8 * wide]), color)


def _body(
    painter: Painter, style: Style, character: Character, light: Light, rng: np.random.Generator,
    yaw: float, x: float, y: float, face: float, hands: float,
) -> tuple[Body, Ink]:  # fmt: skip
    middle, span = face_span(style, character)
    head = face / span
    ink = Ink(painter, Look.of(style, head, (light.x, light.y)), rng, Label.CLOTHES)
    posture = sample_posture(rng, yaw, hands)
    outfit = sample_outfit(rng, character.gender, character.clothes)
    skin = ink.look.tone(character.skin, paper_from=90)
    build = build_of(style, character)
    return _Bust(build, outfit, posture, skin, x, y - middle * head, head), ink


def _before(
    painter: Painter, style: Style, rng: np.random.Generator, x: float, y: float, face: float
) -> None:
    """What may stand between reader and face."""
    kind = rng.random()
    ink = Ink(painter, Look.of(style, face, (-0.6, -0.8)), rng, Label.OCCLUDER)
    angle = rng.random() * 2 * np.pi
    far = face * between(rng, 0.45, 0.75)
    px, py = x + far * np.cos(angle), y + far * np.sin(angle)
    if kind < BALLOON_SHARE:
        lettering = sample_lettering(rng)
        words = spoken(rng, lettering.language)
        lettering = replace(lettering, size=max(face * between(rng, 0.07, 0.14), 7.0))
        drawn = balloon(rng, lettering, sample_kind(rng, lettering), words, face)
        draw_balloon(ink, lettering, drawn, px, py)
    elif kind < BALLOON_SHARE + PROP_SHARE:
        draw_distractor(ink, rng, px, py, face * between(rng, 0.3, 0.6))
    elif kind < BALLOON_SHARE + PROP_SHARE + BORDER_SHARE:
        _border(ink, rng)


def _border(ink: Ink, rng: np.random.Generator) -> None:
    """The edge of the panel and the gutter beside it."""
    size = ink.painter.width
    deep = between(rng, 0.02, 0.3) * size
    color = (255, 255, 255) if rng.random() < 0.8 else (12, 12, 14)
    edge = int(rng.random() * 4)
    box = [(0, 0, size, deep), (0, size - deep, size, deep), (0, 0, deep, size),
           (size - deep, 0, deep, size)][edge]  # fmt: skip
    path = shapes.rect(*box)
    ink.painter.fill(path, solid(color), Label.BACKGROUND)
    if rng.random() < 0.6:
        ink.stroke(path, 1.0, label=Label.BACKGROUND)


def _negative(
    painter: Painter, style: Style, light: Light, rng: np.random.Generator, ink: Ink
) -> Box | None:
    """No face: backs of heads, figures from the neck down, animals, things, or the place alone.

    Returns:
        Of an animal, x, y, width, height of its head.
    """
    size = painter.width
    kind = pick(rng, NEGATIVES)
    if kind == "animal":
        x, y = size * between(rng, 0.35, 0.65), size * between(rng, 0.35, 0.65)
        return beast(ink, rng, x, y, size * between(rng, 0.3, 0.7))
    if kind == "person":
        character, pose = sample_character(rng), replace(sample_pose(rng), distance=8.0)
        pose = replace(pose, yaw=between(rng, -35, 35))
        face = size * between(rng, 0.3, 0.7)
        x, y = size * between(rng, 0.3, 0.7), size * between(rng, 0.3, 0.7)
        headless = rng.random() < HEADLESS
        if headless:
            face, y = size * between(rng, 0.35, 0.9), -size * between(rng, 0.58, 0.9)
        body, clothes = _body(painter, style, character, light, rng, 0.0, x, y, face, 0.0)
        body.posture = replace(body.posture, behind=not headless)
        body.draw_behind(clothes, legs=headless)
        if headless:
            return None
        draw_head_from_behind(painter, character, style, pose, x, y, face, light, rng)
    elif kind == "things":
        for _ in range(1 + int(rng.random() * 3)):
            x, y = size * between(rng, 0.1, 0.9), size * between(rng, 0.1, 0.9)
            draw_distractor(ink, rng, x, y, size * between(rng, 0.25, 0.9))
    else:
        path = shapes.blob(rng, size / 2, size / 2, size * 0.4, size * 0.35, 7, 0.3)
        ink.shape(path, vivid(rng))
    return None

"""Draws a block of an episode: gutter, panels, lettering; and finds its scenes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from webtoon_curate.faces import Scene
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.lettering import phrases
from webtoon_curate.synth.lettering.lettering import (
    Lettering,
    balloon,
    draw_balloon,
    draw_sound,
    sample_kind,
)
from webtoon_curate.synth.pages.gutters import draw_gutter
from webtoon_curate.synth.pages.layout import FLOATING, Block, Frame, Manner
from webtoon_curate.synth.pages.seen import SMALLEST_BOX, VISIBLE_FACE, measure
from webtoon_curate.synth.paint import Painter, pen
from webtoon_curate.synth.scenes.scene import DrawnFace, draw_shot, parsing
from webtoon_curate.synth.shapes import Box, Point

BALLOONS = {0: 0.25, 1: 0.4, 2: 0.27, 3: 0.08}
QUIET_BALLOONS = {0: 0.55, 1: 0.35, 2: 0.1}
"""How many balloons panels have, and how often; the second for panels without people."""
PLACES_TRIED = 24
"""Random places of which a balloon takes the one that hides least."""
WIDEST, MARGIN = 420.0, 4
"""Width at which balloons are set at most, about, and what is left beside them; pixels."""
LEAST_GUTTER = 6
"""Rows or columns of bare gutter that part two scenes, pixels."""


@dataclass
class Sheet:
    """A finished block.

    Attributes:
        rgb: (height, width, 3) uint8.
        labels: (height, width) uint8, parsing classes.
        faces: those of the truth, with the frame each is in.
        ignored: where a detection counts neither way, block pixels.
        scenes: rectangles between gutters, in block pixels, in reading order.
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    faces: list[tuple[DrawnFace, Frame]]
    ignored: list[Box]
    scenes: list[Scene]


def draw_block(block: Block, manner: Manner, lettering: Lettering, y: int) -> Sheet:
    """Draw a block whose first row is row `y` of the strip."""
    painter = Painter(manner.width, block.height)
    draw_gutter(painter, block.top, block.bottom, manner.pattern, y, manner.seed)
    bare = painter.rgb()
    numbers = iter(range(1, 256))
    drawn: list[tuple[DrawnFace, Frame]] = []
    ignored: list[Box] = []
    for frame in block.frames:
        faces, crowd = draw_shot(painter, frame.shot, frame.placed, frame.outline(), numbers)
        drawn += [(face, frame) for face in faces]
        ignored += crowd
        if frame.border:
            border = pen((20, 18, 22), frame.border)
            border.setStrokeJoin(skia.Paint.kMiter_Join)
            painter.stroke(frame.outline(), border, Label.OCCLUDER)
    letterer = _Letterer(painter, block, lettering, drawn)
    letterer.draw()
    for face, frame in drawn:
        measure(painter, face, frame.outline())
    seen = [(face, frame) for face, frame in drawn if _counts(face)]
    ignored += [face.truth.box for face, _ in drawn if not _counts(face) and face.seen > 0]
    rgb = painter.rgb()
    labels = parsing(painter, [face for face, _ in drawn])
    ink, art = _ink_and_art(rgb != bare, labels, block, letterer.texts)
    scenes = []
    for x, top, width, height in _cut(ink):
        pictured = art[top : top + height, x : x + width].any()
        scenes.append(Scene(x, top, width, height, "panel" if pictured else "text"))
    return Sheet(rgb, labels, seen, ignored, scenes)


def _counts(face: DrawnFace) -> bool:
    large = max(face.truth.box[2:]) >= SMALLEST_BOX
    return face.seen >= VISIBLE_FACE and large and not face.truth.blank


def _ink_and_art(
    differs: NDArray[np.bool_], labels: NDArray[np.uint8], block: Block, texts: list[Box]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels that are no bare gutter, and those among them that are more than lettering.

    Panels and figures are ink all over, also where they have the gutter's colour, and so are the
    boxes of texts.
    """
    changed = np.any(differs, axis=2)
    lettered = np.zeros_like(changed)
    for x, y, width, height in texts:
        rows = slice(max(int(y), 0), int(np.ceil(y + height)))
        lettered[rows, max(int(x), 0) : int(np.ceil(x + width))] = True
    closed, figures = (Painter(changed.shape[1], changed.shape[0]) for _ in range(2))
    for frame in block.frames:
        (figures if frame.shot.bare else closed).fill(frame.outline(), None, Label.SKIN)
    panels = closed.label_map() > 0
    art = panels | ((figures.label_map() > 0) & changed & ~lettered)
    labelled = labels != Label.BACKGROUND
    art |= labelled & (labels != Label.LETTERING)
    return changed | panels | lettered | labelled, art


def _runs(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and past-last index of each run of ink; runs nearer than `LEAST_GUTTER` are one."""
    where = np.flatnonzero(line)
    if not len(where):
        return []
    breaks = np.flatnonzero(np.diff(where) > LEAST_GUTTER)
    starts = [int(where[0]), *(int(where[i + 1]) for i in breaks)]
    ends = [*(int(where[i]) + 1 for i in breaks), int(where[-1]) + 1]
    return list(zip(starts, ends))


def _cut(ink: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Recursive XY cut of a mask: x, y, width, height of the scenes, in reading order.

    After Nagy and Seth, "Hierarchical representation of optically scanned documents", 1984.
    """
    found: list[tuple[int, int, int, int]] = []

    def split(x0: int, y0: int, x1: int, y1: int, by_rows: bool, last: int) -> None:
        part = ink[y0:y1, x0:x1]
        runs = _runs(part.any(axis=1 if by_rows else 0))
        if len(runs) == 1 and last == 1:
            start, end = runs[0]
            box = (x0, y0 + start, x1, y0 + end) if by_rows else (x0 + start, y0, x0 + end, y1)
            found.append((box[0], box[1], box[2] - box[0], box[3] - box[1]))
            return
        for start, end in runs:
            if by_rows:
                split(x0, y0 + start, x1, y0 + end, False, len(runs))
            else:
                split(x0 + start, y0, x0 + end, y1, True, len(runs))

    split(0, 0, ink.shape[1], ink.shape[0], True, 0)
    return found


class _Letterer:
    """Puts balloons, boxes and noises on a block, mostly beside the faces."""

    def __init__(
        self,
        painter: Painter,
        block: Block,
        lettering: Lettering,
        drawn: list[tuple[DrawnFace, Frame]],
    ) -> None:
        self.painter, self.block, self.lettering, self.drawn = painter, block, lettering, drawn
        self.rng = np.random.default_rng(block.seed)
        self.ink = Ink(painter, Look(), self.rng, Label.LETTERING)
        self.taken: list[tuple[Box, float]] = [(face.truth.box, 3.0) for face, _ in drawn]
        self.texts: list[Box] = []
        painter.instance = 0

    def draw(self) -> None:
        """Letter every panel, then the gutter."""
        for frame in self.block.frames:
            quiet = frame.shot.kind in ("object", "place")
            count = pick(self.rng, QUIET_BALLOONS if quiet else BALLOONS)
            if frame.edit == "text":
                count = max(count, 1)
            elif frame.edit == "exact":
                count = min(count, 1)
            for _ in range(count):
                self._speech(frame)
            if self.rng.random() < (0.4 if quiet else 0.09):
                self._place(frame, "box", phrases.told(self.rng, self.lettering.language), None)
            if self.rng.random() < 0.14:
                self._sound(frame)
        self._floating()

    def _speech(self, frame: Frame) -> None:
        speakers = [face for face, where in self.drawn if where is frame]
        tail = None
        if speakers and self.rng.random() < 0.8:
            mouth = speakers[self.rng.integers(len(speakers))].truth.landmarks[48:68].mean(0)
            tail = float(mouth[0]), float(mouth[1])
        kind = sample_kind(self.rng, self.lettering)
        self._place(frame, kind, phrases.spoken(self.rng, self.lettering.language), tail)

    def _place(self, frame: Frame, kind: str, text: str, tail: Point | None) -> None:
        """A balloon where it hides least; none where that is too much, most often."""
        x0, y0, x1, y1 = frame.box()
        made = balloon(self.rng, self.lettering, kind, text, min(x1 - x0, WIDEST))
        w, h = made.width, made.height
        if w > self.painter.width - 2 * MARGIN or h > 0.7 * (y1 - y0):
            return

        def tried() -> tuple[float, float, float]:
            x = self.rng.uniform(x0 + 0.3 * w, x1 - 0.3 * w) if x1 - x0 > w else (x0 + x1) / 2
            y = self.rng.uniform(y0 - 0.25 * h, y1 - 0.4 * h)
            x = min(max(x, w / 2 + MARGIN), self.painter.width - w / 2 - MARGIN)
            y = min(max(y, h / 2 + MARGIN), self.painter.height - h / 2 - MARGIN)
            return self._cost((x - w / 2, y - h / 2, w, h)) + self.rng.uniform(0, 0.05), x, y

        cost, x, y = min(tried() for _ in range(PLACES_TRIED))
        if cost > 0.4 and self.rng.random() < 0.8:
            return
        draw_balloon(self.ink, self.lettering, made, x, y, tail)
        box = (x - w / 2, y - h / 2, w, h)
        self.texts.append(box)
        self.taken.append((box, 6.0))

    def _cost(self, box: Box) -> float:
        """How much of what is there a box would hide, weighted."""
        x, y, w, h = box
        cost = 0.0
        for (a, b, c, d), weight in self.taken:
            wide = min(x + w, a + c) - max(x, a)
            high = min(y + h, b + d) - max(y, b)
            if wide > 0 and high > 0:
                cost += weight * wide * high / max(c * d, 1.0)
        return cost

    def _sound(self, frame: Frame) -> None:
        x0, y0, x1, y1 = frame.box()
        text = phrases.noise(self.rng, self.lettering.language)
        size = float(min(x1 - x0, y1 - y0)) * self.rng.uniform(0.1, 0.26)
        size = min(size, 0.8 * (x1 - x0) / len(text))
        with self.painter.group(clip=frame.outline()):
            x = self.rng.uniform(x0 + 0.2 * (x1 - x0), x1 - 0.2 * (x1 - x0))
            y = self.rng.uniform(y0 + 0.15 * (y1 - y0), y1 - 0.15 * (y1 - y0))
            draw_sound(self.ink, self.lettering, text, x, y, size, self.rng.uniform(-25, 25))

    def _floating(self) -> None:
        """Balloons and narration in the gutter below the panels."""
        top = max((frame.box()[3] for frame in self.block.frames), default=20.0) + 10
        for i in range(self.block.texts):
            told = self.rng.random() < 0.4
            text = (phrases.told if told else phrases.spoken)(self.rng, self.lettering.language)
            kind = "bare" if told else sample_kind(self.rng, self.lettering)
            made = balloon(self.rng, self.lettering, kind, text, WIDEST)
            y = top + i * FLOATING + made.height / 2
            slack = (self.painter.width - made.width) / 2 - MARGIN
            if y + made.height / 2 > self.painter.height - 6 or slack < 0:
                return
            x = self.painter.width / 2 + self.rng.uniform(-slack, slack)
            draw_balloon(self.ink, self.lettering, made, x, y)
            box = (x - made.width / 2, y - made.height / 2, made.width, made.height)
            self.texts.append(box)

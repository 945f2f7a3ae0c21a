"""How an episode is laid out: blocks of panels between gutters, for strips and for comic pages.

A block is a stretch of the episode that is drawn at once; nothing crosses its upper and lower
edge, so an episode of any length is drawn block by block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import skia

from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import hsv
from webtoon_curate.synth.pages.gutters import PATTERNS
from webtoon_curate.synth.paint import WHITE, Color, mix
from webtoon_curate.synth.scenes.composition import EDITS, edited, sample_shot
from webtoon_curate.synth.scenes.plan import Cast, Shot
from webtoon_curate.synth.scenes.scene import Placed
from webtoon_curate.synth.shapes import Point

BLACK: Color = (0, 0, 0)

WIDTHS = (690, 690, 700, 720, 720, 740, 760, 800, 800, 900, 1000)
"""Page widths of the large Korean and international sites, pixels."""
COPY_SHARE = 0.3
"""Share of panels for which an earlier drawing of their size is sought; a quarter find one."""
BLOCKS = {
    "single": 56, "pair": 9, "slanted": 7, "inset": 7, "open": 9, "text": 4, "stack": 8,
}  # fmt: skip
"""Kinds of blocks of a strip, and how often they come."""
FLOATING = 170
"""Rows that a balloon in the gutter takes."""


@dataclass(frozen=True)
class Manner:
    """The lay-out of a title.

    Attributes:
        layout: `strip` or `pages`.
        width: of the pages, pixels.
        margin: between a panel and the page's side, pixels; 0 lets panels bleed.
        gap: least and largest gutter between blocks, pixels.
        border: of panels, pixels; 0 for none.
        ground: colour of the gutters.
        pattern: what is on the gutters, a name of `gutters.PATTERNS`.
        slant: share 0-1 of slanted cuts.
        cut: height of the files of a strip, pixels.
        quality: of the JPEG files, 1-100.
        soften: 0.6-1, what the picture was scaled down to and up again.
        grain: standard deviation of the noise, grey levels.
        seed: of what is on the gutters.
    """

    layout: str
    width: int
    margin: int
    gap: tuple[int, int]
    border: float
    ground: Color
    pattern: str
    slant: float
    cut: int
    quality: int
    soften: float
    grain: float
    seed: int


@dataclass(frozen=True)
class Frame:
    """A panel.

    Attributes:
        corners: its outline in block pixels.
        border: pixels, 0 for none.
        shot: the drawing in it; with the mood `none` the gutter shows through.
        placed: where the drawing's corner lies.
        drawing: number of the drawing in the episode; repeated drawings share it.
        edit: how it differs from its first appearance, one of `EDITS`, or None for the first.
    """

    corners: tuple[Point, ...]
    border: float
    shot: Shot
    placed: Placed
    drawing: int
    edit: str | None

    def outline(self) -> skia.Path:
        """The outline as a path."""
        return shapes.polygon(self.corners)

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the outline."""
        xs, ys = zip(*self.corners)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Block:
    """A stretch of the episode.

    Attributes:
        height: pixels.
        frames: panels, later ones over earlier ones.
        top, bottom: the gutter's colour at both ends.
        texts: how many balloons float in the gutter.
        seed: of its lettering.
    """

    height: int
    frames: tuple[Frame, ...]
    top: Color
    bottom: Color
    texts: int
    seed: int


def sample_manner(rng: np.random.Generator, layout: str | None = None) -> Manner:
    """A title's lay-out; three quarters are strips."""
    layout = layout or pick(rng, {"strip": 0.75, "pages": 0.25})
    grounds: list[Color] = [
        WHITE,
        BLACK,
        hsv(rng.uniform(), rng.uniform(0.05, 0.4), rng.uniform(0.5, 1)),
    ]
    pattern = pick(rng, PATTERNS)
    narrow = layout == "pages" or rng.random() < 0.4
    ground = grounds[pick(rng, {0: 0.72, 1: 0.14, 2: 0.14})]
    if pattern == "stars":
        ground = (18, 22, 56)
    elif pattern == "clouds":
        ground = (170, 212, 244)
    return Manner(
        layout=layout,
        width=int(rng.choice(WIDTHS)),
        margin=int(rng.integers(14, 60)) if narrow else 0,
        gap=(int(rng.integers(24, 70)), int(rng.integers(90, 320))),
        border=pick(rng, {0.0: 0.35, 1.2: 0.2, 2.2: 0.3, 4.0: 0.15}),
        ground=ground,
        pattern=pattern,
        slant=pick(rng, {0.0: 0.5, 0.15: 0.35, 0.6: 0.15}),
        cut=int(rng.choice([720, 800, 1000, 1280, 1600, 2000])),
        quality=int(rng.integers(62, 97)),
        soften=pick(rng, {1.0: 0.75, 0.8: 0.15, 0.6: 0.1}),
        grain=pick(rng, {0.0: 0.75, 1.5: 0.17, 4.0: 0.08}),
        seed=int(rng.integers(1 << 31)),
    )


class Planner:
    """Plans an episode block by block and remembers its drawings, so that some come back."""

    def __init__(self, rng: np.random.Generator, cast: Cast, manner: Manner, day: int) -> None:
        self.rng, self.cast, self.manner, self.day = rng, cast, manner, day
        self.ground = manner.ground
        self.past: list[Shot] = []

    def blocks(self, panels: int) -> list[Block]:
        """Blocks with at least so many panels."""
        planned: list[Block] = []
        while panels > 0:
            planned.append(self._page() if self.manner.layout == "pages" else self._block())
            panels -= len(planned[-1].frames)
        return planned

    def _int(self, low: float, high: float) -> int:
        return int(self.rng.integers(int(low), max(int(high), int(low) + 1)))

    def _block(self) -> Block:
        kind = pick(self.rng, BLOCKS)
        top = self._int(*self.manner.gap)
        frames: list[Frame] = getattr(self, f"_{kind}")(top)
        texts = int(self.rng.integers(1, 4)) if kind == "text" else int(self.rng.random() < 0.12)
        end = max((frame.box()[3] for frame in frames), default=top + texts * FLOATING)
        extra = FLOATING if frames and texts else 0
        ground = self.ground
        if self.rng.random() < 0.07:
            usual = self.manner.ground
            self.ground = usual if ground != usual else self._other(ground)
        height = int(end) + extra + self._int(*self.manner.gap) // 2
        return Block(height, tuple(frames), ground, self.ground, texts, self._int(0, 1 << 31))

    def _other(self, ground: Color) -> Color:
        choices = [WHITE, BLACK, mix(ground, hsv(self.rng.uniform(), 0.4, 0.8), 0.6)]
        return choices[self.rng.integers(3)]

    def _frame(
        self, corners: tuple[Point, ...], kind: str | None = None, border: float | None = None
    ) -> Frame:
        """A panel with a new drawing, or now and then with an old one of about its shape."""
        xs, ys = zip(*corners)
        left, top = int(min(xs)), int(min(ys))
        width, height = int(np.ceil(max(xs))) - left, int(np.ceil(max(ys))) - top
        border = self.manner.border if border is None else border
        upright = len(set(xs)) == len(set(ys)) == 2
        if kind is None and self.rng.random() < COPY_SHARE and upright:
            again = self._again(border, left, top, width, height)
            if again is not None:
                return again
        if kind is None and height < 0.42 * width:
            kind = str(self.rng.choice(["extreme", "closeup", "object", "two", "place", "bust"]))
        shot = sample_shot(self.rng, self.cast, width, height, self.day, kind)
        self.past.append(shot)
        placed = Placed(left, top, width=width)
        return Frame(corners, border, shot, placed, len(self.past) - 1, None)

    def _again(self, border: float, left: int, top: int, width: int, height: int) -> Frame | None:
        """An earlier drawing with people in it, if one covers a panel of this size."""
        fits = [
            i
            for i, shot in enumerate(self.past)
            if shot.actors and abs(shot.width - width) <= 2 and 0.7 < shot.height / height < 1.4
        ]
        if not fits:
            return None
        number = fits[self.rng.integers(len(fits))]
        shot = self.past[number]
        edit = EDITS[self.rng.integers(len(EDITS))]
        scale, x, y = 1.0, 0.0, 0.0
        if edit == "crop":
            scale, focus = self.rng.uniform(1.2, 1.5), shot.actors[-1]
            room = shot.width * scale - width, max(shot.height * scale - height, 0)
            x = float(np.clip(focus.x * scale - width / 2, 0, room[0]))
            y = float(np.clip(focus.y * scale - height / 2, 0, room[1]))
        bottom = min(height, shot.height * scale - y)
        box = rectangle(left, top, width, int(bottom))
        placed = Placed(left - round(x), top - round(y), scale, edit == "mirror", shot.width)
        return Frame(box, border, edited(self.rng, shot, edit), placed, number, edit)

    def _span(self) -> tuple[int, int]:
        """Left edge and width of a panel over the page's width."""
        margin = self.manner.margin
        if self.rng.random() < 0.12:
            margin = 0 if margin else self._int(20, 80)
        return margin, self.manner.width - 2 * margin

    def _parts(
        self, count: int, shares: tuple[float, float], start: int, length: int, gutter: int
    ) -> list[tuple[int, int]]:
        """Both ends of each of the panels that share a length, as unequal as a range of shares."""
        sizes = self.rng.uniform(*shares, count)
        edges = np.concatenate([[0], np.cumsum(sizes / sizes.sum())]) * (length + gutter)
        return [(start + int(a), start + int(b) - gutter) for a, b in pairwise(edges)]

    def _single(self, top: int) -> list[Frame]:
        left, width = self._span()
        tall = pick(self.rng, {0.38: 0.14, 0.62: 0.28, 0.85: 0.28, 1.1: 0.2, 1.5: 0.1})
        height = int(width * tall * self.rng.uniform(0.85, 1.15))
        if self.rng.random() < 0.18:  # a panel that stands to one side
            width = int(width * self.rng.uniform(0.55, 0.8))
            left = left if self.rng.random() < 0.5 else self.manner.width - width - left
        if self.rng.random() < self.manner.slant * 0.5:
            return [self._frame(self._tilted(left, top, width, height))]
        return [self._frame(rectangle(left, top, width, height))]

    def _tilted(self, left: int, top: int, width: int, height: int) -> tuple[Point, ...]:
        a, b = (float(v) for v in self.rng.uniform(-0.12, 0.12, 2) * width)
        right, bottom = left + width, top + height
        return (
            (left, top + max(a, 0)), (right, top + max(-a, 0)),
            (right, bottom - max(b, 0)), (left, bottom - max(-b, 0)),
        )  # fmt: skip

    def _pair(self, top: int) -> list[Frame]:
        left, width = self._span()
        count = 2 if self.rng.random() < 0.8 else 3
        gutter = self._int(8, 26)
        height = int(width * self.rng.uniform(0.5, 0.9))
        frames = []
        for x0, x1 in self._parts(count, (0.8, 1.2), left, width, gutter):
            shift = self._int(0, 60) if self.rng.random() < 0.3 else 0
            frames.append(self._frame(rectangle(x0, top + shift, x1 - x0, height)))
        return frames

    def _slanted(self, top: int) -> list[Frame]:
        left, width = self._span()
        height = int(width * self.rng.uniform(0.6, 1.1))
        middle = left + width * self.rng.uniform(0.42, 0.58)
        lean, gutter = width * self.rng.uniform(-0.16, 0.16), self._int(8, 20)
        upper, lower = float(middle + lean), float(middle - lean)
        bottom, right = top + height, left + width
        return [
            self._frame(((left, top), (upper, top), (lower, bottom), (left, bottom))),
            self._frame(
                ((upper + gutter, top), (right, top), (right, bottom), (lower + gutter, bottom))
            ),
        ]

    def _inset(self, top: int) -> list[Frame]:
        left, width = self._span()
        height = int(width * self.rng.uniform(0.8, 1.4))
        large = self._frame(
            rectangle(left, top, width, height),
            kind=str(self.rng.choice(["wide", "place", "bust", "medium"])),
        )
        frames = [large]
        for corner in range(int(self.rng.integers(1, 3))):
            w = int(width * self.rng.uniform(0.3, 0.48))
            h = int(height * self.rng.uniform(0.18, 0.3))
            x = left + (20 if corner == 0 else width - w - 20)
            y = top + (height - h - 24 if corner == 0 else 24)
            kind = str(self.rng.choice(["extreme", "closeup", "object", "bust"]))
            frames.append(self._frame(rectangle(x, y, w, h), kind, max(self.manner.border, 2.0)))
        return frames

    def _open(self, top: int) -> list[Frame]:
        """A figure on the gutter, without a panel."""
        width = self.manner.width
        height = int(width * self.rng.uniform(0.5, 1.1))
        kind = str(self.rng.choice(["bust", "two", "medium", "aside", "back", "object", "closeup"]))
        frame = self._frame(rectangle(0, top, width, height), kind, 0.0)
        props = tuple(prop for prop in frame.shot.props if prop.name not in ("desk", "bush"))
        bare = {"place": None, "mood": "none", "tint": WHITE, "crowd": (), "effect": "none"}
        shot = replace(frame.shot, props=props, **bare)
        self.past[-1] = shot
        return [replace(frame, shot=shot)]

    def _text(self, top: int) -> list[Frame]:
        return []

    def _stack(self, top: int) -> list[Frame]:
        """Panels close under each other."""
        left, width = self._span()
        frames, y, gutter = [], top, self._int(6, 22)
        for _ in range(int(self.rng.integers(2, 4))):
            height = int(width * self.rng.uniform(0.3, 0.6))
            frames.append(self._frame(rectangle(left, y, width, height)))
            y += height + gutter
        return frames

    def _page(self) -> Block:
        """A page of a printed comic: rows of panels."""
        manner = self.manner
        margin, gutter = max(manner.margin, 14), self._int(8, 24)
        width = manner.width - 2 * margin
        height = int(manner.width * self.rng.uniform(1.32, 1.5))
        rows = int(self.rng.integers(2, 5))
        frames: list[Frame] = []
        for top, bottom in self._parts(rows, (0.7, 1.4), margin, height - 2 * margin, gutter):
            frames += self._page_row(margin, top, width, bottom - top, gutter)
        return Block(height, tuple(frames), self.ground, self.ground, 0, self._int(0, 1 << 31))

    def _page_row(self, left: int, top: int, width: int, height: int, gutter: int) -> list[Frame]:
        count = pick(self.rng, {1: 0.3, 2: 0.5, 3: 0.2})
        parts = self._parts(count, (0.7, 1.4), left, width, gutter)
        leans = [0.0] * (count + 1)
        for i in range(1, count):
            if self.rng.random() < self.manner.slant:
                leans[i] = self.rng.uniform(-0.06, 0.06) * width
        frames = []
        for (x0, x1), (a, b) in zip(parts, pairwise(leans)):
            corners = ((x0 + a, top), (x1 + b, top), (x1 - b, top + height), (x0 - a, top + height))
            frames.append(self._frame(corners, border=max(self.manner.border, 1.2)))
        return frames


def rectangle(x: int, y: int, width: int, height: int) -> tuple[Point, ...]:
    """Corners clockwise from the top left."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))

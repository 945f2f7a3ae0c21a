"""From profiles to scenes: strips at their gutters, pages by recursive XY cut."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np

from webtoon_curate.faces import Scene
from webtoon_curate.scenes.gutters import (
    EVEN,
    MIDDLE,
    Rect,
    Run,
    even_runs,
    gutters,
    rows,
)
from webtoon_curate.scenes.kinds import SMALLEST_FACE, kind
from webtoon_curate.scenes.profile import Canvas, PageProfile
from webtoon_curate.scenes.xycut import leaves, trimmed_sides

LAYOUTS = ("strip", "pages", "images")

_LONG_BLANK = 2.0
"""Even stretches of a strip from this many widths on are scenes of their own, marked blank."""
_BUFFER_PIXELS = 24_000_000
"""Of a strip, looked at together at first; doubled while they hold no gutter."""
_UNSURE_ROWS = 64
"""At the end of what is held: a gutter there may yet grow."""
_SIDE = 0.08
"""Of a strip's width at either side, where a frame may run down through the gutters."""
_EDGE = 0.03
"""The same where whatever is there is no matter: no face has room in it."""
_LONG_SCENE = 8.0
"""Scenes from this many widths on are cut at weaker gutters too."""
_MOST_PIXELS = 178_000_000
"""Without any gutter, then cut at a file's border: profiles of 46 MB."""


def cut(pages: Iterable[PageProfile], layout: str) -> list[Scene]:
    """The scenes of an episode in reading order; pages are taken and dropped one after another.

    Args:
        pages: complete profiles in reading order; an iterator keeps memory bounded.
        layout: `strip`, `pages` or `images`; see `choose_layout`.

    Returns:
        scenes in episode coordinates: pages under each other, left edges aligned.

    Raises:
        ValueError: another layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"the layout is {layout!r}, not one of {', '.join(LAYOUTS)}")
    if layout == "strip":
        return list(_strip(pages))
    return list(_singly(pages, layout == "pages"))


def _singly(pages: Iterable[PageProfile], xy: bool) -> Iterator[Scene]:
    y = 0
    for page in pages:
        canvas = Canvas.stacked([page])
        whole = Rect(0, 0, page.width, page.height)
        found = leaves(canvas, whole) if xy else []
        for rect in found or [whole]:
            scene = _scene(canvas, rect, y)
            yield scene if xy or scene.kind == "blank" else replace(scene, kind="panel")
        y += page.height


def _scene(canvas: Canvas, rect: Rect, y: int) -> Scene:
    width, height = rect.x1 - rect.x0, rect.y1 - rect.y0
    return Scene(rect.x0, y + rect.y0, width, height, kind(canvas, rect))


def _strip(pages: Iterable[PageProfile]) -> Iterator[Scene]:
    y = 0
    for _, same in groupby(pages, key=lambda page: page.width):
        y = yield from _run(same, y)


def _run(pages: Iterable[PageProfile], y: int) -> Generator[Scene, None, int]:
    """Cut pages of one width, each dropped when a gutter below it is known; gives the end row."""
    held: list[PageProfile] = []
    begun, height, limit = 0, 0, _BUFFER_PIXELS
    for page in pages:
        held.append(page)
        height += page.height
        if page.width * height < limit:
            continue
        scenes, end = _settled(held, begun, y, last=page.width * height >= _MOST_PIXELS)
        yield from scenes
        limit = _BUFFER_PIXELS if end > begun else 2 * limit
        begun, done = end, 0
        while done < len(held) and begun >= held[done].height:
            begun -= held[done].height
            height -= held[done].height
            y += held[done].height
            done += 1
        del held[:done]
    if held:
        yield from _settled(held, begun, y, last=True)[0]
    return y + height


def _settled(held: list[PageProfile], begun: int, y: int, last: bool) -> tuple[list[Scene], int]:
    """The scenes from row `begun` of the held pages to the last gutter, and where that begins."""
    canvas = Canvas.stacked(held)
    rect = Rect(0, begun, canvas.width, canvas.height)
    found = _strip_gutters(canvas, rect)
    end = canvas.height
    if not last:
        sure = [run for run in found if run.start > 0 and begun + run.stop < end - _UNSURE_ROWS]
        end = begun + sure[-1].start if sure else begun
        rect = Rect(0, begun, canvas.width, end)
        found = [run for run in found if begun + run.start < end]
    return [_scene(canvas, part, y) for part in _parts(canvas, rect, found)], end


def _strip_gutters(canvas: Canvas, rect: Rect) -> list[Run]:
    """The gutters over the whole width, whatever frame runs down the sides."""
    low, high = rows(canvas, rect, slice(None))
    low, high = low.copy(), high.copy()
    first = int(np.searchsorted(canvas.y_edges, rect.y0, "right")) - 1
    heights = np.diff(np.maximum(canvas.y_edges[first:], rect.y0))
    width = canvas.width
    for block, (left, right) in enumerate(pairwise(canvas.x_edges)):
        outside = min(right, width - left)
        if outside <= _EDGE * width:
            low[:, block], high[:, block] = 255, 0
        elif outside <= _SIDE * width:
            sides = slice(left, right)
            change = canvas.column_high[first:, sides] - canvas.column_low[first:, sides]
            framed = np.repeat((change <= EVEN).all(axis=1), heights)
            low[framed, block], high[framed, block] = 255, 0
    return gutters(canvas, rect, low, high)


def _parts(canvas: Canvas, rect: Rect, found: list[Run]) -> Iterator[Rect]:
    """The scenes between a strip's gutters, and the gutters that are scenes by their length."""
    above = rect.y0
    grounds: tuple[int, ...] = ()
    for run in found:
        start, stop = rect.y0 + run.start, rect.y0 + run.stop
        if start > above:
            piece = Rect(rect.x0, above, rect.x1, start)
            yield from _piece(canvas, piece, (*grounds, run.first))
        if stop - start >= min(_LONG_BLANK * canvas.width, rect.y1 - rect.y0):
            yield Rect(rect.x0, start, rect.x1, stop)
        above, grounds = stop, (run.last,)
    if rect.y1 > above:
        yield from _piece(canvas, Rect(rect.x0, above, rect.x1, rect.y1), grounds)


def _piece(canvas: Canvas, rect: Rect, grounds: tuple[int, ...]) -> Iterator[Rect]:
    """What lies between two gutters: side margins trimmed, panels side by side parted."""
    for part in _shortened(canvas, rect):
        part, sides = trimmed_sides(canvas, part)
        found = leaves(canvas, part, (*grounds, *sides), depth=1)
        roomy = min(part.x1 - part.x0, part.y1 - part.y0) >= SMALLEST_FACE
        yield from found or ([part] if roomy else [])


def _shortened(canvas: Canvas, rect: Rect) -> Iterator[Rect]:
    """A very long scene cut at weaker gutters, where it has any."""
    width, above = canvas.width, rect.y0
    if rect.y1 - rect.y0 > _LONG_SCENE * width:
        low, high = rows(canvas, rect, slice(None))
        least = max(3, round(MIDDLE * width))
        for run in even_runs(low.min(axis=1), high.max(axis=1), EVEN, least):
            start, stop = rect.y0 + run.start, rect.y0 + run.stop
            if start - above >= width and rect.y1 - stop >= width:
                yield Rect(rect.x0, above, rect.x1, start)
                above = stop
    yield Rect(rect.x0, above, rect.x1, rect.y1)

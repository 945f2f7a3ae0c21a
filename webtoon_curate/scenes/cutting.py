"""From profiles to scenes: strips at their gutters, pages by recursive XY cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from webtoon_curate.faces import Scene
from webtoon_curate.scenes.gutters import Rect, Run, gutters, rows
from webtoon_curate.scenes.kinds import kind
from webtoon_curate.scenes.profile import Canvas, PageProfile

LAYOUTS = ("strip", "pages", "images")
_DEPTH = 12
"""Of the recursion: more levels than any page has."""
_SPECK = 8
"""Scenes with both sides below this many pixels are dust on the ground, not drawings."""


def cut(pages: Sequence[PageProfile], layout: str) -> list[Scene]:
    """The scenes of an episode in reading order.

    Args:
        pages: complete profiles in reading order.
        layout: `strip`, `pages` or `images`; see `choose_layout`.

    Returns:
        scenes in episode coordinates: pages under each other, left edges aligned.

    Raises:
        ValueError: another layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"the layout is {layout!r}, not one of {', '.join(LAYOUTS)}")
    pieces = {"strip": _strip, "pages": _each_page, "images": _each_image}[layout]
    return list(pieces(pages))


def _each_image(pages: Iterable[PageProfile]) -> Iterator[Scene]:
    y = 0
    for page in pages:
        canvas = Canvas.stacked([page])
        whole = Rect(0, 0, page.width, page.height)
        blank = kind(canvas, whole) == "blank"
        yield Scene(0, y, page.width, page.height, "blank" if blank else "panel")
        y += page.height


def _each_page(pages: Iterable[PageProfile]) -> Iterator[Scene]:
    y = 0
    for page in pages:
        canvas = Canvas.stacked([page])
        whole = Rect(0, 0, page.width, page.height)
        found = leaves(canvas, whole, page.width)
        for rect in found or [whole]:
            yield _scene(canvas, rect, y)
        y += page.height


def _strip(pages: Iterable[PageProfile]) -> Iterator[Scene]:
    y = 0
    for _, same in groupby(pages, key=lambda page: page.width):
        canvas = Canvas.stacked(list(same))
        whole = Rect(0, 0, canvas.width, canvas.height)
        for rect in leaves(canvas, whole, canvas.width):
            yield _scene(canvas, rect, y)
        y += canvas.height


def _scene(canvas: Canvas, rect: Rect, y: int) -> Scene:
    return Scene(rect.x0, y + rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0, kind(canvas, rect))


def leaves(
    canvas: Canvas, rect: Rect, scale: int, grounds: tuple[int, ...] = (), depth: int = 0
) -> list[Rect]:
    """The parts of a rectangle by recursive XY cut, rows first (Nagy and Seth 1984).

    Empty when the whole rectangle is even ground.
    """
    for turned in (False, True):
        found = _gutters(canvas, rect, scale, grounds, turned)
        pieces, inner = _between(found, rect, turned)
        if not pieces:
            return []
        if inner and depth < _DEPTH:
            seen = grounds + tuple(g for run in inner for g in {run.first, run.last})
            seen = tuple(sorted(set(seen)))
            return [
                leaf for piece in pieces for leaf in leaves(canvas, piece, scale, seen, depth + 1)
            ]
        if pieces != [rect]:
            margin = tuple(sorted({g for run in found for g in (run.first, run.last)}))
            rect, grounds = pieces[0], tuple(sorted({*grounds, *margin}))
    if max(rect.x1 - rect.x0, rect.y1 - rect.y0) < _SPECK and depth:
        return []
    return [rect]


def _gutters(
    canvas: Canvas, rect: Rect, scale: int, grounds: tuple[int, ...], turned: bool
) -> list[Run]:
    if turned:
        canvas, rect = canvas.turned, rect.turned
    low, high = rows(canvas, rect)
    found = gutters(low, high, scale, grounds)
    return [run for run in found if not _crossed(canvas, rect, run)]


def _crossed(canvas: Canvas, rect: Rect, run: Run) -> bool:
    """Whether a line crosses the run in the columns at its ends that no whole block covers."""
    begin = int(np.searchsorted(canvas.x_edges, rect.x0, "left"))
    end = int(np.searchsorted(canvas.x_edges, rect.x1, "right")) - 1
    if end <= begin:
        return False
    across = np.r_[rect.x0 : canvas.x_edges[begin], canvas.x_edges[end] : rect.x1]
    top, bottom = rect.y0 + run.start, rect.y0 + run.stop
    down = slice(
        int(np.searchsorted(canvas.y_edges, top, "right")) - 1,
        int(np.searchsorted(canvas.y_edges, bottom, "left")),
    )
    low = canvas.column_low[down, across].astype(np.int16)
    high = canvas.column_high[down, across].astype(np.int16)
    darkest, brightest = sorted((run.first, run.last))
    return bool(((low > brightest + 44) | (high < darkest - 44)).any())


def _between(found: list[Run], rect: Rect, turned: bool) -> tuple[list[Rect], list[Run]]:
    """The parts of a rectangle that the runs leave, and the runs that are not at its ends."""
    length = rect.x1 - rect.x0 if turned else rect.y1 - rect.y0
    marks = [0, *(mark for run in found for mark in (run.start, run.stop)), length]
    spans = [(a, b) for a, b in zip(marks[::2], marks[1::2]) if b > a]
    inner = [run for run in found if run.start > 0 and run.stop < length]
    if turned:
        return [Rect(rect.x0 + a, rect.y0, rect.x0 + b, rect.y1) for a, b in spans], inner
    return [Rect(rect.x0, rect.y0 + a, rect.x1, rect.y0 + b) for a, b in spans], inner

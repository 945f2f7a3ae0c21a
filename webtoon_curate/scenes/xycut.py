"""Recursive XY cut: a rectangle is parted at its gutters, each part again the other way.

After Nagy and Seth, "Hierarchical representation of optically scanned documents" (1984), with
gutters judged by `webtoon_curate.scenes.gutters` in place of their projection profiles.
"""

from __future__ import annotations

import numpy as np

from webtoon_curate.scenes.gutters import (
    RINGING,
    Rect,
    Run,
    gutters,
    rows,
    seen_blocks,
    touched_blocks,
)
from webtoon_curate.scenes.kinds import kind
from webtoon_curate.scenes.profile import Canvas

_DEPTH = 12
"""Of the recursion: more levels than any page has."""
_SPECK, _STROKE = 8, 4
"""Parts with both sides, or with one, below so many pixels are dust and rules, not drawings."""


def leaves(canvas: Canvas, rect: Rect, grounds: tuple[int, ...] = (), depth: int = 0) -> list[Rect]:
    """The parts of a rectangle, rows first: top to bottom, then left to right.

    Args:
        rect: in `canvas` pixels; its even margins are trimmed.
        grounds: greys of the gutters around; gutters inside must be of one of them, nearly. None
            given: of any.

    Returns:
        the parts in reading order; none where the whole rectangle is even ground.
    """
    for turned in (False, True):
        found = _gutters(canvas, rect, grounds, turned)
        pieces, inner = _between(found, rect, turned)
        if not pieces:
            return []
        if inner and depth < _DEPTH:
            if kind(canvas, rect) == "text":
                return [_hull(pieces)]
            seen = tuple(sorted({*grounds, *(g for run in inner for g in (run.first, run.last))}))
            return [leaf for piece in pieces for leaf in leaves(canvas, piece, seen, depth + 1)]
        if pieces[0] != rect:
            rect = pieces[0]
            grounds = tuple(sorted({*grounds, *(g for r in found for g in (r.first, r.last))}))
    short, long = sorted((rect.x1 - rect.x0, rect.y1 - rect.y0))
    return [] if depth and (long < _SPECK or short < _STROKE) else [rect]


def trimmed_sides(canvas: Canvas, rect: Rect) -> tuple[Rect, tuple[int, ...]]:
    """A rectangle without its even margins at the left and right, and the greys of these."""
    width = rect.x1 - rect.x0
    found = _gutters(canvas, rect, (), turned=True)
    margins = [run for run in found if run.start == 0 or run.stop == width]
    pieces, _ = _between(margins, rect, turned=True)
    if not pieces:
        return rect, ()
    return pieces[0], tuple(sorted({g for run in margins for g in (run.first, run.last)}))


def _gutters(canvas: Canvas, rect: Rect, grounds: tuple[int, ...], turned: bool) -> list[Run]:
    if turned:
        canvas, rect = canvas.turned, rect.turned
    blocks = seen_blocks(canvas, rect)
    if blocks is None:
        return []
    low, high = rows(canvas, rect, blocks)
    return [
        run
        for run in gutters(canvas, rect, low, high, grounds)
        if not _crossed(canvas, rect, blocks, run)
    ]


def _hull(parts: list[Rect]) -> Rect:
    return Rect(parts[0].x0, parts[0].y0, parts[-1].x1, parts[-1].y1)


def _crossed(canvas: Canvas, rect: Rect, blocks: slice, run: Run) -> bool:
    """Whether a line crosses the run in the columns at its ends that no seen block covers.

    A panel's frame does: so what lies in a closed frame is never cut.
    """
    begin, end = (int(canvas.x_edges[block]) for block in (blocks.start, blocks.stop))
    across = np.r_[rect.x0 : max(begin, rect.x0), min(end, rect.x1) : rect.x1]
    down = touched_blocks(canvas.y_edges, rect.y0 + run.start, rect.y0 + run.stop)
    low = canvas.column_low[down, across].astype(np.int16)
    high = canvas.column_high[down, across].astype(np.int16)
    darkest, brightest = sorted((run.first, run.last))
    return bool(((low > brightest + RINGING) | (high < darkest - RINGING)).any())


def _between(found: list[Run], rect: Rect, turned: bool) -> tuple[list[Rect], list[Run]]:
    """The parts of a rectangle that the runs leave, and the runs that are not at its ends."""
    length = rect.x1 - rect.x0 if turned else rect.y1 - rect.y0
    marks = [0, *(mark for run in found for mark in (run.start, run.stop)), length]
    spans = [(a, b) for a, b in zip(marks[::2], marks[1::2]) if b > a]
    inner = [run for run in found if run.start > 0 and run.stop < length]
    if turned:
        return [Rect(rect.x0 + a, rect.y0, rect.x0 + b, rect.y1) for a, b in spans], inner
    return [Rect(rect.x0, rect.y0 + a, rect.x1, rect.y0 + b) for a, b in spans], inner

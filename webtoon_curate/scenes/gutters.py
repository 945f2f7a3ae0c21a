"""Gutters: runs of rows of nearly one color that part two scenes.

A run counts as a gutter by its height and by what lies along it. Where straight panel edges bound
it on both sides a hairline is enough. Where nothing straight does (figures drawn without a frame on
open ground) it must be high, and higher still where it is neither white nor black: it may be skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.scenes.profile import BLOCK, Canvas

# Greys of 0-255. Tuned on the train pages of Pepper&Carrot and on strips stitched from them, saved
# as JPEG at quality 60 to 90.
EVEN = 14
"""Most difference of grey in a row of one color: what JPEG leaves in an even ground."""
RINGING = 44
"""The same in the rows beside a panel's edge, and in gutters too thin to have any others."""
STEP = 10
"""Most change from a row to the next in a gradient."""
FAINT, DEPARTS = 20, 24
"""Difference of grey from its ground at which a drawing begins: a pale sky at an edge, and ink."""
TINT = 28
"""Most difference of any color channel between cells of one row."""
WHITE, BLACK = 232, 24
"""Grounds from here on, or up to here, are paper or ink and not a drawn surface."""

# Shares of the page's width.
REACH = 0.008
"""How near a straight edge must lie to the gutter over its whole length."""
THIN, MIDDLE, OPEN = 0.004, 0.016, 0.06
"""Needed height with a straight edge on both sides, on one, on none."""
DRAWN = 2.5
"""Factor on these heights for grounds neither white nor black, unless edged on both sides."""
SEEN = 0.75
"""Least share of a rectangle's side that whole blocks must tell of."""
STRAIGHT, PANEL = 0.65, 0.12
"""An edge is straight if a drawing lies within reach along such a share of the gutter, and the
gutter is at least as long as a narrow panel (share of the page's width), not as an eye or word."""


@dataclass(frozen=True)
class Rect:
    """A rectangle of a canvas: columns x0 to x1, rows y0 to y1, ends excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def turned(self) -> Rect:
        """The same with x and y exchanged."""
        return Rect(self.y0, self.x0, self.y1, self.x1)


@dataclass(frozen=True)
class Run:
    """Rows `start` to `stop` (excluded) of nearly one color, `first` and `last` their end greys."""

    start: int
    stop: int
    first: int
    last: int


def touched_blocks(edges: NDArray[np.int64], begin: int, end: int) -> slice:
    """The blocks that have a pixel in [begin, end)."""
    return slice(
        int(np.searchsorted(edges, begin, "right")) - 1, int(np.searchsorted(edges, end, "left"))
    )


def seen_blocks(canvas: Canvas, rect: Rect) -> slice | None:
    """The blocks whose rows tell a rectangle's rows; none where they would leave too much unseen.

    A block at the rectangle's side reaches beyond it. It counts if only bare ground lies there,
    and not if a neighbour's ink does.
    """
    edges = canvas.x_edges
    touched = touched_blocks(edges, rect.x0, rect.x1)
    begin, end = touched.start, touched.stop
    if not _bare(canvas, int(edges[begin]), rect.x0, rect):
        begin += 1
    if not _bare(canvas, rect.x1, int(edges[end]), rect):
        end -= 1
    if end <= begin:
        return None
    seen = min(int(edges[end]), rect.x1) - max(int(edges[begin]), rect.x0)
    return slice(begin, end) if seen >= SEEN * (rect.x1 - rect.x0) else None


def _bare(canvas: Canvas, left: int, right: int, rect: Rect) -> bool:
    """Whether each block of rows beside the rectangle is of one grey from left to right."""
    if right <= left:
        return True
    down = touched_blocks(canvas.y_edges, rect.y0, rect.y1)
    low = canvas.column_low[down, left:right].min(axis=1)
    high = canvas.column_high[down, left:right].max(axis=1)
    return bool((high - low <= RINGING).all())


def rows(canvas: Canvas, rect: Rect, blocks: slice) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Darkest and brightest grey of a rectangle's rows in some of the canvas's blocks.

    Returns:
        two (rows, blocks) uint8 arrays, views into the canvas.
    """
    span = slice(rect.y0, rect.y1)
    return canvas.row_low[span, blocks], canvas.row_high[span, blocks]


def colors(canvas: Canvas, rect: Rect) -> NDArray[np.uint8]:
    """Mean colors of the cells wholly inside a rectangle: (down, across, 3) uint8, maybe empty."""
    down, across = (
        slice(
            int(np.searchsorted(edges, begin, "left")),
            max(int(np.searchsorted(edges, end, "right")) - 1, 0),
        )
        for edges, begin, end in (
            (canvas.y_edges, rect.y0, rect.y1),
            (canvas.x_edges, rect.x0, rect.x1),
        )
    )
    return canvas.color[down, across]


def _one_color(canvas: Canvas, rect: Rect, run: Run) -> bool:
    """Whether a run that is even in grey is so in color; one too low to tell counts as even."""
    aside = (rect.x1 - rect.x0) // 10
    inside = Rect(rect.x0 + aside, rect.y0 + run.start, rect.x1 - aside, rect.y0 + run.stop)
    cells = colors(canvas, inside).astype(np.int16)
    return cells.size == 0 or int(np.ptp(cells, axis=1).max()) <= TINT


def even_runs(low: NDArray, high: NDArray, tolerance: int, least: int) -> list[Run]:
    """Maximal runs of rows of nearly one grey that changes slowly.

    Those that touch neither end are at least `least` high.

    Args:
        low: (rows,) darkest grey of each row.
        high: (rows,) brightest.
    """
    low, high = low.astype(np.int16), high.astype(np.int16)
    middle = (low + high) // 2
    even = high - low <= tolerance
    joined = even[1:] & even[:-1] & (np.abs(np.diff(middle)) <= STEP)
    starts = np.flatnonzero(even & ~np.concatenate([[False], joined]))
    stops = np.flatnonzero(even & ~np.concatenate([joined, [False]])) + 1
    high_enough = (stops - starts >= least) | (starts == 0) | (stops == len(low))
    return [
        Run(int(a), int(b), int(middle[a]), int(middle[b - 1]))
        for a, b in zip(starts[high_enough], stops[high_enough])
    ]


def gutters(
    canvas: Canvas,
    rect: Rect,
    low: NDArray[np.uint8],
    high: NDArray[np.uint8],
    grounds: tuple[int, ...] = (),
) -> list[Run]:
    """The runs of rows that part two scenes, and the even margins at both ends, in order.

    Args:
        canvas, rect: what the rows are of; the runs' rows count from `rect.y0`.
        low: (rows, blocks) darkest grey of each row in each block, from `rows`.
        high: (rows, blocks) brightest.
        grounds: greys of which a gutter must be one, nearly; none given: any.
    """
    row_low, row_high = low.min(axis=1), high.max(axis=1)
    scale = canvas.scale
    long_enough = BLOCK * low.shape[1] >= PANEL * scale
    found: list[Run] = []
    for tolerance in (EVEN, RINGING):
        for run in even_runs(row_low, row_high, tolerance, _needed(scale, THIN)):
            margin = tolerance == EVEN and (run.start == 0 or run.stop == len(low))
            if grounds and not any(_near(run, ground) for ground in grounds):
                continue
            run = _widened(run, row_low, row_high)
            edges = _edges(canvas, rect, run, low, high) if long_enough and not margin else 0
            if (margin or _parts(run, edges, scale, tolerance)) and _one_color(canvas, rect, run):
                found.append(run)
    return _merged(found)


def _needed(scale: int, share: float) -> int:
    return max(3, round(scale * share))


def _near(run: Run, ground: int) -> bool:
    return min(abs(run.first - ground), abs(run.last - ground)) <= RINGING


def _widened(run: Run, low: NDArray, high: NDArray) -> Run:
    """The run with the rows beside it that differ from it by no more than JPEG's ringing does."""
    start, stop = run.start, run.stop
    most = BLOCK // 2
    while start > max(0, run.start - most) and (
        run.first - RINGING <= low[start - 1] and high[start - 1] <= run.first + RINGING
    ):
        start -= 1
    while stop < min(len(low), run.stop + most) and (
        run.last - RINGING <= low[stop] and high[stop] <= run.last + RINGING
    ):
        stop += 1
    return Run(start, stop, run.first, run.last)


def _edges(canvas: Canvas, rect: Rect, run: Run, low: NDArray, high: NDArray) -> int:
    """On how many of its two sides a straight edge bounds the run.

    Blocks tell it to the row, columns to the column; only both together know a panel's edge from
    a few pairs of eyes.
    """
    reach = _needed(canvas.scale, REACH)
    count = 0
    for grey, top, bottom in (
        (run.first, max(0, run.start - reach), run.start),
        (run.last, run.stop, min(run.stop + reach, len(low))),
    ):
        darker, brighter = grey - FAINT, grey + FAINT
        drawn = (low[top:bottom] < darker) | (high[top:bottom] > brighter)
        if drawn.any(axis=0).mean() < STRAIGHT:
            continue
        down = touched_blocks(canvas.y_edges, rect.y0 + top, rect.y0 + bottom)
        columns = down, slice(rect.x0, rect.x1)
        drawn = (canvas.column_low[columns] < darker) | (canvas.column_high[columns] > brighter)
        count += bool(drawn.any(axis=0).mean() >= STRAIGHT)
    return count


def _parts(run: Run, edges: int, scale: int, tolerance: int) -> bool:
    """Whether a run is high enough for what bounds it."""
    if edges == 2:
        return run.stop - run.start >= _needed(scale, THIN)
    if tolerance > EVEN:
        return False
    need = (OPEN, MIDDLE)[edges]
    paper = min(run.first, run.last) >= WHITE or max(run.first, run.last) <= BLACK
    return run.stop - run.start >= _needed(scale, need * (1 if paper else DRAWN))


def _merged(runs: list[Run]) -> list[Run]:
    """Runs in order, overlapping and touching ones joined."""
    out: list[Run] = []
    for run in sorted(runs, key=lambda r: (r.start, r.stop)):
        if out and run.start <= out[-1].stop:
            last = out[-1]
            if run.stop > last.stop:
                out[-1] = Run(last.start, run.stop, last.first, run.last)
        else:
            out.append(run)
    return out

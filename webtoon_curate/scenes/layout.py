"""How an episode's files are meant: one long strip, comic pages, or single pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from webtoon_curate.scenes.gutters import EVEN, Rect
from webtoon_curate.scenes.profile import Canvas, PageProfile
from webtoon_curate.scenes.xycut import leaves

LOOK = 64
"""Pages at an episode's start that decide its layout."""

_LONG = 2.5
"""Height by width from which on a file is part of a strip: print ends at 1.6, phones at 2.2."""
_PRINT = (1.2, 1.75)
"""Height by width of comic pages: square manhwa volumes to narrow newsstand prints."""
_ONE_WIDTH = 0.8
"""Share of all rows that have the commonest width where files belong together; thumbnails and ads
that lie among them are low."""
_ONE_HEIGHT = 0.6
"""The same for the heights of printed pages; an episode's title and credits may differ."""
_PANELLED = 0.3
"""Share of pages with several panels from which on they are comic pages."""
_PANEL_AREA = 0.04
"""Least share of its page that a panel covers; figures scattered on white cover less."""
_SAMPLE = 16
"""Pages that are cut to see whether they hold panels."""
_NEAR_ROWS = 16
"""Rows at either side of a file's border that tell how much a row differs from the next."""
_GOES_ON = 3.0
"""Times that difference, plus `_SLACK`, that a border may differ by where the drawing goes on."""
_SLACK = 4.0
"""Greys."""
_FEW = 0.25
"""Most share of borders at which a drawing ends, in a strip that was cut at its gutters."""


def choose_layout(pages: Sequence[PageProfile]) -> str:
    """Tell how files are meant, by their shapes and by whether the drawing goes on between them.

    Args:
        pages: complete profiles in reading order; only the first `LOOK` are looked at.

    Returns:
        `strip` (one drawing cut into files anywhere), `pages` (comic pages with panels) or
        `images` (single drawings or photographs; also for no pages at all).

    Raises:
        ValueError: a page whose rows have not all come.
    """
    pages = pages[:LOOK]
    for page in pages:
        page.require_complete()
    if not pages:
        return "images"
    shapes = [page.height / page.width for page in pages]
    rows: Counter[int] = Counter()
    for page in pages:
        rows[page.width] += page.height
    width, same_width = rows.most_common(1)[0]
    together = same_width >= _ONE_WIDTH * rows.total()
    borders = Counter(_border(a, b) for a, b in pairwise(pages) if a.width == b.width)
    if max(shapes) >= _LONG and (together or median(shapes) >= _LONG):
        return "strip"
    if together and borders["goes on"] > borders["ends"]:
        return "strip"
    heights = Counter(page.height for page in pages if page.width == width)
    panelled = _panelled(pages) >= _PANELLED
    if panelled:
        printed = _PRINT[0] <= median(shapes) <= _PRINT[1]
        one_height = max(heights.values()) >= _ONE_HEIGHT * heights.total()
        if borders["ends"] or (printed and (one_height or not together)):
            return "pages"
    if together and len(pages) > 1 and borders["ends"] <= _FEW * len(pages):
        return "strip" if len(heights) > 1 or panelled else "images"
    return "pages" if panelled and len(pages) > 1 else "images"


def _border(above: PageProfile, below: PageProfile) -> str:
    """What happens where two files meet: the drawing `goes on` or `ends`, or is `even` there."""
    low = np.concatenate([above.row_low[-_NEAR_ROWS:], below.row_low[:_NEAR_ROWS]])
    high = np.concatenate([above.row_high[-_NEAR_ROWS:], below.row_high[:_NEAR_ROWS]])
    middle = (low.astype(np.float32) + high) / 2
    border = min(_NEAR_ROWS, above.height)
    change = np.abs(np.diff(middle, axis=0)).mean(axis=1)
    spread = high.max(axis=1).astype(np.int16) - low.min(axis=1)
    usual = float(np.median(np.delete(change, border - 1))) if len(change) > 1 else 0.0
    alike = change[border - 1] <= _GOES_ON * usual + _SLACK
    drawn = spread[border - 1 : border + 1] > 2 * EVEN
    if not drawn.any():
        return "even" if alike else "ends"
    return "goes on" if drawn.all() and alike else "ends"


def _panelled(pages: Sequence[PageProfile]) -> float:
    """Share of (a sample of) the pages that hold several panels."""
    step = -(-len(pages) // _SAMPLE)
    sample = [page for page in pages[::step] if page.height < _LONG * page.width]
    several = 0
    for page in sample:
        whole = Rect(0, 0, page.width, page.height)
        least = _PANEL_AREA * page.width * page.height
        parts = leaves(Canvas.stacked([page]), whole)
        several += sum((r.x1 - r.x0) * (r.y1 - r.y0) >= least for r in parts) > 1
    return several / max(len(sample), 1)

"""What a scene holds, as far as its profile tells: a drawing, lettering only, or nothing.

A panel taken for text would never be searched for faces, text taken for a panel costs a little
time: everything here leans to `panel`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.scenes.gutters import DEPARTS, EVEN, TINT, Rect, colors, rows, touched_blocks
from webtoon_curate.scenes.profile import BLOCK, Canvas

SMALLEST_FACE = 24
"""Pixels: the least side of a face that detectors look for."""
_TINY = 16
"""Pixels: no drawing of a face is so low or narrow, even without its outline."""
_LINE = 0.06
"""Most height of a line of lettering, share of the page's width: 41 pixels in 690."""
_WIDE = 6
"""Lines are this many times as wide as high, but for a paragraph's last; a small face is not."""
_LEAST_LINE = 5
"""Pixels; lower is a rule or a mouth."""
_ALIKE = 1.15
"""A shorter line follows a wide one at less than its height, and is at most so much higher."""
_GROUND = 0.4
"""Least share of the scene that is bare ground, in block rows."""
_SOLID = 0.03
"""Most share of it that is even and not ground: hair, skin and screen tone are, letters are not."""
_HUE = 28
"""Most difference between a cell's color channels, beyond the ground's own: ink is grey."""


def kind(canvas: Canvas, rect: Rect) -> str:
    """`panel`, `text` or `blank`."""
    blocks = touched_blocks(canvas.x_edges, rect.x0, rect.x1)
    low, high = rows(canvas, rect, blocks)
    color = colors(canvas, rect)
    spread = int(high.max()) - int(low.min())
    tinted = color.size and int(np.ptp(color.astype(np.int16), axis=1).max()) > TINT
    if (high.max(axis=1).astype(np.int16) - low.min(axis=1) <= EVEN).all() and not tinted:
        return "blank"
    if min(rect.x1 - rect.x0, rect.y1 - rect.y0) < _TINY:
        return "text"
    return "text" if spread > DEPARTS and _lettering(low, high, color, canvas.scale) else "panel"


def _lettering(low: NDArray, high: NDArray, color: NDArray, scale: int) -> bool:
    low, high = low.astype(np.int16), high.astype(np.int16)
    even = high - low <= EVEN
    middles = ((low + high) // 2)[even]
    if len(middles) < _GROUND * even.size:
        return False
    ground = int(np.bincount(middles).argmax())
    inked = (low < ground - DEPARTS) | (high > ground + DEPARTS)
    if (~inked).mean() < _GROUND or (inked & even).mean() > _SOLID:
        return False
    hue = np.ptp(color.astype(np.int16), axis=2)
    if color.size == 0 or (np.abs(hue - np.median(hue)) > _HUE).any():
        return False
    marked = np.concatenate([[False], inked.any(axis=1), [False]])
    starts, stops = np.flatnonzero(np.diff(marked.astype(np.int8))).reshape(-1, 2).T
    widths = [BLOCK * int(inked[a:b].any(axis=0).sum()) for a, b in zip(starts, stops)]
    return _lines(starts, stops, widths, max(SMALLEST_FACE, _LINE * scale))


def _lines(starts: NDArray, stops: NDArray, widths: list[int], most: float) -> bool:
    """Whether every run of inked rows is a line of lettering: wide, or the short end of one."""
    above, wide = None, 0
    for start, stop, width in zip(starts, stops, widths):
        height = stop - start
        if height > most:
            return False
        if width >= _WIDE * height and height >= _LEAST_LINE:
            wide = max(wide, height)
        elif above is None or start - above > wide or height > _ALIKE * wide:
            return False
        above = stop
    return wide > 0

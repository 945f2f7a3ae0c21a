"""What a scene holds, as far as its profile tells: a drawing, lettering only, or nothing.

A panel taken for text would never be searched for faces, text taken for a panel costs a little
time: everything here leans to `panel`.
"""

from __future__ import annotations

from webtoon_curate.scenes.gutters import EVEN, Rect, rows
from webtoon_curate.scenes.profile import Canvas


def kind(canvas: Canvas, rect: Rect) -> str:
    """`panel`, `text` or `blank`."""
    low, high = rows(canvas, rect)
    if (high.max(axis=1).astype(int) - low.min(axis=1) <= EVEN).all():
        return "blank"
    return "panel"

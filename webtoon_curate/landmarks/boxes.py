"""Which face boxes can be read at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds

SMALLEST = 12
"""Shorter edge of a face that can be read, pixels: below, eyes are of one or two pixels."""
LARGEST = 4000
"""Longer edge, pixels: the page is read at its own size around the face, 225 MB at the most."""
SEEN = 0.25
"""Share of the box that must lie on its page."""
EVEN = 8
"""Grey levels: a picture whose levels differ by less is of one color."""


def problem_of(box: Sequence[float], bounds: Bounds | None) -> str | None:
    """Why a face box cannot be read; None if it can.

    Args:
        box: x, y, width, height, episode pixels.
        bounds: of its page or strip; None if its page is not in the episode.
    """
    if bounds is None:
        return "its page is not in the pages table: run detect again"
    x, y, width, height = box
    if not np.isfinite(box).all():
        return "its box is not of finite numbers"
    if min(width, height) < SMALLEST:
        return (
            f"its box is {width:.0f} x {height:.0f} pixels; the smallest face that can be read "
            f"has {SMALLEST}"
        )
    if max(width, height) > LARGEST:
        return f"its box is {width:.0f} x {height:.0f} pixels; the largest has {LARGEST}"
    left, top, across, down = bounds
    wide = min(x + width, left + across) - max(x, left)
    high = min(y + height, top + down) - max(y, top)
    if wide <= 0 or high <= 0 or wide * high < SEEN * width * height:
        return "its box lies beyond its page"
    return None


def problem_of_patch(patch: NDArray[np.uint8]) -> str | None:
    """Why a picture shows no face whatever stands in its box; None if it may."""
    darkest, lightest = patch.min(axis=(0, 1)).astype(int), patch.max(axis=(0, 1)).astype(int)
    if (lightest - darkest).max() < EVEN:
        return "the picture is of one color there"
    return None

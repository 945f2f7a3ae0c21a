"""Which square around a face box a reader is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPAND = 1.6
"""Side of the square in units of the box's longer side: the face with most of its hair."""


def reader_squares(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """The squares that a reader was trained on; `webtoon_curate.crops.cut` cuts them.

    Args:
        boxes: (n, 4) x, y, width, height of faces (brow or hairline to chin), pixels.

    Returns:
        (n, 3): x, y, side in pixels; they may reach beyond the page.
    """
    from webtoon_curate.crops import CropSettings, squares

    return squares(boxes, CropSettings(expand=EXPAND, shift=0.0))

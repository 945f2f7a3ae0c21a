"""Samples of a run as one picture: a row a face, a column a kind of picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

GAP = 4
"""Pixels between pictures."""
WHITE = 255


def grid(columns: Mapping[str, Tensor]) -> NDArray[np.uint8]:
    """The pictures side by side, in the mapping's order.

    Args:
        columns: (n, c, h, w) each, in -1..1, of one size. One channel is grey; of four and more the
            first three are shown, and a fourth as another column.

    Returns:
        (height, width, 3) uint8.
    """
    parts = []
    for pictures in columns.values():
        pictures = pictures.detach().float().cpu()
        if pictures.shape[1] in (1, 2):
            parts.append(pictures[:, :1].expand(-1, 3, -1, -1))
            continue
        parts.append(pictures[:, :3])
        if pictures.shape[1] == 4:
            parts.append(pictures[:, 3:].expand(-1, 3, -1, -1))
    rows, _, height, width = parts[0].shape
    out = np.full(
        (rows * (height + GAP) - GAP, len(parts) * (width + GAP) - GAP, 3), WHITE, np.uint8
    )
    for column, part in enumerate(parts):
        pixels = ((part.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        for row, picture in enumerate(pixels.permute(0, 2, 3, 1).numpy()):
            y, x = row * (height + GAP), column * (width + GAP)
            out[y : y + height, x : x + width] = picture
    return out

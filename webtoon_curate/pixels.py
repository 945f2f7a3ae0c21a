"""What decoders give, as upright RGB on white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""
TRANSPOSED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


def to_rgb(raw: NDArray[np.uint8 | np.uint16], out: Pixels, cmyk: bool) -> None:
    """Writes `raw` (rows, width, 1 to 4 bands) into `out` (rows, width, 3) as RGB on white."""
    if raw.dtype == np.uint16:
        raw = (raw >> 8).astype(np.uint8)
    bands = raw.shape[2]
    if cmyk:
        light = 255 - raw.astype(np.uint16)
        out[:] = (light[..., :3] * light[..., 3:] + 127) // 255
        return
    out[:] = raw[..., :3] if bands >= 3 else raw[..., :1]
    if bands in (2, 4):
        alpha = raw[..., -1:]
        if alpha.min() < 255:
            alpha = alpha.astype(np.uint16)
            out[:] = (out * alpha + 255 * (255 - alpha) + 127) // 255


def as_stored(upright: Pixels, orientation: int) -> Pixels:
    """A view of an upright picture in the order of the file (EXIF 2.32, tag 0x0112, 1-8)."""
    if orientation in (3, 4, 7, 8):
        upright = upright[::-1]
    if orientation in (2, 3, 6, 7):
        upright = upright[:, ::-1]
    return upright.transpose(1, 0, 2) if orientation in TRANSPOSED else upright

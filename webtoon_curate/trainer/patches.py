"""Patches of a picture around eyes, nose and mouth."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = {"eyes": ((36, 42), (42, 48)), "nose": ((27, 36),), "mouth": ((48, 68),)}
"""Points of each part, in iBUG's order; the eyes are two patches of one part."""
SHARE = 0.25
"""Side of a patch in sides of the picture."""
LEAST = 16
"""Pixels that a discriminator of patches needs."""


def patches(pictures: Tensor, points: Tensor, part: str) -> Tensor:
    """Square patches around the middle of a part.

    Args:
        pictures: (n, c, size, size).
        points: (n, 68, 2) pixels of the pictures.
        part: of `PARTS`.

    Returns:
        (n * patches of the part, c, side, side) float32, side a quarter of size.
    """
    size = pictures.shape[-1]
    side = max(LEAST, round(SHARE * size))
    steps = (torch.arange(side, device=pictures.device) + 0.5) / side - 0.5
    out = []
    for first, last in PARTS[part]:
        middle = points[:, first:last].mean(1) / size * 2 - 1
        x = middle[:, None, None, 0] + 2 * side / size * steps[None, None, :]
        y = middle[:, None, None, 1] + 2 * side / size * steps[None, :, None]
        where = torch.stack(torch.broadcast_tensors(x, y), -1)
        # In bfloat16 a place would be off by a pixel, in what was made and not in what is real.
        with torch.autocast(pictures.device.type, enabled=False):
            patch = F.grid_sample(
                pictures.float(), where.float(), padding_mode="border", align_corners=False
            )
        out.append(patch)
    return torch.cat(out)

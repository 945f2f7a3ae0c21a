"""Losses of the detector."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FOCUS, FALLOFF = 2, 4
"""Exponents of the heat map loss, after CornerNet (Law and Deng 2018)."""


def heat_loss(logits: Tensor, heat: Tensor, counted: Tensor) -> Tensor:
    """The focal loss of Gaussian heat maps (Law and Deng 2018), summed.

    Args:
        logits: of any shape.
        heat: the same shape, 0-1; 1 at the centers of objects, near them a Gaussian that lowers
            the penalty.
        counted: 1 where the loss counts, 0 where a detection counts neither way; broadcast.
    """
    probability = logits.sigmoid()
    center = (heat == 1).to(logits.dtype)
    found = center * (1 - probability) ** FOCUS * F.softplus(-logits)
    alarm = (1 - center) * (1 - heat) ** FALLOFF * probability**FOCUS * F.softplus(logits)
    return ((found + alarm) * counted).sum()


def box_loss(found: Tensor, true: Tensor) -> Tensor:
    """1 - GIoU of boxes (Rezatofighi et al. 2019), 0-2.

    Args:
        found: (..., 4) corners x0, y0, x1, y1.
        true: the same shape.

    Returns:
        (...).
    """
    low, high = torch.maximum(found, true), torch.minimum(found, true)
    both = (high[..., 2] - low[..., 0]).clamp(min=0) * (high[..., 3] - low[..., 1]).clamp(min=0)
    hull = (low[..., 2] - high[..., 0]) * (low[..., 3] - high[..., 1])
    union = _area(found) + _area(true) - both
    return 1 - both / union.clamp(min=1e-6) + (hull - union) / hull.clamp(min=1e-6)


def _area(box: Tensor) -> Tensor:
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])

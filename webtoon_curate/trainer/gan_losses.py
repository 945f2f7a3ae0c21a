"""Adversarial losses."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def vanilla(logits: Tensor, real: bool) -> Tensor:
    """Cross-entropy against real or fake (Goodfellow et al. 2014; pix2pix), the mean."""
    return F.binary_cross_entropy_with_logits(logits, logits.new_full(logits.shape, float(real)))


def least_squares(logits: Tensor, real: bool) -> Tensor:
    """Mean square against 1 or 0 (Mao et al. 2017; CycleGAN, U-GAT-IT)."""
    return (logits - float(real)).square().mean()

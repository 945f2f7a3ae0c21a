"""The face detector: a small residual network with a feature pyramid of strides 8, 16 and 32.

Plain 3 x 3 convolutions (ResNet, He et al. 2015), a top-down pyramid (Lin et al. 2017) and one
anchor-free head for all levels (FCOS, Tian et al. 2019): processors without a GPU run dense
convolutions much nearer to their peak than depthwise ones, in training too.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import Residual, conv

STRIDES = (8, 16, 32)
CLASSES = ("face", "creature")
"""What the heat maps show; only `face` is a detection, `creature` teaches the difference."""
CHANNELS = len(CLASSES) + 4
"""Of the output: logits, then left, top, right and bottom of the box (see `boxes_of`)."""
PRIOR = 0.01
"""Probability that an untrained network gives each cell (Lin et al. 2017, focal loss)."""
REACH = 2.0
"""Strides from a cell to each side of its box where the network gives 0."""
LARGEST_EXPONENT = 4.0
"""Keeps the boxes of an untrained network finite."""

STEM, WIDTHS, DEPTHS, NECK = 16, (24, 48, 96, 144), (0, 2, 2, 2), 40
"""Channels after the first layer; then, at strides 4, 8, 16 and 32, channels and residual blocks;
channels of the pyramid. 3.9 GFLOPs for 640 x 640, 1.4 million weights."""


class DetectorNet(nn.Module):
    """From pictures to heat maps and boxes.

    Input: (n, 3, height, width) float, RGB in 0-255, sides divisible by 32. Output: one tensor a
    stride, (n, `CHANNELS`, height / stride, width / stride).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, STEM, stride=2)
        stages, width = [], STEM
        for outputs, depth in zip(WIDTHS, DEPTHS):
            blocks = [Residual(outputs) for _ in range(depth)]
            stages.append(nn.Sequential(conv(width, outputs, stride=2), *blocks))
            width = outputs
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(nn.Conv2d(w, NECK, 1) for w in WIDTHS[1:])
        self.smooth = nn.ModuleList(conv(NECK, NECK) for _ in STRIDES)
        self.head = nn.Sequential(conv(NECK, NECK), nn.Conv2d(NECK, CHANNELS, 1))
        self.scales = nn.Parameter(torch.ones(len(STRIDES)))
        nn.init.constant_(self.head[-1].bias, 0.0)
        nn.init.constant_(self.head[-1].bias[: len(CLASSES)], -math.log((1 - PRIOR) / PRIOR))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """See the class."""
        return self.seen(pictures / 64 - 2)

    def seen(self, centered: Tensor) -> list[Tensor]:
        """The same of pictures whose 0-255 became -2 to 2."""
        x = self.stages[0](self.stem(centered))
        levels = []
        for stage, lateral in zip(self.stages[1:], self.lateral):
            x = stage(x)
            levels.append(lateral(x))
        top = self.smooth[-1](levels[-1])
        merged = [top]
        for level, smooth in zip(levels[-2::-1], self.smooth[-2::-1]):
            top = smooth(level + F.interpolate(top, scale_factor=2.0, mode="nearest"))
            merged.insert(0, top)
        return [self._scaled(self.head(level), i) for i, level in enumerate(merged)]

    def _scaled(self, raw: Tensor, level: int) -> Tensor:
        logits, box = raw[:, : len(CLASSES)], raw[:, len(CLASSES) :]
        return torch.cat([logits, box * self.scales[level]], dim=1)


def cells(size: int, stride: int) -> Tensor:
    """(size / stride)² cell centers of a square picture, row by row: (n, 2) x, y in pixels."""
    at = (torch.arange(size // stride) + 0.5) * stride
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def boxes_of(raw: Tensor, centers: Tensor, strides: Tensor) -> Tensor:
    """Corners x0, y0, x1, y1 in pixels from the network's box channels.

    Args:
        raw: (..., n, 4), logarithms of the distances to the sides in units of `REACH` strides.
        centers: (n, 2) of the cells.
        strides: (n, 1) of the cells' levels.
    """
    reach = torch.exp(raw.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT)) * strides * REACH
    return torch.cat([centers - reach[..., :2], centers + reach[..., 2:]], dim=-1)

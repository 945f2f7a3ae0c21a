"""The face reader: one backbone, one pyramid, and a head for each thing that is read of a face.

Residual stages (He et al. 2015) and a top-down pyramid (Lin et al. 2017). Points are the means of
heat maps (integral regression: Sun et al. 2018; Nibali et al. 2018), corrected by what the whole
face says, so that hidden ones are placed too. The map of parts is corrected along the lines of
the drawing, which only the first layer sees.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import Residual, conv

POINTS, PARTS, EMBEDDING = 68, 20, 128
"""Landmarks, classes of `webtoon_curate.synth.labels`, length of the embedding."""
GROUPS = ("woman", "glasses", "facial_hair", "hat")
VIEW = ("yaw", "pitch", "roll_sin", "roll_cos")
"""Yaw and pitch in units of 90 degrees."""
COLORS, AGES, HAIRCUTS = 12, 5, 28
"""What the embedding must also tell: hair, left iris, right iris and skin color, age, haircut."""

STEM, WIDTHS, DEPTHS, MEMORY = 16, (32, 64, 128, 192), (1, 2, 2, 2), 256
"""Channels after the first layer; at strides 4, 8, 16 and 32 channels and residual blocks; length
of what is known of the whole face."""
NECK, LINES = 64, 16
"""Channels of the pyramid and of what corrects the map of parts, whatever the width: 68 maps of
points are made of them. 1.3 GFLOPs for 192 x 192, 1.0 with a width of 0.6."""
FINE, COARSE = 4, 32
"""Strides of the heat maps and of the deepest stage."""
GLANCE = 32
"""Channels of the deepest stage that are seen with their places."""
FIRST_SPREAD = -3.0
"""Logarithm of the error that an untrained network expects, about a 20th of the crop."""


class Reading(NamedTuple):
    """What the network says of n crops of side `size`.

    Attributes:
        points: (n, 68, 2) x, y as shares of the crop's side.
        heat: (n, 68, size / 4, size / 4) logits, a distribution over the crop each.
        spread: (n, 68) logarithm of the expected error of the points, shares of the side.
        depth: (n, 68) in face widths, larger nearer to the reader.
        parsing: (n, `PARTS`, size / 2, size / 2) logits.
        face: (n,) logit.
        groups: (n, 4) logits of `GROUPS`.
        view: (n, 4), see `VIEW`.
        embedding: (n, 128), not yet of length 1.
    """

    points: Tensor
    heat: Tensor
    spread: Tensor
    depth: Tensor
    parsing: Tensor
    face: Tensor
    groups: Tensor
    view: Tensor
    embedding: Tensor


class ReaderNet(nn.Module):
    """From square crops, (n, 3, size, size) float RGB in 0-255, to `Reading`.

    Args:
        size: side of the crops, divisible by 32.
        width: factor of all channels; half of them cost about a quarter of the time.
    """

    def __init__(self, size: int = 192, width: float = 1.0) -> None:
        super().__init__()
        if size % COARSE:
            raise ValueError(f"the side of the crops must be divisible by {COARSE}, not {size}")
        stem = _scaled(STEM, width)
        widths = [_scaled(w, width) for w in WIDTHS]
        self.size = size
        self.stem = conv(3, stem, stride=2)
        stages, before = [], stem
        for outputs, depth in zip(widths, DEPTHS):
            blocks = [Residual(outputs) for _ in range(depth)]
            stages.append(nn.Sequential(conv(before, outputs, stride=2), *blocks))
            before = outputs
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(nn.Conv2d(w, NECK, 1) for w in widths)
        self.refine = nn.ModuleList(_Refined(NECK) for _ in widths[1:-1])
        self.smooth = conv(NECK, NECK)
        self.heat = nn.Sequential(conv(NECK, NECK), nn.Conv2d(NECK, POINTS, 1))
        self.parsing = nn.Sequential(conv(NECK, NECK), nn.Conv2d(NECK, 4 * PARTS, 1))
        self.lines = nn.Sequential(
            conv(PARTS + stem, LINES), conv(LINES, LINES), nn.Conv2d(LINES, PARTS, 1)
        )
        self.glance = conv(widths[-1], GLANCE, kernel=1)
        self.memory = nn.Linear(GLANCE * (size // COARSE) ** 2 + widths[-1], MEMORY)
        self.whole = nn.Linear(MEMORY, 4 * POINTS + 1 + len(GROUPS) + len(VIEW))
        self.embedding = nn.Linear(MEMORY, EMBEDDING)
        self.about = nn.Linear(EMBEDDING, COLORS + AGES + HAIRCUTS)
        self.sureness = nn.Parameter(torch.full((POINTS,), 0.5))
        self.register_buffer("places", _places(size // FINE), persistent=False)
        nn.init.zeros_(self.whole.weight)
        nn.init.zeros_(self.whole.bias)
        nn.init.zeros_(self.lines[-1].weight)

    def forward(self, pictures: Tensor) -> Reading:
        """See the class."""
        return self.seen(pictures / 64 - 2)

    def seen(self, centered: Tensor) -> Reading:
        """The same of pictures whose 0-255 became -2 to 2."""
        x = drawing = self.stem(centered)
        levels = []
        for stage, lateral in zip(self.stages, self.lateral):
            x = stage(x)
            levels.append(lateral(x))
        merged = levels[-1]
        for level, refine in zip(levels[-2:0:-1], self.refine):
            merged = refine(level + _twice(merged))
        fine = self.smooth(F.relu(levels[0] + _twice(merged)))
        memory = torch.cat([self.glance(x).flatten(1), x.mean((2, 3))], dim=1)
        memory = F.relu(self.memory(memory))
        sizes = [2 * POINTS, POINTS, POINTS, 1, len(GROUPS), len(VIEW)]
        shift, spread, depth, face, groups, view = self.whole(memory).split(sizes, dim=1)
        heat = self.heat(fine)
        middle, width = self._means(heat)
        parsing = F.pixel_shuffle(self.parsing(fine), 2)
        return Reading(
            points=middle + shift.unflatten(1, (POINTS, 2)),
            heat=heat,
            spread=spread + FIRST_SPREAD + self.sureness * (torch.log(width) - FIRST_SPREAD),
            depth=depth,
            parsing=parsing + self.lines(torch.cat([parsing, drawing], dim=1)),
            face=face[:, 0],
            groups=groups,
            view=view,
            embedding=self.embedding(memory),
        )

    def _means(self, heat: Tensor) -> tuple[Tensor, Tensor]:
        """Means (n, 68, 2) and standard deviations (n, 68) of heat maps, shares of the side."""
        chances = heat.float().flatten(2).softmax(dim=2)
        moments = chances @ self.places
        middle = moments[..., :2]
        variance = moments[..., 2] - middle.square().sum(dim=2)
        return middle, variance.clamp(min=1e-6).sqrt()


class _Refined(nn.Module):
    """Two convolutions that change nothing until they are trained (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.norm = conv(width, width), nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x + self.norm(self.second(self.first(F.relu(x))))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def _scaled(channels: int, width: float) -> int:
    """Channels in eights, as processors like them."""
    return max(8, round(channels * width / 8) * 8)


def _places(side: int) -> Tensor:
    """(side², 3): x, y and x² + y² of the cells' centers, shares of the side."""
    at = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y, x**2 + y**2], dim=2).flatten(0, 1)

"""Groups that share a generator's body (Zhuang and Yang 2020, arXiv 2007.13332).

Each group has a head and a tail of its own; the body, and so its space of features, is shared.
Also the generator of the authors' program, with hourglasses and Soft-AdaLIN, which they took from
minivision's photo2cartoon.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from webtoon_curate.trainer.nets.resnet import ResidualBlock
from webtoon_curate.trainer.nets.ugatit import (
    AdaLIN,
    Attended,
    Attention,
    Discriminator,
    Generator,
    doubling,
    first_layer,
    halving,
    style_layers,
)


class Branched(nn.Module):
    """A trained generator with a head and a tail for each group around its body.

    Args:
        generator: of the base group, whose weights every branch begins with.
        groups: number of them; the base is 0.
    """

    def __init__(self, generator: Generator, groups: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList([copy.deepcopy(generator.head) for _ in range(groups)])
        self.body = generator.body
        self.tails = nn.ModuleList([copy.deepcopy(generator.tail) for _ in range(groups)])

    def forward(self, pictures: Sequence[Tensor]) -> Attended:
        """All groups at once.

        Args:
            pictures: of each group, in order: (n of the group, 3, h, w) in -1..1; n may be 0.

        Returns:
            `out` and the rest are of all pictures, group by group.
        """
        counts = [len(part) for part in pictures]
        entered = [head(part) for head, part in zip(self.heads, pictures) if len(part)]
        body = self.body(torch.cat(entered))
        parts = zip(self.tails, body.out.split(counts))
        return body._replace(out=torch.cat([tail(part) for tail, part in parts if len(part)]))

    def branches(self) -> list[nn.Parameter]:
        """The weights that belong to one group each."""
        return [*self.heads.parameters(), *self.tails.parameters()]


class Grouped(NamedTuple):
    """What a discriminator of groups gives: `Attended`, and scores (n, groups)."""

    out: Tensor
    logits: Tensor
    heat: Tensor
    groups: Tensor


class GroupDiscriminator(Discriminator):
    """A discriminator that also tells the groups apart.

    Args:
        groups: number of them.
        width, layers: as in `Discriminator`.
    """

    def __init__(self, groups: int, width: int = 64, layers: int = 7) -> None:
        super().__init__(width, layers)
        inputs = self.judge.in_channels
        self.group = spectral_norm(nn.Conv2d(inputs, groups, 1, bias=False))

    def forward(self, x: Tensor) -> Grouped:
        """(n, 3, h, w) in -1..1."""
        x, logits, heat = self.features(x)
        groups = self.group(F.adaptive_avg_pool2d(x, 1)).flatten(1)
        return Grouped(self.judge(x), logits, heat, groups)


class HourglassGenerator(Generator):
    """The generator of the authors' program.

    Args:
        size: side of the pictures in pixels, a multiple of 64.
        width: channels of the first layer, a multiple of 4.
        light: pool before the fully connected layers, which then fit any size.
    """

    def __init__(self, size: int = 256, width: int = 32, light: bool = True) -> None:
        super().__init__()
        self.head = nn.Sequential(*first_layer(width), Hourglass(width))
        self.body = HourglassBody(size, width, light)
        self.tail = nn.Sequential(
            Hourglass(width, last=True),
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, 3, 7, bias=False),
            nn.Tanh(),
        )


class HourglassBody(nn.Module):
    """What the groups share: from the picture's full side down to a quarter and up again."""

    def __init__(self, size: int, width: int, light: bool) -> None:
        super().__init__()
        wide = 4 * width
        self.enter = nn.Sequential(
            Hourglass(width), *halving(width, 2 * width), *halving(2 * width, wide)
        )
        self.encode = nn.ModuleList([ResidualBlock(wide, bias=False) for _ in range(4)])
        self.attention = Attention(wide, True, False, nn.ReLU(True))
        self.style = style_layers(wide if light else (size // 4) ** 2 * wide, wide, bias=True)
        self.decode = nn.ModuleList([SoftBlock(wide) for _ in range(4)])
        self.leave = nn.Sequential(
            *doubling(wide, 2 * width), *doubling(2 * width, width), Hourglass(width)
        )
        self.light = light

    def forward(self, x: Tensor) -> Attended:
        """(n, width, h, w); `out` is of the same shape."""
        x, contents = self.enter(x), []
        for block in self.encode:
            x = block(x)
            contents.append(F.adaptive_avg_pool2d(x, 1).flatten(1))
        x, logits, heat = self.attention(x)
        style = self.style((F.adaptive_avg_pool2d(x, 1) if self.light else x).flatten(1))
        for block in self.decode:
            x = block(x, contents.pop(), style)
        return Attended(self.leave(x), logits, heat)


class SoftAdaLIN(nn.Module):
    """AdaLIN whose scale and shift are mixed from the content's and the style's."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = AdaLIN(width)
        self.gamma_share, self.beta_share = (nn.Parameter(torch.zeros(1, width)) for _ in range(2))
        self.content_gamma, self.content_beta = (
            nn.Sequential(nn.Linear(width, width), nn.ReLU(True), nn.Linear(width, width))
            for _ in range(2)
        )
        self.style_gamma, self.style_beta = (nn.Linear(width, width) for _ in range(2))

    def forward(self, x: Tensor, content: Tensor, style: Tensor) -> Tensor:
        """Of (n, width, h, w), with content and style (n, width)."""
        gamma = self.style_gamma(style).lerp(self.content_gamma(content), self.gamma_share)
        beta = self.style_beta(style).lerp(self.content_beta(content), self.beta_share)
        return self.norm(x, gamma, beta)

    @torch.no_grad()
    def clip(self) -> None:
        """Keeps the content's shares in 0-1; after every step of the optimizer."""
        self.gamma_share.clamp_(0, 1)
        self.beta_share.clamp_(0, 1)


class SoftBlock(nn.Module):
    """Residual block with Soft-AdaLIN."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pad, self.relu = nn.ReflectionPad2d(1), nn.ReLU(True)
        self.first, self.second = (nn.Conv2d(width, width, 3, bias=False) for _ in range(2))
        self.first_norm, self.second_norm = SoftAdaLIN(width), SoftAdaLIN(width)

    def forward(self, x: Tensor, content: Tensor, style: Tensor) -> Tensor:
        """The same shape; content and style are (n, width)."""
        inner = self.relu(self.first_norm(self.first(self.pad(x)), content, style))
        return x + self.second_norm(self.second(self.pad(inner)), content, style)


class Split(nn.Module):
    """Three convolutions in a row whose outputs are joined, around which the input passes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half, quarter = width // 2, width // 4
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.InstanceNorm2d(inputs),
                nn.ReLU(),
                nn.ReflectionPad2d(1),
                nn.Conv2d(inputs, outputs, 3, bias=False),
            )
            for inputs, outputs in ((width, half), (half, quarter), (quarter, quarter))
        )

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        parts = [x]
        for layer in self.layers:
            parts.append(layer(parts[-1]))
        return x + torch.cat(parts[1:], 1)


class HourglassBlock(nn.Module):
    """Four halvings and doublings with skips."""

    LEVELS = 4

    def __init__(self, width: int) -> None:
        super().__init__()
        self.skips, self.downs, self.ups = (
            nn.ModuleList([Split(width) for _ in range(self.LEVELS)]) for _ in range(3)
        )
        self.center = Split(width)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        skips = []
        for skip, down in zip(self.skips, self.downs):
            skips.append(skip(x))
            x = down(F.avg_pool2d(x, 2))
        x = self.center(x)
        for up in self.ups:
            x = skips.pop() + F.interpolate(up(x), scale_factor=2)
        return x


class Hourglass(nn.Module):
    """An hourglass that also sketches the picture; the last one gives the sketch only."""

    def __init__(self, width: int, last: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            HourglassBlock(width),
            Split(width),
            nn.Conv2d(width, width, 1, bias=False),
            nn.InstanceNorm2d(width),
            nn.ReLU(True),
        )
        self.sketch = nn.Conv2d(width, 3, 1)
        self.last = last
        if not last:
            self.keep, self.sketched = nn.Conv2d(width, width, 1), nn.Conv2d(3, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w), sides multiples of 16; the same shape, or 3 channels from the last."""
        inner = self.layers(x)
        sketch = self.sketch(inner)
        return sketch if self.last else x + self.keep(inner) + self.sketched(sketch)

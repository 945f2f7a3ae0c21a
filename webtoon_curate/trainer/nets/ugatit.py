"""U-GAT-IT (Kim et al. 2020, arXiv 1907.10830): attention by class activation maps, and AdaLIN.

Layers and their numbers are those of the authors' PyTorch program. A generator is a head, a body
and a tail, so that groups can share the body: see `webtoon_curate.trainer.nets.fewshot`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from webtoon_curate.trainer.nets.patchgan import SLOPE
from webtoon_curate.trainer.nets.resnet import ResidualBlock

EPSILON = 1e-5
"""Added to variances."""
FIRST_RHO = 0.9
"""Share of instance normalisation in AdaLIN at the start."""


class Attended(NamedTuple):
    """What a network with attention gives.

    Attributes:
        out: (n, channels, h, w): a picture in -1..1, or a discriminator's logits.
        logits: (n, 2): of the average-pooled and the max-pooled activation map.
        heat: (n, 1, h, w) map of what was attended to.
    """

    out: Tensor
    logits: Tensor
    heat: Tensor


class Standard(nn.Module):
    """Both normalisations, by instance and by layer, of `torch.var`: unbiased, as published."""

    def __init__(self, width: int, rho: float) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.full((1, width, 1, 1), rho))

    def mixed(self, x: Tensor) -> Tensor:
        """(n, width, h, w), normalised; `rho` is the share of instance normalisation."""
        parts = []
        for dims in ([2, 3], [1, 2, 3]):
            variance, mean = torch.var_mean(x, dim=dims, keepdim=True)
            parts.append((x - mean) * torch.rsqrt(variance + EPSILON))
        return self.rho * parts[0] + (1 - self.rho) * parts[1]

    @torch.no_grad()
    def clip(self) -> None:
        """Keeps `rho` in 0-1; after every step of the optimizer."""
        self.rho.clamp_(0, 1)


class AdaLIN(Standard):
    """Adaptive layer-instance normalisation (section 2.1.1), its scale and shift given."""

    def __init__(self, width: int) -> None:
        super().__init__(width, FIRST_RHO)

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """Of (n, width, h, w), with scale and shift (n, width)."""
        return self.mixed(x) * gamma[..., None, None] + beta[..., None, None]


class LIN(Standard):
    """Layer-instance normalisation with a scale and a shift of its own."""

    def __init__(self, width: int) -> None:
        super().__init__(width, 0.0)
        self.gamma = nn.Parameter(torch.ones(1, width, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Of (n, width, h, w)."""
        return self.mixed(x) * self.gamma + self.beta


class Attention(nn.Module):
    """Class activation map: pooled features are judged, and their weights applied to the map.

    Args:
        width: channels.
        bias: of the two judges.
        spectral: normalise the judges' weights; the map takes them before that, as the authors'.
        relu: after the 1x1 convolution.
    """

    def __init__(self, width: int, bias: bool, spectral: bool, relu: nn.Module) -> None:
        super().__init__()
        self.average, self.largest = (nn.Linear(width, 1, bias=bias) for _ in range(2))
        if spectral:
            self.average, self.largest = map(spectral_norm, (self.average, self.largest))
        self.mix, self.relu = nn.Conv2d(2 * width, width, 1), relu

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, width, h, w) to the attended map, logits (n, 2) and heat (n, 1, h, w)."""
        logits = [
            self.average(F.adaptive_avg_pool2d(x, 1).flatten(1)),
            self.largest(F.adaptive_max_pool2d(x, 1).flatten(1)),
        ]
        weighted = [x * _raw(judge)[..., None, None] for judge in (self.average, self.largest)]
        x = self.relu(self.mix(torch.cat(weighted, 1)))
        return x, torch.cat(logits, 1), x.sum(1, keepdim=True)


def _raw(judge: nn.Linear) -> Tensor:
    return getattr(judge, "weight_orig", judge.weight)


class AdaptiveBlock(nn.Module):
    """Residual block whose normalisations take scale and shift."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pad, self.relu = nn.ReflectionPad2d(1), nn.ReLU(True)
        self.first, self.second = (nn.Conv2d(width, width, 3, bias=False) for _ in range(2))
        self.first_norm, self.second_norm = AdaLIN(width), AdaLIN(width)

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """The same shape; gamma and beta are (n, width)."""
        inner = self.relu(self.first_norm(self.first(self.pad(x)), gamma, beta))
        return x + self.second_norm(self.second(self.pad(inner)), gamma, beta)


class Body(nn.Module):
    """Residual blocks, attention, and adaptive blocks, at a quarter of the picture's side.

    Args:
        width: channels.
        side: of the map, in pixels; the full network is bound to it.
        blocks: of each kind.
        light: pool before the fully connected layers.
    """

    def __init__(self, width: int, side: int, blocks: int, light: bool) -> None:
        super().__init__()
        self.encode = nn.Sequential(*(ResidualBlock(width, bias=False) for _ in range(blocks)))
        self.attention = Attention(width, False, False, nn.ReLU(True))
        self.style = style_layers(width if light else side * side * width, width, bias=False)
        self.gamma, self.beta = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.decode = nn.ModuleList([AdaptiveBlock(width) for _ in range(blocks)])
        self.light = light

    def forward(self, x: Tensor) -> Attended:
        """(n, width, side, side); `out` is of the same shape."""
        x, logits, heat = self.attention(self.encode(x))
        pooled = F.adaptive_avg_pool2d(x, 1) if self.light else x
        style = self.style(pooled.flatten(1))
        gamma, beta = self.gamma(style), self.beta(style)
        for block in self.decode:
            x = block(x, gamma, beta)
        return Attended(x, logits, heat)


def style_layers(inputs: int, width: int, bias: bool) -> nn.Sequential:
    """Two fully connected layers that give the style."""
    first, second = nn.Linear(inputs, width, bias=bias), nn.Linear(width, width, bias=bias)
    return nn.Sequential(first, nn.ReLU(True), second, nn.ReLU(True))


class Generator(nn.Module):
    """A picture through head, body and tail."""

    head: nn.Module
    body: nn.Module
    tail: nn.Module

    def forward(self, x: Tensor) -> Attended:
        """(n, 3, h, w) in -1..1; `out` is of the same shape."""
        body = self.body(self.head(x))
        return body._replace(out=self.tail(body.out))


class UGATITGenerator(Generator):
    """The published generator: 278,959,808 weights at 256 pixels, light 10,589,888.

    Args:
        size: side of the pictures in pixels, a multiple of 4.
        width: channels of the first layer.
        blocks: residual and adaptive ones, each.
        light: pool before the fully connected layers, which then fit any size.
    """

    def __init__(
        self, size: int = 256, width: int = 64, blocks: int = 4, light: bool = False
    ) -> None:
        super().__init__()
        self.head = nn.Sequential(
            *first_layer(width), *halving(width, 2 * width), *halving(2 * width, 4 * width)
        )
        self.body = Body(4 * width, size // 4, blocks, light)
        self.tail = nn.Sequential(
            *doubling(4 * width, 2 * width),
            *doubling(2 * width, width),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7, bias=False),
            nn.Tanh(),
        )


def first_layer(width: int) -> list[nn.Module]:
    """7x7 convolution of a picture."""
    convolution = nn.Conv2d(3, width, 7, bias=False)
    return [nn.ReflectionPad2d(3), convolution, nn.InstanceNorm2d(width), nn.ReLU(True)]


def halving(inputs: int, outputs: int) -> list[nn.Module]:
    """3x3 convolution of every other pixel."""
    convolution = nn.Conv2d(inputs, outputs, 3, 2, bias=False)
    return [nn.ReflectionPad2d(1), convolution, nn.InstanceNorm2d(outputs), nn.ReLU(True)]


def doubling(inputs: int, outputs: int) -> list[nn.Module]:
    """Nearest neighbours, then a 3x3 convolution."""
    convolution = nn.Conv2d(inputs, outputs, 3, bias=False)
    up = nn.Upsample(scale_factor=2, mode="nearest")
    return [up, nn.ReflectionPad2d(1), convolution, LIN(outputs), nn.ReLU(True)]


class Discriminator(nn.Module):
    """Discriminator with attention; `layers` 7 judges wide patches, 5 small ones.

    Args:
        width: channels of the first layer.
        layers: 5 or 7 as published; `layers` - 2 of them halve the picture.
    """

    def __init__(self, width: int = 64, layers: int = 7) -> None:
        super().__init__()
        chain, inputs = [], 3
        for layer in range(layers - 1):
            stride, outputs = (2 if layer < layers - 2 else 1), width * 2**layer
            convolution = spectral_norm(nn.Conv2d(inputs, outputs, 4, stride))
            chain += [nn.ReflectionPad2d(1), convolution, nn.LeakyReLU(SLOPE, True)]
            inputs = outputs
        self.layers = nn.Sequential(*chain)
        self.attention = Attention(inputs, False, True, nn.LeakyReLU(SLOPE, True))
        self.pad = nn.ReflectionPad2d(1)
        self.judge = spectral_norm(nn.Conv2d(inputs, 1, 4, bias=False))

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The padded map that is judged, the logits and the heat of the attention."""
        x, logits, heat = self.attention(self.layers(x))
        return self.pad(x), logits, heat

    def forward(self, x: Tensor) -> Attended:
        """(n, 3, h, w) in -1..1."""
        x, logits, heat = self.features(x)
        return Attended(self.judge(x), logits, heat)


def clip_shares(net: nn.Module) -> None:
    """Keeps every learned share of a network in 0-1; after every step of the optimizer."""
    for module in net.modules():
        if hasattr(module, "clip"):
            module.clip()

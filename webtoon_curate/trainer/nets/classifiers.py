"""Backbones of the tagger, each small enough to train on a few thousand faces.

`vgg`: configuration A of Simonyan and Zisserman 2015 with batch normalisation and pooled features;
`resnet`: ResNet-18 of He et al. 2015; `inception`: blocks of Szegedy et al. 2015, batch-normalised;
`small`: inverted bottlenecks around depthwise 5x5 convolutions, after Sandler et al. 2018.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import conv

BACKBONES = ("small", "vgg", "resnet", "inception")
VGG = (1, "/", 2, "/", 4, 4, "/", 8, 8, "/", 8, 8)
"""Widths of configuration A in units of the first layer's; `/` halves the picture."""


class Classifier(nn.Module):
    """A backbone, and a logit for each label.

    Args:
        backbone: of `BACKBONES`.
        labels: number of them.
        width: channels of the first layer; 64 as published, of `small` a quarter of it.
    """

    def __init__(self, backbone: str, labels: int, width: int = 64) -> None:
        super().__init__()
        makers = {"vgg": _vgg, "resnet": _resnet, "inception": _inception, "small": _small}
        self.features, wide = makers[backbone](width)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(wide, labels))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) in -1..1, sides of 32 and more, to logits (n, labels)."""
        return self.head(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def _vgg(width: int) -> tuple[nn.Module, int]:
    layers, inputs = [], 3
    for wide in VGG:
        if wide == "/":
            layers.append(nn.MaxPool2d(2))
            continue
        layers.append(conv(inputs, width * wide))
        inputs = width * wide
    return nn.Sequential(*layers), inputs


class _Basic(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.layers = nn.Sequential(
            conv(inputs, outputs, 3, stride), second, nn.BatchNorm2d(outputs)
        )
        self.skip = nn.Identity()
        if stride > 1 or inputs != outputs:
            skip = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.skip = nn.Sequential(skip, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.skip(x) + self.layers(x))


def _resnet(width: int) -> tuple[nn.Module, int]:
    layers, inputs = [conv(3, width, 7, 2), nn.MaxPool2d(3, 2, 1)], width
    for level in range(4):
        for stride in (1 if level == 0 else 2, 1):
            layers.append(_Basic(inputs, width * 2**level, stride))
            inputs = width * 2**level
    return nn.Sequential(*layers), inputs


class _Mixed(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            [
                conv(inputs, width, 1),
                nn.Sequential(conv(inputs, width, 1), conv(width, 2 * width)),
                nn.Sequential(conv(inputs, width // 2, 1), conv(width // 2, width // 2, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(inputs, width // 2, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.parts], 1)


def _inception(width: int) -> tuple[nn.Module, int]:
    layers: list[nn.Module] = [conv(3, width, 7, 2), nn.MaxPool2d(3, 2, 1), conv(width, 2 * width)]
    inputs = 2 * width
    for level in range(3):
        layers.append(nn.MaxPool2d(3, 2, 1))
        for _ in range(2):
            layers.append(_Mixed(inputs, width * (level + 1)))
            inputs = 4 * width * (level + 1)
    return nn.Sequential(*layers), inputs


class _Inverted(nn.Module):
    GROWTH = 4

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = self.GROWTH * inputs
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.SiLU(True),
            nn.Conv2d(wide, wide, 5, stride, 2, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.SiLU(True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.passes = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.passes else self.layers(x)


def _small(width: int) -> tuple[nn.Module, int]:
    inputs = width // 4
    layers: list[nn.Module] = [conv(3, inputs, 3, 2)]
    for level in range(4):
        outputs = (width // 4) * 2**level
        for stride in (1 if level == 0 else 2, 1):
            layers.append(_Inverted(inputs, outputs, stride))
            inputs = outputs
    return nn.Sequential(*layers), inputs

"""The residual generator of CycleGAN (Zhu et al. 2017, arXiv 1703.10593, appendix 7.2).

After Johnson et al. 2016: a 7x7 convolution, two strided ones, residual blocks, two transposed
convolutions and a 7x7 one, with instance normalisation and reflected edges.
"""

from __future__ import annotations

from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import normal_weights


class ResNetGenerator(nn.Module):
    """Translates pictures.

    Args:
        inputs, outputs: channels.
        blocks: residual ones; 9 for 256 pixels and more, 6 below, as published.
        width: channels of the first layer.
    """

    def __init__(self, inputs: int = 3, outputs: int = 3, blocks: int = 9, width: int = 64) -> None:
        super().__init__()
        layers = [nn.ReflectionPad2d(3), *_layer(nn.Conv2d(inputs, width, 7))]
        for scale in (1, 2):
            wide = width * scale
            layers += _layer(nn.Conv2d(wide, 2 * wide, 3, 2, 1))
        layers += [ResidualBlock(4 * width) for _ in range(blocks)]
        for scale in (4, 2):
            wide = width * scale
            layers += _layer(nn.ConvTranspose2d(wide, wide // 2, 3, 2, 1, output_padding=1))
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w), both sides multiples of 4, to (n, outputs, h, w) in -1..1."""
        return self.layers(x)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with reflected edges, around which the input passes.

    Args:
        width: channels.
        bias: of the convolutions. Instance normalisation takes it out again, so it never learns.
    """

    def __init__(self, width: int, bias: bool = True) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_layer(nn.Conv2d(width, width, 3, bias=bias)),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x + self.layers(x)


def _layer(convolution: nn.Module) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU(True)]

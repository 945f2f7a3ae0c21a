"""The discriminator of pix2pix and CycleGAN (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import NORMS, normal_weights

SLOPE = 0.2
"""Of leaky rectifiers, as published."""


class PatchGAN(nn.Module):
    """Judges each patch of a picture; with 3 layers a patch is 70 pixels wide.

    Args:
        inputs: channels.
        width: channels of the first layer.
        layers: strided ones.
        norm: `instance`, `batch` or `none`.
    """

    def __init__(
        self, inputs: int = 3, width: int = 64, layers: int = 3, norm: str = "instance"
    ) -> None:
        super().__init__()
        chain = [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(SLOPE, True)]
        wide = width
        for layer in range(1, layers + 1):
            stride, next_wide = (2 if layer < layers else 1), width * min(2**layer, 8)
            chain += [
                nn.Conv2d(wide, next_wide, 4, stride, 1, bias=norm != "batch"),
                NORMS[norm](next_wide),
                nn.LeakyReLU(SLOPE, True),
            ]
            wide = next_wide
        self.layers = nn.Sequential(*chain, nn.Conv2d(wide, 1, 4, 1, 1))
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to logits (n, 1, about h / 8 - 2, about w / 8 - 2)."""
        return self.layers(x)

"""The generator of pix2pix (Isola et al. 2017, arXiv 1611.07004, section 3.2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from webtoon_curate.trainer.nets.blocks import NORMS, normal_weights
from webtoon_curate.trainer.nets.patchgan import SLOPE

WIDEST = 8
"""The most channels of a layer, in units of the first layer's."""


class UNet(nn.Module):
    """Halves the picture `downs` times, doubles it again, with skips between equal sizes.

    Args:
        inputs, outputs: channels.
        downs: 8 for 256 pixels: the innermost layer is then one pixel.
        width: channels of the first layer.
        norm: `instance`, `batch` or `none`.
        dropout: half of the channels of the layers inside are dropped, which is the method's noise.
    """

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        downs: int = 8,
        width: int = 64,
        norm: str = "instance",
        dropout: bool = True,
    ) -> None:
        super().__init__()
        widths = [width * min(2**level, WIDEST) for level in range(downs)]
        bias, normal = norm != "batch", NORMS[norm]
        self.downs = nn.ModuleList([nn.Conv2d(inputs, width, 4, 2, 1, bias=bias)])
        self.ups = nn.ModuleList()
        for level in range(1, downs):
            narrow, wide = widths[level - 1], widths[level]
            down = [nn.LeakyReLU(SLOPE), nn.Conv2d(narrow, wide, 4, 2, 1, bias=bias)]
            if level < downs - 1:  # one pixel has no variance to normalise
                down.append(normal(wide))
            self.downs.append(nn.Sequential(*down))
        for level in range(downs - 1, 0, -1):
            inner = widths[level] * (1 if level == downs - 1 else 2)
            up = nn.ConvTranspose2d(inner, widths[level - 1], 4, 2, 1, bias=bias)
            layers = [nn.ReLU(), up, normal(widths[level - 1])]
            if dropout and level < downs - 1 and widths[level - 1] == WIDEST * width:
                layers.append(nn.Dropout(0.5))
            self.ups.append(nn.Sequential(*layers))
        last = nn.ConvTranspose2d(2 * width, outputs, 4, 2, 1)
        self.ups.append(nn.Sequential(nn.ReLU(), last, nn.Tanh()))
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w), sides multiples of 2 ** downs, to (n, outputs, h, w) in -1..1."""
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
        x = self.ups[0](skips.pop())
        for up in self.ups[1:]:
            x = up(torch.cat([skips.pop(), x], 1))
        return x

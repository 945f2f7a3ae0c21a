"""A trained detector as an ONNX file that `webtoon_curate.detect.network` runs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from webtoon_curate.files import replacing
from webtoon_curate.trainer.nets.detector import STRIDES, DetectorNet

INPUT = "pixels"
OPSET = 17


class _Centered(torch.autograd.Function):
    """Pixels as the network sees them, the same to the last bit, in one ONNX node for three, each
    of which would write the whole picture anew."""

    @staticmethod
    def forward(ctx: Any, pixels: Tensor) -> Tensor:
        return pixels.float() / 64 - 2

    @staticmethod
    def symbolic(g: Any, pixels: Any) -> Any:
        scale = g.op("Constant", value_t=torch.tensor(1 / 64))
        zero = g.op("Constant", value_t=torch.tensor(128, dtype=torch.uint8))
        return g.op("DequantizeLinear", pixels, scale, zero)


def centered(pixels: Tensor) -> Tensor:
    """Pixels of 0 to 255, any shape, as networks see them: floats of -2 to 2."""
    return _Centered.apply(pixels)


class _Exported(nn.Module):
    """Takes pictures as they lie in memory: uint8, (n, height, width, 3), RGB."""

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> list[Tensor]:
        return self.net.seen(centered(pixels.permute(0, 3, 1, 2)))


def export_detector(net: DetectorNet, path: Path) -> None:
    """Writes the network, its normalisation folded into its convolutions.

    The file's input is `pixels`, uint8 (n, height, width, 3), sides divisible by 32; its outputs
    are `stride8`, `stride16` and `stride32`, as those of `DetectorNet`.
    """
    module = _Exported(net).eval()
    names = [f"stride{stride}" for stride in STRIDES]
    axes = {name: {0: "n", 2: f"{name}_rows", 3: f"{name}_columns"} for name in names}
    example = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    with replacing(path) as part, warnings.catch_warnings():
        # The older exporter needs no further package; it warns that a newer one exists.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            str(part),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=names,
            dynamic_axes={INPUT: {0: "n", 1: "rows", 2: "columns"}, **axes},
        )

"""The tagger as an ONNX file, and what goes in and comes out."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from webtoon_curate.crops import CropSettings
from webtoon_curate.files import replacing, write_json

OPSET = 17


class _Exported(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> Tensor:
        x = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        return self.net(x).sigmoid()


def export_tagger(
    net: nn.Module, path: Path, labels: Sequence[str], size: int, crop: CropSettings
) -> None:
    """Writes the network, and `<name>.json` with its labels and crops beside it.

    The input `pixels` is (n, size, size, 3) uint8 RGB; the output `chances` is (n, labels) 0-1.

    Args:
        net: a `Classifier`.
        path: of the ONNX file.
        labels: `column=value` of each output.
        size: side of its pictures, pixels.
        crop: how the pictures that it learned from were cut.
    """
    whole = _Exported(copy.deepcopy(net).cpu().eval())
    pixels = torch.zeros(1, size, size, 3, dtype=torch.uint8)
    with replacing(path) as part:
        torch.onnx.export(
            whole, (pixels,), str(part), input_names=["pixels"], output_names=["chances"],
            dynamic_axes={"pixels": {0: "n"}, "chances": {0: "n"}}, opset_version=OPSET,
            dynamo=False,
        )  # fmt: skip
    about = {"labels": list(labels), "size": size, "expand": crop.expand, "shift": crop.shift}
    write_json(path.with_suffix(".json"), about)

"""A trained reader as an ONNX file that `webtoon_curate.reader` runs."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from webtoon_curate.files import replacing
from webtoon_curate.reader.network import INPUT, OUTPUTS
from webtoon_curate.trainer.export import OPSET, centered
from webtoon_curate.trainer.nets.reader import ReaderNet


class _Exported(nn.Module):
    """Takes crops as they lie in memory, and gives what is kept of them."""

    def __init__(self, net: ReaderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        found = self.net.seen(centered(pixels.permute(0, 3, 1, 2)))
        return (
            found.points,
            found.spread,
            found.depth,
            found.parsing.argmax(1).to(torch.uint8),
            found.face,
            found.groups,
            found.view,
            F.normalize(found.embedding, dim=1),
        )


def export_reader(net: ReaderNet, path: Path) -> None:
    """Writes the network; `webtoon_curate.reader.network` describes the file."""
    module = _Exported(net).cpu().eval()
    example = torch.zeros(1, net.size, net.size, 3, dtype=torch.uint8)
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
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "n"} for name in (INPUT, *OUTPUTS)},
        )

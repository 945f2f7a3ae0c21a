"""The position map regression network (PRNet, Feng et al. 2018) as a landmark backend.

It gives the whole face as a map: a place in space for each of 256 x 256 points of its surface. The
68 points are among these.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.landmarks.registry import Found, register
from webtoon_curate.models import ModelCard

SIDE = 256
"""Of crops and maps, pixels."""
FRAMING = CropSettings(size=SIDE, expand=1.58, shift=0.14)
"""As PRNet cuts faces around a detector's box."""
REACH = 1.1
"""Sides of the crop that the map's values span: a point may lie a little outside."""
LEFT_EAR, RIGHT_EAR = 0, 16

U = np.array(
    [15, 22, 26, 32, 45, 67, 91, 112, 128, 143, 164, 188, 210, 223, 229, 233, 240, 58, 71, 85, 97,
     106, 149, 158, 170, 184, 197, 128, 128, 128, 128, 117, 122, 128, 133, 138, 78, 86, 95, 102, 96,
     87, 153, 160, 169, 177, 168, 159, 108, 116, 124, 128, 131, 139, 146, 137, 132, 128, 123, 118,
     110, 122, 128, 133, 145, 132, 128, 123]
)  # fmt: skip
V = np.array(
    [96, 118, 141, 165, 183, 190, 188, 187, 193, 187, 188, 190, 183, 165, 141, 118, 96, 49, 42, 39,
     40, 42, 42, 40, 39, 42, 49, 59, 73, 86, 96, 111, 113, 115, 113, 111, 67, 60, 61, 65, 68, 69,
     65, 61, 60, 67, 69, 68, 142, 131, 127, 128, 127, 131, 142, 148, 150, 150, 150, 148, 141, 135,
     134, 135, 142, 143, 142, 143]
)  # fmt: skip
"""Column and row of the 68 points in the map, as PRNet publishes them (its
`Data/uv-data/uv_kpt_ind.txt`): they follow from how it unrolls the Basel Face Model."""


def _missing() -> str | None:
    if find_spec("torch") is None or find_spec("safetensors") is None:
        return "install PyTorch with `pip install 'webtoon-curate[train]'`"
    return None


class PrnetBackend:
    """ResFCN256 as a `Backend`."""

    framing = FRAMING

    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        import torch

        from webtoon_curate.landmarks.resfcn import load_resfcn

        self.name, self.version, self.card = card.name, card.sha256[:8], card
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        elif device == "cuda" and not torch.cuda.is_available():
            raise ModelError("PyTorch finds no GPU: leave out --device cuda")
        self._device = device
        self._net = load_resfcn(path).to(device).eval()

    def __call__(self, crops: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Found:
        """See `Backend`."""
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)))
        with torch.inference_mode():
            maps = self._net(pixels.to(self._device).float() / 255)[:, :, V, U]
        solid = maps.cpu().numpy().transpose(0, 2, 1) * (SIDE * REACH)
        ears = solid[:, [LEFT_EAR, RIGHT_EAR], 2].mean(axis=1, keepdims=True)
        return Found(solid[:, :, :2].copy(), (solid[:, :, 2] - ears) / boxes[:, 2:3])


@register("prnet", suffixes=(".safetensors",), usable=_missing)
def load(card: ModelCard, path: Path | None, device: str) -> PrnetBackend:
    """The network with the weights of a file."""
    if path is None:
        raise ModelError("prnet has no bundled weights: give its .safetensors by path")
    return PrnetBackend(card, path, device)

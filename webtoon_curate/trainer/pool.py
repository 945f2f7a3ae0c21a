"""Pictures that were made before, for discriminators to judge (Shrivastava et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor


class ImagePool:
    """Half of the time gives a stored picture, in whose place the new one is kept.

    Args:
        size: pictures that are kept, 50 in CycleGAN; 0 gives every picture back.
    """

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self.pictures: list[Tensor] = []

    def swapped(self, pictures: Tensor) -> Tensor:
        """(n, c, h, w), without gradient, of the same shape."""
        if not self.size:
            return pictures.detach()
        out = pictures.detach().clone()  # in the same layout, which `stack` would not keep
        for number, picture in enumerate(pictures.detach()):
            if len(self.pictures) < self.size:
                self.pictures.append(picture.clone())
            elif torch.rand(()) > 0.5:
                place = int(torch.randint(self.size, ()))
                out[number] = self.pictures[place]
                self.pictures[place] = picture.clone()
        return out

    def tensors(self, name: str) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {name: torch.stack(self.pictures)} if self.pictures else {}

    def load(self, name: str, tensors: dict[str, Tensor], device: torch.device) -> None:
        """Puts in what `tensors` gave."""
        self.pictures = list(tensors[name].to(device)) if name in tensors else []

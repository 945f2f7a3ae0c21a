"""Training of the face reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from webtoon_curate.trainer.config import ConfigError, RunConfig
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.method import Batch, Method, adamw
from webtoon_curate.trainer.nets.reader import COARSE, ReaderNet
from webtoon_curate.trainer.reader_crops import targets
from webtoon_curate.trainer.reader_faces import PEERS, Source
from webtoon_curate.trainer.reader_losses import WEIGHTS, about_loss, reader_losses

DRAWING = 1.35
"""Side of a drawing in sides of the crops that are cut from it."""
LARGEST_GRADIENT = 5.0
"""Norm to which gradients are clipped."""


@dataclass(frozen=True)
class ReaderConfig(RunConfig):
    """See `RunConfig`.

    Attributes:
        width: factor of the network's channels.
        places: share of the crops that show no face.
    """

    steps: int = 30_000
    batch: int = 64
    size: int = 192
    learning_rate: float = 2e-3
    warmup: int = 500
    width: float = 1.0
    places: float = 0.12

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % COARSE or self.batch % 2:
            raise ConfigError(
                f"size must be divisible by {COARSE} and batch by 2, which size={self.size} and "
                f"batch={self.batch} are not"
            )
        if self.width <= 0:
            raise ConfigError(f"width must be above 0, not {self.width}")
        if not 0 <= self.places < 1:
            raise ConfigError(f"places is a share of 0 to 1, not {self.places}")

    @property
    def drawing(self) -> int:
        """Side of drawings that a crop of this size, turned and moved, still lies in."""
        return round(DRAWING * self.size)


PRESETS = {
    "full": {},
    "small": {
        "steps": 40_000, "batch": 16, "width": 0.6, "warmup": 200,
        "save_every": 250,
    },
    "tune": {
        "steps": 400, "batch": 32, "learning_rate": 3e-4, "warmup": 40, "average": 100,
        "log_every": 20, "save_every": 100,
    },
    "tiny": {
        "steps": 4, "batch": 4, "size": 64, "width": 0.25, "workers": 0, "warmup": 2,
        "average": 2, "log_every": 2, "save_every": 2,
    },
}  # fmt: skip
"""`full` (the bundled reader's network) is for a GPU, `small` for a few hours of two cores, `tune`
for a few corrected pages after `--init bundled`; `tiny` goes through everything in seconds and
learns nothing."""


class Crops(Dataset):
    """Sample n of a run: crops 2k and 2k + 1 show one character, in two drawings if there are two.
    The drawn ones among `PEERS` such pairs are of one title.

    Args:
        sources: with their shares of the crops.
        config: of the run.
    """

    def __init__(self, sources: Sequence[tuple[Source, float]], config: ReaderConfig) -> None:
        self.sources, self.config = [source for source, _ in sources], config
        shares = np.array([share for _, share in sources], float)
        self.shares = shares / shares.sum()

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import cv2

        cv2.setNumThreads(1)
        pair, config = index // 2, self.config
        rng = np.random.default_rng((config.seed, pair))
        source = self.sources[rng.choice(len(self.sources), p=self.shares)]
        place = rng.random() < config.places
        if place:
            sample = source.place(rng)
        else:
            title = np.random.default_rng((config.seed, pair // PEERS, PEERS))
            sample = source.face(rng, index % 2, title, pair % PEERS)
        own = np.random.default_rng((config.seed, pair, 1 + index % 2))
        pixels, found = targets(sample, rng, own, config.size)
        arrays = {"pixels": np.ascontiguousarray(pixels), **found}
        return {name: torch.as_tensor(array) for name, array in arrays.items()}


class ReaderMethod(Method):
    """A `Method`; see `webtoon_curate.trainer.loop`."""

    name = "reader"

    def __init__(self, config: ReaderConfig, processes: Processes | None = None) -> None:
        torch.manual_seed(config.seed)
        self.processes = processes or Processes(config.device, config.precision)
        self.net = ReaderNet(config.size, config.width)
        # Also on processors, which are faster so with batch normalisation.
        self.net.to(self.processes.device, memory_format=torch.channels_last)
        self.nets = {"reader": self.net}
        self.optimizers = {"main": adamw(self.net, config)}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`."""
        self.net.train()
        batch = self.processes.entered(batch)
        pixels = batch["pixels"].permute(0, 3, 1, 2).float()
        with self.processes.autocast():
            found = self.net(pixels)
            about = self.net.about(found.embedding)
        found = type(found)(*(part.float() for part in found))
        losses = reader_losses(found, batch) | {"about": about_loss(about.float(), batch)}
        total = sum(WEIGHTS[name] * value for name, value in losses.items())
        optimizer = self.optimizers["main"]
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.processes.step(optimizer, largest=LARGEST_GRADIENT)
        return {name: value.detach() for name, value in losses.items()}

"""Training of the face detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.config import ConfigError, RunConfig
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.looks import restyled
from webtoon_curate.trainer.losses import box_loss, heat_loss
from webtoon_curate.trainer.method import Batch, Method, adamw
from webtoon_curate.trainer.nets.detector import CLASSES, STRIDES, DetectorNet, boxes_of, cells
from webtoon_curate.trainer.pictures import load_pictures, split
from webtoon_curate.trainer.targets import targets
from webtoon_curate.trainer.tiles import TileMaker, source

BOX_WEIGHT = 2.0
"""Of the box loss against that of the heat maps, about equal at the end of a run."""
CREATURE_WEIGHT = 0.5
"""Of the creatures' heat map, which only helps."""
LARGEST_GRADIENT = 10.0
"""Norm to which gradients are clipped."""


@dataclass(frozen=True)
class DetectorConfig(RunConfig):
    """See `RunConfig`.

    Attributes:
        held: beginnings of the names of pictures that are kept out of training, to choose
            thresholds on.
    """

    steps: int = 24_000
    learning_rate: float = 2e-3
    warmup: int = 500
    held: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % max(STRIDES):
            raise ConfigError(f"size must be divisible by {max(STRIDES)}, which {self.size} is not")
        if self.batch == 1 and self.size == max(STRIDES):  # one cell, which is its own mean
            raise ConfigError(f"batch normalisation needs batch=2 and more with size={self.size}")


PRESETS = {
    "full": {},
    "tune": {
        "steps": 400, "learning_rate": 3e-4, "warmup": 40, "average": 100, "log_every": 20,
        "save_every": 100,
    },
    "tiny": {
        "steps": 6, "batch": 2, "size": 128, "workers": 0, "warmup": 2, "average": 2,
        "log_every": 2, "save_every": 3,
    },
}  # fmt: skip
"""`tune` is for a few corrected pages after `--init`; `tiny` goes through everything in seconds and
learns nothing."""


class Tiles(Dataset):
    """Sample n of a run: a tile and its targets.

    Args:
        data: folders of labelled pictures with their shares of the tiles.
        config: of the run.
        more: file that knows more of the pictures, see `webtoon_curate.trainer.pictures.labelled`.

    Raises:
        DatasetError: if there is nothing to learn from.
    """

    def __init__(
        self,
        data: Sequence[tuple[Path, float]],
        config: DetectorConfig,
        more: Path | None = None,
    ) -> None:
        self.seed = config.seed
        sources = []
        for folder, share in data:
            pictures = split(load_pictures(folder, more=more), config.held)[0]
            if not pictures:
                raise DatasetError(f"held keeps all pictures of {folder} out of training")
            sources.append(source(pictures, share))
        if all(p.creatures.all() for one in sources for p in one.pictures):
            folders = ", ".join(str(folder) for folder, _ in data)
            raise DatasetError(f"no human face is labelled in {folders}: there is none to learn")
        self.maker = TileMaker(sources, config.size)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import cv2

        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, index))
        tile = self.maker(rng)
        tile.pixels = restyled(rng, tile.pixels)
        sample = {name: torch.from_numpy(a) for name, a in targets(tile)._asdict().items()}
        return {"pixels": torch.from_numpy(tile.pixels.copy()), **sample}


class DetectorMethod(Method):
    """A `Method`; see `webtoon_curate.trainer.loop`."""

    name = "detector"

    def __init__(self, config: DetectorConfig, processes: Processes | None = None) -> None:
        torch.manual_seed(config.seed)
        self.processes = processes or Processes(config.device, config.precision)
        device = self.processes.device
        # Also on processors, which are faster so with batch normalisation.
        self.net = DetectorNet().to(device, memory_format=torch.channels_last)
        self.nets = {"detector": self.net}
        self.optimizers = {"main": adamw(self.net, config)}
        centers = torch.cat([cells(config.size, s) for s in STRIDES])
        counts = torch.tensor([(config.size // s) ** 2 for s in STRIDES])
        strides = torch.repeat_interleave(torch.tensor(STRIDES), counts)[:, None]
        self.places = centers.to(device), strides.to(device)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """See `Method`."""
        self.net.train()
        # Chosen before they are on a GPU, whose answer would have to be waited for.
        told = batch["weights"].flatten().nonzero()[:, 0]
        batch = self.processes.entered({**batch, "told": told})
        pixels = batch["pixels"].permute(0, 3, 1, 2).float()
        with self.processes.autocast():
            maps = self.net(pixels)
        flat = torch.cat([m.float().flatten(2).transpose(1, 2) for m in maps], dim=1)
        losses = self.losses(flat, batch)
        total = losses["heat"] + CREATURE_WEIGHT * losses["creature"] + BOX_WEIGHT * losses["box"]
        optimizer = self.optimizers["main"]
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.processes.step(optimizer, largest=LARGEST_GRADIENT)
        return {name: value.detach() for name, value in losses.items()}

    def losses(self, flat: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The losses of an output (n, cells, channels) against the targets, per face; `told` are
        the numbers of the cells, of all n, that learn boxes."""
        logits, raw = flat[..., : len(CLASSES)], flat[..., len(CLASSES) :]
        faces = (batch["heat"][..., 0] == 1).sum().clamp(min=1)
        heat, creature = (
            heat_loss(logits[..., i], batch["heat"][..., i], batch["counted"]) / faces
            for i in range(len(CLASSES))
        )
        told, count = batch["told"], raw.shape[1]
        found = boxes_of(raw.flatten(0, 1)[told], *(t[told % count] for t in self.places))
        weights = batch["weights"].flatten()[told]
        true = batch["boxes"].flatten(0, 1)[told]
        box = (box_loss(found, true) * weights).sum() / weights.sum().clamp(min=1)
        return {"heat": heat, "creature": creature, "box": box}

"""What the training loop needs of a method, and what it tells of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from webtoon_curate.trainer.config import RunConfig

Batch = Mapping[str, Tensor]


class Method:
    """What is trained.

    Attributes:
        name: kept in checkpoints, so that no other method resumes from them.
        nets: networks by name.
        optimizers: by name.
        averaged: names of the networks of which averaged copies are kept and saved; None for all.
    """

    name: str
    nets: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    averaged: Sequence[str] | None = None

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One update of the weights; gives the losses, scalars, detached."""
        raise NotImplementedError

    def sample(self, batch: Batch) -> dict[str, Tensor]:
        """Pictures of a batch by name, (n, channels, h, w) in -1..1; none if it makes none."""
        return {}

    def score(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Figures of batches that are not learned from; the lower the first, the better."""
        return {}

    def extra(self) -> dict[str, Tensor]:
        """What else a checkpoint must hold."""
        return {}

    def load_extra(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts in what `extra` gave."""


def adamw(net: nn.Module, config: RunConfig) -> torch.optim.AdamW:
    """AdamW of a network on its device, which decays matrices and filters only."""
    weights = list(net.parameters())
    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=weights[0].is_cuda)


@dataclasses.dataclass(frozen=True)
class Report:
    """What the loop tells while it runs: means since the last report."""

    step: int
    losses: dict[str, float]
    rate: float
    """Samples a second, of all processes together."""

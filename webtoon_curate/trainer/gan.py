"""What the methods that translate pictures share: settings, device, optimizers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from webtoon_curate.trainer.config import ConfigError, RunConfig
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.method import Batch, Method

BETAS = (0.5, 0.999)
"""Of Adam, in pix2pix, CycleGAN and U-GAT-IT alike."""


@dataclass(frozen=True)
class GanConfig(RunConfig):
    """See `RunConfig`.

    Attributes:
        width: channels of the first layers.
        flip: mirror half of the samples.
        enlarge: samples are enlarged by this factor, then cut to size at a random place; 1 does
            nothing.
        measured: faces that are made and measured when the run ends, of methods that make pictures;
            0 for none.
    """

    steps: int = 200_000
    batch: int = 1
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    warmup: int = 0
    schedule: str = "linear"
    save_every: int = 5000
    width: int = 64
    flip: bool = True
    enlarge: float = 286 / 256
    measured: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width < 1:
            raise ConfigError(f"width must be at least 1, not {self.width}")
        for name, value in asdict(self).items():
            if isinstance(value, (int, float)) and value < 0:
                raise ConfigError(f"{name} cannot be negative, as {value} is")


class GanMethod(Method):
    """A `Method` with a device.

    Args:
        config: of the method.
        processes: this one and the others; None for this one alone.
    """

    def __init__(self, config: GanConfig, processes: Processes | None = None) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.processes = processes or Processes(config.device, config.precision)

    def adam(
        self, nets: Iterable[nn.Module] | Iterable[nn.Parameter], rate: float | None = None
    ) -> torch.optim.Adam:
        """Adam of the networks' weights, or of weights, as published; `rate` instead of the
        configured learning rate."""
        weights = [
            weight
            for part in nets
            for weight in (part.parameters() if isinstance(part, nn.Module) else [part])
        ]
        config, fused = self.config, self.processes.device.type == "cuda"
        rate = config.learning_rate if rate is None else rate
        return torch.optim.Adam(weights, rate, BETAS, weight_decay=config.weight_decay, fused=fused)

    def placed(self, batch: Batch) -> dict[str, Tensor]:
        """The batch on this process's device."""
        return self.processes.entered(batch)

    def update(self, losses: dict[str, Tensor], *names: str) -> None:
        """One step of optimizers against the sum of losses."""
        optimizers = [self.optimizers[name] for name in names]
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        self.processes.step(*optimizers)


def frozen(nets: Iterable[nn.Module], yes: bool) -> None:
    """Spares gradients that nobody takes."""
    for net in nets:
        net.requires_grad_(not yes)


def detached(losses: dict[str, Tensor]) -> dict[str, Tensor]:
    """For `Method.step` to give back."""
    return {name: value.detach() for name, value in losses.items()}

"""One training process or many: who am I, and gradients averaged over all.

Several processes are started by `torchrun` or `accelerate launch`; accelerate then joins them. Each
takes its own part of a step's samples, and averages gradients before every optimizer step, so that
n processes with batches of b take the same steps as one with a batch of n * b.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from webtoon_curate.trainer.config import DEVICES, ConfigError


class Processes:
    """The processes of a run.

    Attributes:
        rank: number of this one, from 0.
        count: how many there are.
        device: where this one computes.

    Args:
        device: `cpu`, `cuda`, or `auto` for a GPU where there is one.
        precision: `fp32` or `bf16`.

    Raises:
        ConfigError: if `cuda` is asked for and absent, or accelerate is missing for many processes.
    """

    def __init__(self, device: str = "auto", precision: str = "fp32") -> None:
        if device not in DEVICES:
            raise ConfigError(f"device is {', '.join(DEVICES)}, not {device!r}")
        if device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("PyTorch finds no GPU here: use device=cpu")
        cpu = device == "cpu" or not torch.cuda.is_available()
        self.rank, self.count, self._half = 0, 1, precision == "bf16"
        self.device = torch.device("cpu" if cpu else "cuda")
        if not cpu:  # samples have one size: the fastest convolutions are looked for once
            torch.backends.cudnn.benchmark = True
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            state = _joined(cpu)
            self.rank, self.count = state.process_index, state.num_processes
            self.device = state.device

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Forward passes in bfloat16 where that was asked for."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._half)

    def placed(self, net: nn.Module) -> nn.Module:
        """The network on this process's device, in the layout that is fastest there."""
        return net.to(self.device, memory_format=self._layout)

    def entered(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The batch on this process's device; pictures in the layout of `placed`. Out of pinned
        memory it is copied while the GPU computes."""
        return {
            name: tensor.to(
                self.device,
                non_blocking=True,
                memory_format=self._layout if _is_pictures(tensor) else torch.preserve_format,
            )
            for name, tensor in batch.items()
        }

    @property
    def _layout(self) -> torch.memory_format:
        return torch.channels_last if self.device.type == "cuda" else torch.preserve_format

    def step(self, *optimizers: Optimizer, largest: float | None = None) -> None:
        """Averages the gradients of all processes, then steps the optimizers, in order.

        Args:
            largest: norm to which the gradients of each optimizer are clipped; None for any.
        """
        for optimizer in optimizers:
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            if self.count > 1:
                self._average([w.grad for w in weights if w.grad is not None])
            if largest is not None:
                torch.nn.utils.clip_grad_norm_(weights, largest)
        for optimizer in optimizers:
            optimizer.step()

    def any(self, happened: bool) -> bool:
        """Whether it happened in any process."""
        if self.count == 1:
            return happened
        told = torch.tensor(float(happened), device=self.device)
        torch.distributed.all_reduce(told, torch.distributed.ReduceOp.MAX)
        return bool(told)

    def together(self) -> None:
        """Waits until all processes are here: one that left early would break off the others."""
        if self.count > 1:
            torch.distributed.barrier()

    def _average(self, gradients: Iterable[Tensor]) -> None:
        kept = list(gradients)
        if not kept:
            return
        flat = torch.cat([gradient.flatten() for gradient in kept])
        torch.distributed.all_reduce(flat)
        flat /= self.count
        for gradient, part in zip(kept, flat.split([gradient.numel() for gradient in kept])):
            gradient.copy_(part.view_as(gradient))


def _is_pictures(tensor: Tensor) -> bool:
    """Pixels as they are read, (n, h, w, channels) of bytes, are not."""
    return tensor.ndim == 4 and tensor.is_floating_point()


def _joined(cpu: bool) -> Any:
    try:
        from accelerate import PartialState
    except ImportError:
        raise ConfigError("several processes need accelerate: pip install accelerate") from None
    state = PartialState(cpu=cpu)
    # Threads of the group that still run when the process ends abort it, now and then.
    atexit.register(_left)
    return state


def _left() -> None:
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()

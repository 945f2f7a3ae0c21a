"""Weights that a run begins with, and those that it leaves for others."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from webtoon_curate.errors import ModelError
from webtoon_curate.files import replacing
from webtoon_curate.models import store
from webtoon_curate.trainer.checkpoint import load_checkpoint, load_net, newest_checkpoint

BUNDLED = Path(store.__file__).parent / "weights"


def save_weights(path: Path, net: nn.Module) -> None:
    """Writes a network's weights in half precision."""
    from safetensors.torch import save_file

    with replacing(path) as part:
        save_file({name: _as(t, torch.half) for name, t in net.state_dict().items()}, part)


def begin_with(begin: str, net: nn.Module, name: str, bundled: str) -> None:
    """Puts in weights that were trained before.

    Args:
        begin: `bundled`, a file of `save_weights`, or a run's folder: the averages of its newest
            checkpoint.
        net: gets them.
        name: of the network in the checkpoints of runs.
        bundled: name of the installed file.

    Raises:
        ModelError: if they are not there, damaged, or those of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if Path(begin).is_dir():
        newest = newest_checkpoint(Path(begin))
        if newest is None:
            raise ModelError(f"{begin} holds no checkpoint to begin with")
        load_net(f"average.{name}", net, load_checkpoint(newest)[0])
        return
    path = BUNDLED / f"{bundled}.safetensors" if begin == "bundled" else Path(begin)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"cannot begin with the weights of {path}: {error}") from None
    load_net("begin", net, {f"begin.{key}": _as(t, torch.float) for key, t in tensors.items()})


def _as(tensor: Tensor, kind: torch.dtype) -> Tensor:
    return (tensor.to(kind) if tensor.is_floating_point() else tensor).cpu().contiguous()

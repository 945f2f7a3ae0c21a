"""Weights that a run begins with, and those that it leaves for others."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from webtoon_curate.errors import ModelError
from webtoon_curate.models import store
from webtoon_curate.trainer.checkpoint import (
    load_checkpoint,
    load_net,
    newest_checkpoint,
    save_tensors,
)

BUNDLED = Path(store.__file__).parent / "weights"


def save_weights(path: Path, net: nn.Module) -> None:
    """Writes a network's weights in half precision.

    Raises:
        ModelError: if they cannot be written.
    """
    from safetensors import SafetensorError

    try:
        save_tensors(path, {name: _as(t, torch.half) for name, t in net.state_dict().items()})
    except SafetensorError as error:
        raise ModelError(
            f"cannot write {path}: {error}. Make room, then use --resume: the run is whole"
        ) from None


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

    file = f"{name}.safetensors"
    advice = f"give bundled, the folder of a run of train {name}, or its {file}"
    if Path(begin).is_dir():
        newest = newest_checkpoint(Path(begin))
        if newest is None:
            raise ModelError(f"{begin} holds no checkpoint to begin with; {advice}")
        path, head, tensors = newest, f"average.{name}", load_checkpoint(newest)[0]
    else:
        path, head = BUNDLED / f"{bundled}.safetensors", "its"
        path = path if begin == "bundled" else Path(begin)
        try:
            tensors = {f"its.{key}": _as(t, torch.float) for key, t in load_file(path).items()}
        except (OSError, SafetensorError) as error:
            raise ModelError(f"cannot begin with {path}: {error}; {advice}") from None
    try:
        load_net(head, net, tensors)
    except ModelError as error:
        raise ModelError(
            f"cannot begin with {path}: {error}; {advice}, of the same size and width (bundled: "
            "those of --preset tune)"
        ) from None


def _as(tensor: Tensor, kind: torch.dtype) -> Tensor:
    return tensor.to(kind) if tensor.is_floating_point() else tensor

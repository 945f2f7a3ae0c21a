"""Checkpoints: tensors in safetensors, the rest in JSON; nothing is pickled.

`<run>/checkpoints/<step>.safetensors` is written first, `<step>.json` last, both atomically: a
checkpoint without its JSON does not exist. What each process has for itself, all but the first
write before that to `<step>.process-<rank>.safetensors`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from webtoon_curate.errors import ModelError
from webtoon_curate.files import remove_stale_parts, replacing, usual_mode, write_json

FOLDER = "checkpoints"
_ABOUT = {"method": str, "step": int, "config": dict}


def save_checkpoint(
    run: Path, step: int, tensors: Mapping[str, Tensor], about: Mapping[str, Any], keep: int
) -> Path:
    """Writes a checkpoint and deletes all but the newest `keep`.

    Its JSON says how many tensors each part has, so that one that was taken out is missed.

    Returns:
        The safetensors file.
    """
    folder = run / FOLDER
    path = folder / f"{step:08d}.safetensors"
    save_tensors(path, tensors)
    write_json(path.with_suffix(".json"), {**about, "step": step, "parts": _parts(tensors)})
    for old in sorted(folder.glob("*.json"))[:-keep]:
        old.unlink()
        for file in folder.glob(f"{old.stem}.*safetensors"):
            file.unlink()
    return path


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Writes a safetensors file, whole or not at all; in a run, all are written here."""
    from safetensors.torch import save_file

    with replacing(path) as part, usual_mode(part):
        save_file({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, part)


def remove_half_written(run: Path) -> None:
    """Removes what was being written, gigabytes perhaps, when a run was killed: by us and, under
    another name still, by safetensors."""
    remove_stale_parts(run / FOLDER)  # not elsewhere: a run's folder may hold what is not ours
    for file in (run / FOLDER).glob(".tmp*"):
        file.unlink()


def own_path(checkpoint: Path, rank: int) -> Path:
    """Where a process other than the first keeps what is its own, beside a checkpoint."""
    return checkpoint.with_name(f"{checkpoint.stem}.process-{rank}.safetensors")


def newest_checkpoint(run: Path) -> Path | None:
    """The safetensors file of the newest whole checkpoint of a run."""
    found = sorted((run / FOLDER).glob("*.json"))
    return found[-1].with_suffix(".safetensors") if found else None


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the JSON of a checkpoint.

    Raises:
        ModelError: if either file is missing or damaged.
    """
    tensors = load_tensors(path)
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is no whole checkpoint: {error}") from None
    for name, kind in _ABOUT.items():
        if not isinstance(about, dict) or not isinstance(about.get(name), kind):
            raise ModelError(f"{path} is no whole checkpoint: its JSON tells no {name}")
    return tensors, about


def check_parts(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Makes sure that all is there that training goes on with.

    Args:
        path: of the safetensors file.
        tensors, about: of `load_checkpoint`.

    Raises:
        ModelError: if tensors were taken out of the file, or put in.
    """
    known, there = about.get("parts"), _parts(tensors)
    if not isinstance(known, dict) or known == there:  # an older checkpoint does not tell
        return
    part = next(part for part in sorted({*known, *there}) if known.get(part) != there.get(part))
    raise ModelError(
        f"{path} is no whole checkpoint: it has {there.get(part, 0)} tensors of {part}, not "
        f"{known.get(part, 0)}; put a copy back, or delete it and its .json to go on from the "
        "checkpoint before"
    )


def _parts(tensors: Iterable[str]) -> dict[str, int]:
    """Number of tensors by the first two words of their names: `net.generator`, `random` …"""
    return dict(Counter(".".join(name.split(".")[:2]) for name in tensors))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """A safetensors file of a checkpoint.

    Raises:
        ModelError: if it is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} is no whole checkpoint: {error}") from None


def net_tensors(prefix: str, net: nn.Module) -> dict[str, Tensor]:
    """A network's weights and statistics, each name behind `prefix.`."""
    return {f"{prefix}.{name}": tensor for name, tensor in net.state_dict().items()}


def load_net(prefix: str, net: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Puts in what `net_tensors` gave.

    Raises:
        ModelError: if the tensors are those of another network.
    """
    head = f"{prefix}."
    state = {name[len(head) :]: t for name, t in tensors.items() if name.startswith(head)}
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        first = " ".join(str(error).split("\n\t")[1:2]).strip()
        first = re.sub(r'("[^"]*")(?:, "[^"]*")+', r"\1 and others", first)  # of hundreds
        raise ModelError(f"these are weights of another network: {first}") from None


def load_part(path: Path, prefixes: Sequence[str], net: nn.Module) -> None:
    """Puts in one network of a checkpoint; nothing else of the file is read.

    Args:
        path: the safetensors file.
        prefixes: of `net_tensors`; the first that the file has counts.
        net: gets the weights.

    Raises:
        ModelError: if the file is damaged, or of another network.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            names = list(file.keys())
            prefix = next((p for p in prefixes if any(n.startswith(f"{p}.") for n in names)), "")
            tensors = {n: file.get_tensor(n) for n in names if n.startswith(f"{prefix}.")}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} is no whole checkpoint: {error}") from None
    load_net(prefix, net, tensors)


def optimizer_tensors(prefix: str, optimizer: Optimizer) -> dict[str, Tensor]:
    """An optimizer's state, which must be tensors, as that of Adam and SGD is."""
    return {
        f"{prefix}.{index}.{name}": torch.as_tensor(value)
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
        if value is not None
    }


def load_optimizer(prefix: str, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Puts in what `optimizer_tensors` gave, in the layouts of the weights.

    Fused optimizers want moments laid out as weights are, and files hold them row by row.
    """
    head, state = f"{prefix}.", {}
    for key, tensor in tensors.items():
        if key.startswith(head):
            index, name = key[len(head) :].split(".", 1)
            state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    for weight, parts in optimizer.state.items():
        for name, value in parts.items():
            if isinstance(value, Tensor) and value.shape == weight.shape:
                parts[name] = laid_out(value, weight)


def laid_out(value: Tensor, weight: Tensor) -> Tensor:
    """A tensor of a weight's shape with its strides; itself if it has them."""
    if value.stride() == weight.stride():
        return value
    return torch.empty_like(weight, dtype=value.dtype, requires_grad=False).copy_(value)

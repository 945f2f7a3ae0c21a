"""ResFCN256, the network of PRNet (Feng et al. 2018, section 3.3), in PyTorch.

Ten residual blocks bring 256 x 256 pixels down to 8 x 8, seventeen transposed convolutions bring
them back to a map of three values. Padding is TensorFlow's `SAME`, so that weights of the
published network fit: see `converted`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from webtoon_curate.errors import ModelError

KERNEL, EPSILON = 4, 1e-3
"""Of all wide convolutions; TensorFlow's of batch normalisation."""
DOWN = ((2, 2), (2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), (16, 1), (32, 2), (32, 1))
UP = ((32, 1), (16, 2), (16, 1), (16, 1), (8, 2), (8, 1), (8, 1), (4, 2), (4, 1), (4, 1), (2, 2),
      (2, 1), (1, 2), (1, 1))  # fmt: skip
"""Channels in units of the first layer's, and strides."""
LAST = 3
"""Layers of three channels at the end."""
FIRST = "first.conv.weight"
_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
         "moving_variance": "running_var"}  # fmt: skip


class Wide(nn.Module):
    """A convolution of 4 x 4 with normalisation; TensorFlow pads one pixel before, two after."""

    def __init__(self, inner: int, outer: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inner, outer, KERNEL, stride, bias=False)
        self.norm = nn.BatchNorm2d(outer, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(n, outer, h / stride, w / stride)."""
        after = 2 if self.stride == 1 else 1
        return F.relu(self.norm(self.conv(F.pad(x, (1, after, 1, after)))))


class Transposed(nn.Module):
    """The transposed form of the same, without the nonlinearity."""

    def __init__(self, inner: int, outer: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.ConvTranspose2d(inner, outer, KERNEL, stride, bias=False)
        self.norm = nn.BatchNorm2d(outer, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(n, outer, h * stride, w * stride)."""
        after = -2 if self.stride == 1 else -1
        return self.norm(self.conv(x)[:, :, 1:after, 1:after])


class Block(nn.Module):
    """A residual block that narrows to half its channels inside."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.shortcut = None
        if stride != 1 or inner != outer:
            self.shortcut = nn.Conv2d(inner, outer, 1, stride, bias=False)
        self.narrow = nn.Conv2d(inner, outer // 2, 1, bias=False)
        self.narrow_norm = nn.BatchNorm2d(outer // 2, eps=EPSILON)
        self.wide = Wide(outer // 2, outer // 2, stride)
        self.broad = nn.Conv2d(outer // 2, outer, 1, bias=False)
        self.norm = nn.BatchNorm2d(outer, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(n, outer, h / stride, w / stride)."""
        kept = x if self.shortcut is None else self.shortcut(x)
        found = self.broad(self.wide(F.relu(self.narrow_norm(self.narrow(x)))))
        return F.relu(self.norm(found + kept))


class ResFCN(nn.Module):
    """The network; `channels` of its first layer are 16 in the published one."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.first = Wide(3, channels)
        widths = [channels, *(factor * channels for factor, _ in DOWN)]
        down = zip(widths, widths[1:], (stride for _, stride in DOWN))
        self.down = nn.Sequential(*(Block(*sizes) for sizes in down))
        widths = [widths[-1], *(factor * channels for factor, _ in UP), *[3] * LAST]
        up = zip(widths, widths[1:], [*(stride for _, stride in UP), *[1] * LAST])
        self.up = nn.ModuleList(Transposed(*sizes) for sizes in up)

    def forward(self, pixels: Tensor) -> Tensor:
        """Maps of 0-1 (n, 3, h, w), from RGB of 0-1 (n, 3, h, w); sides are multiples of 32."""
        x = self.down(self.first(pixels))
        for layer in self.up[:-1]:
            x = F.relu(layer(x))
        return torch.sigmoid(self.up[-1](x))


def load_resfcn(path: Path) -> ResFCN:
    """The network with the weights of a safetensors file.

    Raises:
        ModelError: if they are not this network's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = load_file(path)
        net = ResFCN(weights[FIRST].shape[0])
        net.load_state_dict(weights, strict=True)
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ModelError(f"{path} holds no weights of ResFCN256: {reason}") from None
    return net


def converted(variables: Mapping[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Weights of the published network, by TensorFlow's names, as this one takes them.

    Args:
        variables: arrays of a checkpoint, e.g. `resfcn256/resBlock_3/Conv_1/weights`.

    Returns:
        What `safetensors.torch.save_file` writes for `load_resfcn`.

    Raises:
        ModelError: if a variable of the network is not among them.
    """
    scope = next((n.split("/")[0] for n in variables if n.endswith("Conv2d_transpose/weights")), "")
    channels = _array(variables, f"{scope}/Conv/weights").shape[3]
    found: dict[str, Tensor] = {}

    def take(own: str, theirs: str, norm: str) -> None:
        weights = _array(variables, f"{scope}/{theirs}/weights")
        found[f"{own}.weight"] = torch.from_numpy(weights.transpose(3, 2, 0, 1).copy())
        if norm:
            take_norm(norm, f"{theirs}/BatchNorm")

    def take_norm(own: str, theirs: str) -> None:
        for name, ours in _NORM.items():
            values = _array(variables, f"{scope}/{theirs}/{name}")
            found[f"{own}.{ours}"] = torch.from_numpy(values.copy())

    take("first.conv", "Conv", "first.norm")
    for number, block in enumerate(ResFCN(channels).down):
        theirs = f"resBlock_{number}" if number else "resBlock"
        own = f"down.{number}"
        if block.shortcut is not None:
            take(f"{own}.shortcut", f"{theirs}/shortcut", "")
        take(f"{own}.narrow", f"{theirs}/Conv", f"{own}.narrow_norm")
        take(f"{own}.wide.conv", f"{theirs}/Conv_1", f"{own}.wide.norm")
        take(f"{own}.broad", f"{theirs}/Conv_2", "")
        take_norm(f"{own}.norm", f"{theirs}/BatchNorm")
    for number in range(len(UP) + LAST):
        theirs = f"Conv2d_transpose_{number}" if number else "Conv2d_transpose"
        take(f"up.{number}.conv", theirs, f"up.{number}.norm")
    for own in list(found):
        if own.endswith("running_var"):
            batches = own.replace("running_var", "num_batches_tracked")
            found[batches] = torch.zeros((), dtype=torch.int64)
    return found


def _array(variables: Mapping[str, NDArray[np.float32]], name: str) -> NDArray[np.float32]:
    if name not in variables:
        raise ModelError(f"the checkpoint has no {name}: it is not of PRNet's resfcn256")
    return np.asarray(variables[name], np.float32)

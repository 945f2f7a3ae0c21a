"""Reference programs, read where they lie: see `docs/training.md`. Nothing of them is copied."""

from __future__ import annotations

import importlib
import os
import re
import sys
import types
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import torch._dynamo  # looks for other packages when it is loaded, and must not see empty ones

VARIABLE = "WEBTOON_CURATE_REFERENCES"
LACKING = (
    "torchvision", "torchvision.transforms", "torch.utils.tensorboard", "scipy.misc",
    "face_alignment", "tensorflow", "tensorflow.python", "tensorflow.python.platform",
)  # fmt: skip


@contextmanager
def imported(repository: str, *modules: str):
    """Modules of a repository, out of the folder `$WEBTOON_CURATE_REFERENCES/<repository>`.

    What they import but this environment lacks, and the networks don't need, is left empty.
    """
    folder = Path(os.environ.get(VARIABLE, "")) / repository
    if not os.environ.get(VARIABLE) or not folder.is_dir():
        pytest.skip(f"no {repository}: put it into the folder that {VARIABLE} names")
    before, path = dict(sys.modules), list(sys.path)
    sys.path.insert(0, str(folder))
    for name in LACKING:
        if name not in sys.modules:
            sys.modules[name] = _Empty(name)
    try:
        yield tuple(importlib.import_module(name) for name in modules)
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - set(before):
            if name in LACKING or not name.startswith(("torch.", "numpy", "PIL", "cv2")):
                del sys.modules[name]


class _Empty(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Empty(f"{self.__name__}.{name}")

    def __call__(self, *_, **__):
        return self


def same_weights(ours: torch.nn.Module, theirs: torch.nn.Module, names=None) -> None:
    """Gives our network the weights of theirs.

    Args:
        names: our name of each of theirs, None for what we leave out; without it, both list their
            weights in the same order.
    """
    state = theirs.state_dict()
    if names is None:
        assert len(state) == len(ours.state_dict())
        ours.load_state_dict(dict(zip(ours.state_dict(), state.values())))
        return
    ours.load_state_dict({names(name): value for name, value in state.items() if names(name)})


def randomised(net: torch.nn.Module, seed: int) -> torch.nn.Module:
    """All weights drawn anew, so that none hides behind a 0 or a 1; shares stay in 0-1."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if name.split(".")[-1] in ("rho", "w_gamma", "w_beta"):
                weight.uniform_(0.1, 0.9)
            elif weight.ndim > 1:
                torch.nn.init.normal_(weight, 0, 1.2 / weight[0].numel() ** 0.5)
            else:
                weight.normal_(0, 0.1)
    return net


def _renamed(name: str, rules: list[tuple[str, str]]) -> str:
    for pattern, ours in rules:
        name = re.sub(pattern, ours, name)
    return name


_ATTENTION = [
    (r"^gap_fc(_new)?\.", "attention.average."),
    (r"^gmp_fc(_new)?\.", "attention.largest."),
    (r"^conv1x1\.", "attention.mix."),
]


def discriminator_name(name: str) -> str:
    """Of U-GAT-IT's discriminator."""
    rules = [(r"^model\.", "layers."), (r"^conv\.", "judge."), (r"^conv_cls\.", "group.")]
    return _renamed(name, [*rules, *_ATTENTION])


def ugatit_name(name: str) -> str:
    """Of znxlwm's generator."""
    if match := re.match(r"DownBlock\.(\d+)\.(.*)", name):
        place = int(match[1])
        block = f"body.encode.{place - 12}.{match[2]}".replace("conv_block", "layers")
        return block if place >= 12 else f"head.{place}.{match[2]}"
    if match := re.match(r"UpBlock1_(\d+)\.(.*)", name):
        return f"body.decode.{int(match[1]) - 1}.{_block(match[2])}"
    if name.startswith("UpBlock2."):
        return name.replace("UpBlock2", "tail")
    return "body." + _renamed(name, [*_ATTENTION, (r"^FC\.", "style.")])


def _block(name: str) -> str:
    rules = [("conv1", "first"), ("conv2", "second"), ("norm1", "first_norm")]
    rules += [("norm2", "second_norm"), (r"w_(\w+)", r"\1_share")]
    rules += [(r"\bc_(\w+)", r"content_\1"), (r"\bs_(\w+)", r"style_\1")]
    return _renamed(name, rules)


def fewshot_name(name: str) -> str | None:
    """Of payne53's generator; None for the layers that it never uses."""
    first, _, rest = name.partition(".")
    if ".ConvBlock4.2." in name:
        return None
    if match := re.fullmatch(r"ConvBlock([12])(?:_(\d))?", first):
        place, shift = ("heads", 0) if match[1] == "1" else ("tails", 1)
        number, weight = rest.split(".", 1)
        return f"{place}.{match[2] or 0}.{int(number) + shift}.{weight}"
    if match := re.fullmatch(r"HourGlass(\d)(?:_(\d))?", first):
        group = match[2] or 0
        where = {"1": f"heads.{group}.4", "2": "body.enter.0", "3": "body.leave.10"}
        return f"{where.get(match[1], f'tails.{group}.0')}.{_hourglass(rest)}"
    if match := re.fullmatch(r"(Down|Up)Block(\d)", first):
        number, weight = rest.split(".", 1)
        where, start = ("enter", (1, 5)) if match[1] == "Down" else ("leave", (0, 5))
        return f"body.{where}.{start[int(match[2]) - 1] + int(number)}.{weight}"
    if match := re.fullmatch(r"EncodeBlock(\d)", first):
        return f"body.encode.{int(match[1]) - 1}.{rest.replace('conv_block', 'layers')}"
    if match := re.fullmatch(r"DecodeBlock(\d)", first):
        return f"body.decode.{int(match[1]) - 1}.{_block(rest)}"
    return "body." + _renamed(name, [*_ATTENTION, (r"^FC\.", "style.")])


def _hourglass(name: str) -> str:
    def level(match):
        side = "skips" if match[2] == "1" else "downs"
        return f"layers.0.{side}.{int(match[1]) - 1}."

    name = re.sub(r"^HG\.0\.ConvBlock(\d)_(\d)\.", level, name)
    name = re.sub(r"^HG\.0\.ConvBlock5\.", "layers.0.center.", name)
    name = re.sub(
        r"^HG\.0\.ConvBlock([6-9])\.", lambda match: f"layers.0.ups.{int(match[1]) - 6}.", name
    )
    name = re.sub(r"^HG\.", "layers.", name)
    name = re.sub(r"ConvBlock(\d)\.3\.", lambda match: f"layers.{int(match[1]) - 1}.3.", name)
    return _renamed(name, [("^Conv1", "sketch"), ("^Conv2", "keep"), ("^Conv3", "sketched")])

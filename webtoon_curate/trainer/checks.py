"""What is looked at before training starts: mistakes that cost others weeks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset as Samples

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.trainer.config import ConfigError

EDGE = 0.999
"""A channel whose mean is that near to -1 is empty."""
OFFSET, SPREAD = 0.5, 0.05
"""Mean beyond which, and standard deviation below which, a channel is nearly constant."""
BACKGROUND = 0.25
"""Median beyond which a landmark layer's background is not 0."""
LOOKED_AT = 32
"""Samples of which channels are measured."""


def check_channels(batches: Sequence[Mapping[str, Tensor]], names: Sequence[str]) -> None:
    """Refuses inputs with a channel that is constant and far from 0, and landmark layers whose
    background is.

    Such a channel shifts every activation behind it. It happens with landmark layers whose
    background is 0 instead of 127, and with colors that are all alike.

    Args:
        batches: of samples, in -1..1.
        names: tensors (n, channels, h, w) that enter a network; of landmarks where the name ends
            so.

    Raises:
        ConfigError: naming the tensor and the channel.
    """
    for name in names:
        pixels = torch.cat([batch[name] for batch in batches]).float()
        for channel in range(pixels.shape[1]):
            middle = float(pixels[:, channel].median())
            if name.endswith("landmarks") and abs(middle) > BACKGROUND:
                raise ConfigError(
                    f"the background of {name} is {middle:.2f} and not 0: draw landmarks on 127, "
                    "as webtoon-curate export does"
                )
            mean, spread = float(pixels[:, channel].mean()), float(pixels[:, channel].std())
            if mean < -EDGE or (abs(mean) > OFFSET and spread < SPREAD):
                raise ConfigError(
                    f"channel {channel} of {name} is nearly constant at {mean:.2f} (spread "
                    f"{spread:.3f}), which shifts all that follows: leave it out, or give it a "
                    "background of 127, which is 0 for the network"
                )


def check_samples(samples: Samples, names: Sequence[str]) -> None:
    """`check_channels` of the first samples of a run; the pictures of all groups count alike.

    Raises:
        ConfigError: as there.
    """
    looked = [samples[number] for number in range(LOOKED_AT)]
    check_channels([{n: s[n].reshape(-1, *s[n].shape[-3:]) for n in names} for s in looked], names)


def check_norm(norm: str, batch: int) -> None:
    """Refuses batch normalisation of a single sample.

    Raises:
        ConfigError: if so.
    """
    if norm == "batch" and batch == 1:
        raise ConfigError(
            "batch normalisation with one sample a process learns statistics of single pictures: "
            "use norm=instance, or batch=2 and more"
        )


def check_leaks(folder: Path) -> None:
    """Refuses a dataset or an export with the same faces on two sides of the split.

    Args:
        folder: a dataset, whose clusters, scenes and characters are looked at; or an export, whose
            pictures' bytes are.

    Raises:
        DatasetError: naming the first leaks.
    """
    if Dataset.exists(folder):
        from webtoon_curate.splits.check import check_split

        if not (folder / "tables" / "splits.parquet").exists():
            return
        found = check_split(Dataset(folder))
        told = [f"{count} by {name}" for name, count in found.leaks.items() if count]
        examples = found.examples[:3]
    else:
        pairs = _same_pictures(folder)
        told = [f"{len(pairs)} equal pictures"] if pairs else []
        examples = [" = ".join(pair) for pair in pairs[:3]]
    if told:
        raise DatasetError(
            f"the split of {folder} leaks: {', '.join(told)} ({'; '.join(examples)}). What is "
            "measured on it would be wrong: webtoon-curate split mends it, --force trains anyway"
        )


def _same_pictures(folder: Path) -> list[tuple[str, str]]:
    """Pictures of equal bytes in a training folder and in another."""
    sizes: dict[int, list[Path]] = {}
    for path in sorted(folder.rglob("*.png")):
        sizes.setdefault(path.stat().st_size, []).append(path)
    pairs = []
    for paths in sizes.values():
        if len({_side(folder, path) for path in paths}) < 2:
            continue
        digests: dict[str, Path] = {}
        for path in paths:
            first = digests.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
            if _side(folder, first) != _side(folder, path):
                pairs.append(tuple(p.relative_to(folder).as_posix() for p in (first, path)))
    return pairs


def _side(folder: Path, path: Path) -> str:
    """The part of the split that a path names; conditions (A) may well be alike."""
    parts = path.relative_to(folder).parts
    for part in parts:
        for side in ("train", "val", "test"):
            if part == side or part in (f"{side}A", f"{side}B"):
                return "" if parts[0] == "A" else side
    return ""

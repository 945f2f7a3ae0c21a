"""What is looked at before training starts: mistakes that cost others weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as Samples

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.splits.settings import SIDES
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.face import Faces
from webtoon_curate.wording import plural, quoted

EDGE = 0.999
"""A channel whose mean is that near to -1 is empty."""
OFFSET, SPREAD = 0.5, 0.05
"""Mean beyond which, and standard deviation below which, a channel is nearly constant."""
BACKGROUND = 0.25
"""Median beyond which a landmark layer's background is not 0."""
LOOKED_AT = 32
"""Samples of which channels are measured."""
NEAR, ALIKE = 2, 0.95
"""Bits of hashes, and likeness, within which pictures of an export are taken for one. Stricter
than `dedup`, which also compares faces: what it told apart must not be refused here."""
MOST_PICTURES = 10_000
"""Of a side of an export that are looked at, about a minute's."""
AT_ONCE = 256
"""Pictures that are held in memory together."""


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
            pictures are: `MOST_PICTURES` of each side at most, evenly spread.

    Raises:
        DatasetError: naming the first leaks, or a picture that cannot be read.
    """
    if Dataset.exists(folder):
        from webtoon_curate.splits.check import check_split

        if not (folder / "tables" / "splits.parquet").exists():
            return
        found = check_split(Dataset(folder))
        told = [f"{count} by {name}" for name, count in found.leaks.items() if count]
        examples = found.examples[:3]
        mends = f"webtoon-curate split {quoted(folder)}"
    else:
        pairs = _same_pictures(folder)
        told = [f"{plural(len(pairs), 'picture')} nearly equal"] if pairs else []
        examples = [" = ".join(pair) for pair in pairs[:3]]
        mends = "webtoon-curate split and a new export"
    if told:
        raise DatasetError(
            f"the split of {folder} leaks: {', '.join(told)} ({'; '.join(examples)}). What is "
            f"measured on it would be wrong: {mends} mends it, --force trains anyway"
        )


def _same_pictures(folder: Path) -> list[tuple[str, str]]:
    """Pictures on two sides that are equal but for size, light and compression."""
    from webtoon_curate.dedup.clusters import hash_links
    from webtoon_curate.dedup.hashes import hashes
    from webtoon_curate.dedup.likeness import likeness

    sides = _sides(folder)
    if len(sides) < 2:
        return []
    names, places, parts = [], [], []
    for number, pictures in enumerate(sides.values()):
        chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_PICTURES)).round()
        for start in range(0, len(chosen), AT_ONCE):
            some = [pictures[int(place)] for place in chosen[start : start + AT_ONCE]]
            parts.append(hashes([read() for _, read in some]))
            names += [name for name, _ in some]
            places += [number] * len(some)
    phash, dhash, _, small = (np.concatenate(part) for part in zip(*parts))
    side = np.array(places)
    links = hash_links(phash, dhash, NEAR).pairs
    links = links[side[links[:, 0]] != side[links[:, 1]]]
    same = (small[links[:, 0]] == small[links[:, 1]]).all((1, 2))
    links = links[same | (likeness(small[links[:, 0]], small[links[:, 1]]) >= ALIKE)]
    return [(names[one], names[other]) for one, other in links]


def _sides(folder: Path) -> dict[str, list[tuple[str, Callable[[], NDArray[np.uint8]]]]]:
    """What an export holds of each side: (name, reads the picture)."""
    from webtoon_curate.trainer.data import PICTURES, TensorFaces, read_picture

    found: dict[str, list] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES):
        if side := _side(folder, path):
            name = path.relative_to(folder).as_posix()
            found.setdefault(side, []).append((name, partial(read_picture, path)))
    for side in SIDES:
        if any(folder.glob(f"{side}-*.npy")):
            faces = TensorFaces(folder, side)
            found.setdefault(side, []).extend(
                (f"{side} {row['face_id']}", partial(_tensor, faces, number))
                for number, row in enumerate(faces.rows)
            )
    return found


def _tensor(faces: Faces, number: int) -> NDArray[np.uint8]:
    return faces[number].image


def _side(folder: Path, path: Path) -> str:
    """The part of the split that a path names; conditions (A) may well be alike."""
    parts = path.relative_to(folder).parts
    for part in parts:
        for side in SIDES:
            if part == side or part in (f"{side}A", f"{side}B"):
                return "" if parts[0] == "A" else side
    return ""

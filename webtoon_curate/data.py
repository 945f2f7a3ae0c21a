"""Exported tensors as a PyTorch dataset. Torch is imported when a sample is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.wording import quoted

if TYPE_CHECKING:
    import torch


class LandmarkTensors:
    """The samples that `webtoon-curate export tensors` wrote as `.npy` shards.

    A map-style dataset for `torch.utils.data.DataLoader`. The shards are mapped, not read: a sample
    is a view of its file, and making a batch of them is one copy. The data can be larger than the
    memory, and worker processes share it.

    Example:
        >>> data = LandmarkTensors("tensors", "train")                     # doctest: +SKIP
        >>> data[0].shape, data.channels                                   # doctest: +SKIP
        (torch.Size([4, 256, 256]), ('red', 'green', 'blue', 'landmarks'))
        >>> loader = torch.utils.data.DataLoader(data, 64, shuffle=True)   # doctest: +SKIP
        >>> for batch in loader:                                           # doctest: +SKIP
        ...     batch = normalised(batch.to("cuda"))

    Args:
        folder: of the export.
        split: train, val or test.
        channels: their names, in the wanted order; None for all.

    Attributes:
        channels: names of the channels of a sample.
        shape: (channels, height, width) of a sample.

    Raises:
        DatasetError: if the folder is no such export, lacks the split or a channel, or a shard is
            damaged.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        split: str = "train",
        channels: Sequence[str] | None = None,
    ) -> None:
        self.folder, self.split = Path(folder), split
        record = _record(self.folder)
        known: list[str] = record["channels"]
        self.channels = tuple(known if channels is None else channels)
        if missing := [name for name in self.channels if name not in known]:
            raise DatasetError(
                f"{folder} has no channel {missing[0]!r}; there are {', '.join(known)}"
            )
        if split not in record["shards"]:
            raise DatasetError(
                f"{folder} has no split {split!r}; there are {', '.join(record['shards'])}"
            )
        self._stored = tuple(record["shape"])
        self.shape = (len(self.channels), *self._stored[1:])
        shards = record["shards"][split]
        self._files = [str(shard["file"]) for shard in shards]
        self._ends = np.cumsum([0, *(int(shard["samples"]) for shard in shards)])
        self._pick = _slice([known.index(name) for name in self.channels])
        if not all(file.endswith(".npy") for file in self._files):
            raise DatasetError(
                f"{folder} holds {self._files[0]} …, which other programs load: see "
                "docs/exports.md. For this class, export tensors with --files npy"
            )
        self._maps = [self._map(number) for number in range(len(self._files))]

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> torch.Tensor:
        """A sample, (channels, height, width) uint8; writing to it changes no file."""
        import torch

        return torch.from_numpy(self.array(index))

    def array(self, index: int) -> NDArray[np.uint8]:
        """A sample as a numpy array, (channels, height, width) uint8.

        Raises:
            IndexError: if there is none of that number.
        """
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        shard = int(np.searchsorted(self._ends, number, side="right")) - 1
        return self._maps[shard][number - int(self._ends[shard])][self._pick]

    @cached_property
    def index(self) -> pa.Table:
        """A row a sample: face_id, group, weight, landmarks in pixels of the sample, …

        Raises:
            DatasetError: if it is missing, damaged, or of another export.
        """
        path = self.folder / f"{self.split}.parquet"
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(f"{path} is missing or damaged: {error}") from error
        if len(table) != len(self):
            raise DatasetError(f"{path} is of another export")
        return table

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """(samples, 68, 2) float32, x and y in pixels of the sample."""
        flat = self.index["landmarks"].combine_chunks().flatten()
        return flat.to_numpy(zero_copy_only=False).reshape(-1, 68, 2)

    def __getstate__(self) -> dict[str, Any]:
        # A mapped array would be pickled with all its data; workers map the files themselves.
        return {**self.__dict__, "_maps": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._maps = [self._map(number) for number in range(len(self._files))]

    def _map(self, number: int) -> NDArray[np.uint8]:
        path = self.folder / self._files[number]
        samples = int(self._ends[number + 1] - self._ends[number])
        try:
            # Copy-on-write: PyTorch wants memory that can be written to.
            array = np.lib.format.open_memmap(path, mode="c")
        except (OSError, ValueError) as error:
            raise DatasetError(f"{path} is missing or damaged: {error}") from error
        if array.shape != (samples, *self._stored) or array.dtype != np.uint8:
            raise DatasetError(
                f"{path} holds {array.shape} {array.dtype}, not what export.json says"
            )
        return np.asarray(array)


def normalised(batch: torch.Tensor) -> torch.Tensor:
    """uint8 as float32 from -1 to 1, x / 127.5 - 1: 127 becomes 0 (-0.004), 255 becomes 1."""
    return batch.float().div_(127.5).sub_(1)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / "export.json").read_bytes())
        return {name: record["tensors"][name] for name in ("channels", "shape", "shards")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{folder} is no export of tensors ({type(error).__name__}: {error}); make one with: "
            f"webtoon-curate export tensors DATASET -o {quoted(folder)}"
        ) from error


def _slice(wanted: list[int]) -> slice | list[int]:
    """A slice where the channels follow each other: it gives a view, not a copy."""
    if wanted and wanted == list(range(wanted[0], wanted[0] + len(wanted))):
        return slice(wanted[0], wanted[0] + len(wanted))
    return wanted

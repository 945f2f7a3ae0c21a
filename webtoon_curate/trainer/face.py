"""A face to train on, and what every source of faces gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.export.layers import landmark_layer

Colors = dict[str, tuple[int, int, int] | None]


class NoFaces(DatasetError):
    """A folder, or a side of it, that holds no faces to train on."""


AT_ONCE = 1000
"""Rows that are made together."""


@dataclass(frozen=True)
class Face:
    """A face as it is stored.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        points: (68, 2) float32, pixels of the image; None where unknown.
        layer: (h, w) uint8 landmark layer that an export drew, 127 where nothing is.
        condition: (h, w, channels) uint8 that an export drew.
        colors: by part, see `webtoon_curate.export.layers.colors_of`.
        row: what the manifest or the export's index tells of it.
        parsing: (h, w) uint8 classes of `webtoon_curate.synth.labels.Label`.
    """

    image: NDArray[np.uint8]
    points: NDArray[np.float32] | None = None
    layer: NDArray[np.uint8] | None = None
    condition: NDArray[np.uint8] | None = None
    colors: Colors = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    parsing: NDArray[np.uint8] | None = None

    def landmark_layer(self) -> NDArray[np.uint8]:
        """(h, w) uint8, drawn from the points where there is no drawn one.

        Raises:
            DatasetError: if the face has neither.
        """
        if self.layer is not None:
            return self.layer
        if self.points is None:
            raise DatasetError(
                f"{self.row.get('face_id', 'a face')} has no landmarks: webtoon-curate landmarks "
                "reads those of a dataset; --set landmarks=none trains without"
            )
        size = self.image.shape[0]
        return landmark_layer(self.points, size, "points", max(1.0, size / 85))


class Rows(Sequence[dict[str, Any]]):
    """The rows of a table, each made when it is asked for: as dicts they take eight times as much
    memory, of which every process that makes samples has a copy."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._table.slice(range(len(self))[index], 1).to_pylist()[0]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self._table.to_batches(max_chunksize=AT_ONCE):
            yield from batch.to_pylist()


class Faces(Protocol):
    """Faces of one side of a split.

    Attributes:
        name: for messages.
        groups: of each face, None where unknown.
        weights: (faces,) float64, how often each is drawn against the others.
        rows: what is known of each.
    """

    name: str
    groups: Sequence[str | None]
    weights: NDArray[np.float64]
    rows: Sequence[dict[str, Any]]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Face: ...


def told_weights(values: Sequence[float | None], path: Path) -> NDArray[np.float64]:
    """How often faces are drawn, as `split` tells it: the mean of a side is 1, and so is what it
    does not tell.

    Args:
        values: the column `weight`.
        path: where it was read.

    Raises:
        DatasetError: if one is below 0, or no number.
    """
    try:
        weights = np.array([1 if value is None else value for value in values], np.float64)
    except (TypeError, ValueError):
        weights = np.array([np.nan])
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise DatasetError(f"{path} has a weight that is no number from 0: run split again")
    return weights


def check_places(
    box: Sequence[float | None] | None, points: Sequence[float] | None, face: str, path: Path
) -> None:
    """Refuses a box, or landmarks, that are no numbers: before training, not amid it.

    Args:
        box: x, y, width, height.
        points: 136 numbers, of which some may be unknown; None where there are none.
        face: its name.
        path: where it was read.

    Raises:
        DatasetError: naming the face.
    """
    what = None
    known = [v for v in box or () if v is not None and isfinite(v)]
    if len(known) != 4 or min(known[2:]) <= 0:
        what = f"the box {box}"
    elif points is not None and (len(points) != 136 or not np.isfinite(points).any()):
        what = "landmarks that are not 68 points"
    if what:
        raise DatasetError(f"{face} of {path} has {what}: make the table that tells it anew")

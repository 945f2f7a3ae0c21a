"""What the tables hold of hashed faces: names, pictures and embeddings, read by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.clusters import Ints, Links
from webtoon_curate.dedup.hash_stage import TABLE
from webtoon_curate.dedup.hashes import SMALL
from webtoon_curate.dedup.redrawing import SIDE
from webtoon_curate.errors import DatasetError
from webtoon_curate.joined import same_boxes
from webtoon_curate.schema import HASHES

BOX = ("x", "y", "width", "height")
_EMBEDDING = 128
_SIDES = {"grey": SMALL, "face": SIDE}
"""Of the pictures in the table, by column."""


@dataclass(frozen=True)
class Stored:
    """Hashed faces of some episodes. Nothing of them is held; it can be sent to other processes.

    Attributes:
        path: of the dataset.
        episodes: (title, episode) of each, in the order of the tables.
        bounds: (episodes, 2) int64: numbers of an episode's first face, and of the one after its
            last, rising.
    """

    path: Path
    episodes: Sequence[tuple[str, str]]
    bounds: Ints

    def only(self, numbers: Ints) -> Stored:
        """With no other episodes than those of these faces, ascending; numbers stay."""
        first, last = np.searchsorted(numbers, self.bounds.T)
        held = np.flatnonzero(last > first)
        return Stored(self.path, [self.episodes[place] for place in held], self.bounds[held])

    def pictures(self, name: str, links: Links) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Both pictures of each link, the second mirrored where it is to be.

        Args:
            name: `grey` or `face`, a column of the table `hashes`.
            links: (k,) between faces.

        Returns:
            (k, side, side) uint8 each.

        Raises:
            DatasetError: if the table's pictures are of another size.
        """
        side = _SIDES[name]
        wanted = np.unique(links.pairs)
        known = np.empty((len(wanted), side, side), np.uint8)
        for names, where, rows in self._reading(wanted):
            joined = b"".join(self._rows(names, rows, name)[name].to_pylist())
            if len(joined) != len(rows) * side * side:
                raise DatasetError(f"{'/'.join(names)} has damaged hashes: run with --force")
            known[where] = np.frombuffer(joined, np.uint8).reshape(-1, side, side)
        first, second = (known[np.searchsorted(wanted, links.pairs[:, end])] for end in (0, 1))
        second[links.mirrored] = second[links.mirrored][:, :, ::-1]
        return first, second

    def embeddings(self, numbers: Ints) -> NDArray[np.float32]:
        """(k, 128) of the reader, NaN where it has not read the box, of faces, ascending."""
        out = np.full((len(numbers), _EMBEDDING), np.nan, np.float32)
        readings = self._dataset.tables["readings"]
        for names, where, rows in self._reading(numbers):
            if not self._dataset.current("readings", *names):
                continue
            faces = self._rows(names, rows, "face_id", *BOX)
            read = readings.read(*names, ("face_id", *BOX, "embedding"))
            found = pc.index_in(faces["face_id"], read["face_id"].combine_chunks())
            found = read["embedding"].take(same_boxes(faces, read, found))
            for place, embedding in zip(range(where.start, where.stop), found.to_pylist()):
                if len(embedding or ()) == _EMBEDDING:
                    out[place] = embedding
        return out

    def alike(self, pairs: Ints) -> NDArray[np.float32]:
        """(k,) scalar products of the embeddings of (k, 2) faces, NaN where one is missing."""
        wanted = np.unique(pairs)
        vectors = self.embeddings(wanted)
        first, second = (vectors[np.searchsorted(wanted, pairs[:, end])] for end in (0, 1))
        return np.einsum("ij,ij->i", first, second)

    def ids(self, numbers: Ints) -> pa.Table:
        """face_id, title and episode of faces, ascending."""
        columns = ("face_id", "title", "episode")
        found = [self._rows(names, rows, *columns) for names, _, rows in self._reading(numbers)]
        return pa.concat_tables([HASHES.empty_table().select(columns), *found]).combine_chunks()

    @cached_property
    def _dataset(self) -> Dataset:
        return Dataset(self.path)

    def _rows(self, names: tuple[str, str], rows: Ints, *columns: str) -> pa.Table:
        """Some rows and columns of an episode's hashes."""
        return self._dataset.tables[TABLE].read(*names, columns).take(pa.array(rows))

    def _reading(self, numbers: Ints) -> Iterator[tuple[tuple[str, str], slice, Ints]]:
        """Each episode with some of the faces: its names, their places, and their rows in it."""
        first, last = np.searchsorted(numbers, self.bounds.T)
        for place in np.flatnonzero(last > first).tolist():
            where = slice(int(first[place]), int(last[place]))
            yield self.episodes[place], where, numbers[where] - self.bounds[place, 0]

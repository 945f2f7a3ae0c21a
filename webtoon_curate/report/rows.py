"""Rows of a dataset's big tables, in batches: what the report holds does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.manifest import MANIFEST_FILE
from webtoon_curate.schema import MANIFEST
from webtoon_curate.tables import MADE_BY
from webtoon_curate.wording import quoted

BATCH = 16_384
"""Rows read at once: with landmarks 13 MB."""
_READ_BYTES = 1 << 20
"""Of a column, at once."""


class Rows:
    """A Parquet file, or a folder of parts, read batch by batch.

    Args:
        path: need not exist: then there are no rows.
        schema: columns that the file lacks are null, others are cast to it.

    Raises:
        DatasetError: if a file is damaged, or a column is of another kind.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema, self._path = schema, path
        parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        self._files = [part for part in parts if part.exists()]
        self.count = 0
        for file in self._files:
            try:
                self.count += pq.read_metadata(file).num_rows
            except (pa.ArrowException, OSError) as error:
                raise DatasetError(f"{file} is damaged: {error}") from error

    def batches(
        self, columns: Sequence[str], on_batch: Callable[[int], None] = lambda rows: None
    ) -> Iterator[pa.Table]:
        """Tables of up to `BATCH` rows with these columns; `on_batch` hears how many rows."""
        schema = pa.schema([self._schema.field(name).with_nullable(True) for name in columns])
        for file in self._files:
            try:
                yield from self._of_file(file, schema, on_batch)
            except (pa.ArrowException, OSError) as error:
                raise DatasetError(
                    f"{file} does not fit this version's schema: {error}; make it again with: "
                    f"{self._command()}"
                ) from error

    def _command(self) -> str:
        """What makes the table again."""
        folder, name = self._path.parent, self._path.stem
        if folder.name != "tables":
            return f"webtoon-curate detect {quoted(folder)}"
        return f"webtoon-curate {MADE_BY.get(name, name)} {quoted(folder.parent)}"

    def _of_file(
        self, path: Path, schema: pa.Schema, on_batch: Callable[[int], None]
    ) -> Iterator[pa.Table]:
        # Groups of rows that pyarrow reads ahead stay in memory until the last one is read.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES) as file:
            known = [name for name in schema.names if name in file.schema_arrow.names]
            # Without columns pyarrow gives batches without rows.
            read = known or file.schema_arrow.names[:1]
            for batch in file.iter_batches(BATCH, columns=read, use_threads=False):
                values = [
                    batch.column(field.name).cast(field.type)
                    if field.name in known
                    else pa.nulls(len(batch), field.type)
                    for field in schema
                ]
                yield pa.table(values, schema=schema)
                on_batch(len(batch))


def manifest_rows(dataset: Path) -> Rows:
    """The manifest of a dataset folder.

    Raises:
        DatasetError: if there is none, or it is damaged.
    """
    path = dataset / MANIFEST_FILE
    if not path.exists():
        raise DatasetError(Dataset(dataset).why_no_faces())
    return Rows(path, MANIFEST)


def numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A numeric column as (n,) float64; null is NaN."""
    values = pc.cast(table[name], pa.float64()).fill_null(np.nan)
    return values.to_numpy()


def truths(table: pa.Table, name: str) -> NDArray[np.bool_]:
    """A boolean column as (n,) bool; null is false."""
    return table[name].fill_null(False).to_numpy()


def keys(values: pa.ChunkedArray) -> NDArray[np.uint64]:
    """(n,) 64-bit keys of texts, the same in every run and on every machine; no nulls.

    Two texts share a key by chance once in 2^64: what rests on keys alone is checked by name.
    """
    from pandas.util import hash_array

    return hash_array(values.to_numpy().astype(object), categorize=False)

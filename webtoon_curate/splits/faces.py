"""What a split needs of a dataset's faces, column by column: a few dozen bytes a face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.manifest import MANIFEST_FILE
from webtoon_curate.schema import CLUSTERS, MANIFEST, SPLITS
from webtoon_curate.splits.components import NO_KEY, Keys
from webtoon_curate.tables import whole_table

UNKNOWN = "unknown"
SEPARATOR = " / "
MOST_GROUPS = 256
"""More groups than this are no groups to balance by but a name or a measure."""
DUPLICATES = "duplicates"
_SCENES = 1 << 32


@dataclass(frozen=True)
class Groups:
    """The groups that a split balances.

    Attributes:
        names: e.g. `woman / no glasses`, sorted.
        of: (faces,) int64: the index of each face's group.
        unknown: (groups,) bool: that one of the values is not known.
    """

    names: list[str]
    of: NDArray[np.int64]
    unknown: NDArray[np.bool_]


def split_table(dataset: Dataset, columns: list[str]) -> pa.Table:
    """Columns of the manifest, in its order.

    Raises:
        DatasetError: if there is no manifest, or it is damaged.
    """
    path = dataset.path / MANIFEST_FILE
    if not path.exists():
        raise DatasetError(dataset.why_no_faces())
    try:
        return pads.dataset(path, format="parquet").to_table(columns=list(dict.fromkeys(columns)))
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is damaged: {error}") from error


def check_columns(names: tuple[str, ...]) -> None:
    """Raise DatasetError unless they are columns of the manifest that sort faces into groups."""
    kinds = {field.name: field.type for field in MANIFEST}
    fit = [
        name
        for name, kind in kinds.items()
        if pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind)
    ]
    for name in names:
        if name not in fit:
            what = "is no column of the manifest" if name not in kinds else "is no kind of face"
            raise DatasetError(f"cannot balance by {name!r}: it {what}; use {', '.join(fit)}")


def groups_of(table: pa.Table, columns: tuple[str, ...]) -> Groups:
    """The faces' groups by the values of some columns.

    Raises:
        DatasetError: if there are more than `MOST_GROUPS`.
    """
    codes = np.zeros(len(table), np.int64)
    names, unknown = [""], [False]
    for column in columns:
        one = table[column].combine_chunks().dictionary_encode(null_encoding="encode")
        values = [_value(column, value) for value in one.dictionary.to_pylist()]
        codes = codes * len(values) + one.indices.to_numpy(zero_copy_only=False)
        present, codes = np.unique(codes, return_inverse=True)
        pairs = [divmod(int(code), len(values)) for code in present]
        if len(pairs) > MOST_GROUPS:
            raise DatasetError(
                f"--balance {' '.join(columns)} makes {len(pairs):,} groups or more, above "
                f"{MOST_GROUPS:,}: balance by columns with few values"
            )
        unknown = [unknown[old] or values[new] == f"{UNKNOWN} {column}" for old, new in pairs]
        names = [SEPARATOR.join(filter(None, (names[old], values[new]))) for old, new in pairs]
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Groups([names[at] or "all" for at in order], rank[codes], np.array(unknown)[order])


def _value(column: str, value: object) -> str:
    if value is None or value == UNKNOWN:
        return f"{UNKNOWN} {column}"
    if isinstance(value, bool):
        return column if value else f"no {column}"
    return str(value)


def constraints(
    dataset: Dataset, table: pa.Table, together: tuple[str, ...], adjacent: int
) -> dict[str, Keys]:
    """What must not cross sides, by name: keys for `webtoon_curate.splits.components`.

    Args:
        dataset: with `tables/clusters.parquet`, if duplicates were looked for.
        table: of `split_table`, with face_id, title, episode, scene and character.
        together: of scene, episode, title and character.
        adjacent: scenes of an episode this near each other stay together as well.
    """
    title = _codes(table["title"])
    episode = title * (1 + _codes(table["episode"]).max(initial=0)) + _codes(table["episode"])
    _, episode = np.unique(episode, return_inverse=True)
    scene = episode * _SCENES + table["scene"].to_numpy()
    keys = {DUPLICATES: _clusters(dataset, table)}
    if "scene" in together:
        keys["scene"] = _blocks(scene, adjacent)
    if "episode" in together:
        keys["episode"] = episode
    if "title" in together:
        keys["title"] = title
    if "character" in together:
        keys["character"] = _named(title, _codes(table["character"]))
    return keys


def _codes(column: pa.ChunkedArray) -> Keys:
    """A number for each value, `NO_KEY` for null."""
    encoded = column.combine_chunks().dictionary_encode()
    return pc.fill_null(encoded.indices, NO_KEY).to_numpy(zero_copy_only=False).astype(np.int64)


def _blocks(scene: Keys, adjacent: int) -> Keys:
    """A number for each run of scenes with faces that lie `adjacent` or fewer apart."""
    present, inverse = np.unique(scene, return_inverse=True)
    begins = np.diff(present, prepend=present[:1] - _SCENES) > adjacent
    return np.cumsum(begins)[inverse]


def _named(title: Keys, name: Keys) -> Keys:
    """A number for each name in each title: two works may have a person of one name."""
    return np.where(name == NO_KEY, NO_KEY, title * (1 + name.max(initial=0)) + name)


def _clusters(dataset: Dataset, table: pa.Table) -> Keys:
    keys = np.full(len(table), NO_KEY, np.int64)
    path = dataset.path / "tables" / "clusters.parquet"
    if not path.exists():
        return keys
    clusters = whole_table(path, CLUSTERS, ("face_id", "duplicate_cluster"))
    rows = pc.index_in(clusters["face_id"], table["face_id"].combine_chunks())
    found = pc.is_valid(rows)
    of = _codes(clusters["duplicate_cluster"])[found.to_numpy()]
    keys[pc.drop_null(rows).to_numpy()] = of
    return keys


def sides_before(dataset: Dataset, table: pa.Table) -> tuple[NDArray[np.int64], list[str]]:
    """Each face's side in the present splits table as an index of the names, -1 for none."""
    path = splits_file(dataset)
    if not path.exists():
        return np.full(len(table), NO_KEY, np.int64), []
    old = whole_table(path, SPLITS, ("face_id", "split"))
    where = pc.index_in(table["face_id"], old["face_id"].combine_chunks())
    encoded = old["split"].combine_chunks().dictionary_encode()
    sides = pc.fill_null(encoded.indices.take(where.combine_chunks()), NO_KEY)
    return sides.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist()


def splits_file(dataset: Dataset) -> Path:
    """`tables/splits.parquet`."""
    return dataset.path / "tables" / "splits.parquet"

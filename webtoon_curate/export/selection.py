"""Which rows of a manifest are exported, found without holding the manifest in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.manifest import MANIFEST_FILE
from webtoon_curate.schema import MANIFEST

SIDES = ("train", "val", "test")
UNKNOWN = "unknown"
NO_SPLIT = "no split"
"""Reason of faces that came, or are kept, since the dataset was split."""
_COLUMNS = ("face_id", "title", "episode", "keep", "split", "weight", "group", "license")
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Run:
    """Rows of one episode that follow each other in the manifest.

    Attributes:
        title, episode: whose they are.
        rows: (n,) int64, numbers of the exported rows in the manifest, ascending.
        sides: (n,) uint8, index in `SIDES`.
        groups: (n,) int32, index in `Selection.groups`; -1 where unknown.
        order: (n,) uint64, a number of the face's id and the seed: faces are chosen by it.
    """

    title: str
    episode: str
    rows: NDArray[np.int64]
    sides: NDArray[np.uint8]
    groups: NDArray[np.int32]
    order: NDArray[np.uint64]

    def only(self, mask: NDArray[np.bool_]) -> Run:
        """The run with only the rows of the mask."""
        parts = (self.rows, self.sides, self.groups, self.order)
        return Run(self.title, self.episode, *(part[mask] for part in parts))


@dataclass
class Selection:
    """What is exported of a manifest.

    Attributes:
        runs: in the manifest's order, none empty.
        groups: names by index.
        licenses: of the pages of faces that are exported.
        left_out: how many faces are not exported, by reason.
        is_split: whether the manifest has splits; else everything is `train`.
    """

    runs: list[Run] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    licenses: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    is_split: bool = False

    def known_groups(self) -> tuple[str, ...]:
        """The groups that are exported, sorted."""
        used = {int(code) for run in self.runs for code in np.unique(run.groups)} - {-1}
        return tuple(sorted(self.groups[code] for code in used))

    def known_sides(self) -> tuple[str, ...]:
        """The splits that are exported, train first."""
        used = {int(code) for run in self.runs for code in np.unique(run.sides)}
        return tuple(SIDES[code] for code in sorted(used))


def select(dataset: Path, *, everything: bool, seed: int, limit: int | None) -> Selection:
    """The rows to export, streaming.

    Args:
        dataset: its folder.
        everything: also faces with `keep` false or, by a cap of `split`, weight 0.
        seed: of `Run.order`.
        limit: only the first so many episodes.

    Raises:
        DatasetError: if the manifest is missing, damaged or not of this form.
    """
    found = Selection()
    codes: dict[str, int] = {}
    unsplit: list[NDArray[np.bool_]] = []
    names: set[tuple[str, str]] = set()
    for first, table in _batches(dataset):
        for name, left_out, made in _runs(table, first, codes, everything, seed):
            if limit is not None and name not in names and len(names) >= limit:
                continue
            found.left_out += left_out
            if made is None:
                continue
            run, missing, licenses = made
            found.licenses |= licenses
            names.add(name)
            found.runs.append(run)
            unsplit.append(missing)
    found.groups = list(codes)
    found.is_split = any(not missing.all() for missing in unsplit)
    if found.is_split:
        found.left_out[NO_SPLIT] += sum(int(missing.sum()) for missing in unsplit)
        found.runs = [run.only(~missing) for run, missing in zip(found.runs, unsplit)]
    found.runs = _joined([run for run in found.runs if len(run.rows)])
    found.left_out += Counter()  # drops zeros
    return found


def match_groups(chosen: list[Selection]) -> None:
    """Leave as many faces of each split and group in every selection as the smallest has.

    Faces without a group stay out. Which ones stay is decided by `Run.order`.
    """
    wanted: dict[tuple[int, str], int] = {}
    orders = [_orders(selection) for selection in chosen]
    for key in set.union(*(set(each) for each in orders)):
        wanted[key] = min(len(each.get(key, ())) for each in orders)
    for selection, order in zip(chosen, orders):
        limits = {
            key: np.sort(values)[wanted[key] - 1] if wanted[key] else None
            for key, values in order.items()
        }
        runs = []
        for run in selection.runs:
            keep = [
                code >= 0
                and (limit := limits[side, selection.groups[code]]) is not None
                and bool(number <= limit)
                for side, code, number in zip(run.sides.tolist(), run.groups.tolist(), run.order)
            ]
            mask = np.array(keep, bool)
            selection.left_out["group not matched"] += int((~mask).sum())
            if mask.any():
                runs.append(run.only(mask))
        selection.runs = runs


def _orders(selection: Selection) -> dict[tuple[int, str], np.ndarray]:
    found: dict[tuple[int, str], list[np.ndarray]] = {}
    for run in selection.runs:
        for side in np.unique(run.sides).tolist():
            for code in np.unique(run.groups).tolist():
                mask = (run.sides == side) & (run.groups == code)
                if code >= 0 and mask.any():
                    found.setdefault((side, selection.groups[code]), []).append(run.order[mask])
    return {key: np.concatenate(values) for key, values in found.items()}


def read_rows(
    dataset: Path, numbers: NDArray[np.int64], columns: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Rows of the manifest by number, ascending, or some of their columns; row groups stay in
    memory for the next call."""
    rows: list[dict[str, Any]] = []
    for path, group, first, count in _groups(dataset):
        inside = numbers[(numbers >= first) & (numbers < first + count)]
        if len(inside):
            table = _row_group(path, group, path.stat().st_mtime_ns)
            table = table if columns is None else table.select(columns)
            rows += table.take(inside - first).to_pylist()
    return rows


def manifest_digest(dataset: Path) -> str:
    """sha256 of the manifest's file or files, hexadecimal."""
    total = hashlib.sha256()
    for path in _files(dataset):
        with path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                total.update(chunk)
    return total.hexdigest()


def _files(dataset: Path) -> list[Path]:
    path = dataset / MANIFEST_FILE
    if not path.exists():
        raise DatasetError(Dataset(dataset).why_no_faces())
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _groups(dataset: Path) -> list[tuple[Path, int, int, int]]:
    """(file, row group, number of its first row, rows) of the manifest."""
    found, first = [], 0
    for path in _files(dataset):
        for group, count in enumerate(_counts(path, path.stat().st_mtime_ns)):
            found.append((path, group, first, count))
            first += count
    return found


@lru_cache(maxsize=4096)
def _counts(path: Path, _mtime: int) -> tuple[int, ...]:
    try:
        about = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is damaged: {error}") from error
    return tuple(about.row_group(group).num_rows for group in range(about.num_row_groups))


@lru_cache(maxsize=2)
def _row_group(path: Path, group: int, _mtime: int) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read_row_group(group)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is damaged: {error}") from error


def _batches(dataset: Path) -> Iterator[tuple[int, pa.Table]]:
    first = 0
    for path in _files(dataset):
        try:
            # Groups of rows that pyarrow reads ahead stay in memory until the last one is read.
            with pq.ParquetFile(path, pre_buffer=False) as file:
                missing = set(MANIFEST.names) - set(file.schema_arrow.names)
                if missing:
                    raise DatasetError(
                        f"{path} has no column {sorted(missing)[0]}: join the manifest anew by "
                        "running the last stage again"
                    )
                for batch in file.iter_batches(columns=list(_COLUMNS)):
                    yield first, pa.Table.from_batches([batch])
                    first += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"{path} is damaged: {error}") from error


def _runs(
    table: pa.Table, first: int, codes: dict[str, int], everything: bool, seed: int
) -> Iterator[tuple[tuple[str, str], Counter[str], tuple[Run, NDArray[np.bool_], set[str]] | None]]:
    """Of each stretch of a batch that is of one episode: its name, what is left out, and the run,
    a mask of its rows without a split, and the licences; None where all are left out."""
    columns = {name: table[name].to_pylist() for name in _COLUMNS}
    names = list(zip(columns["title"], columns["episode"]))
    ends = [i for i in range(1, len(names)) if names[i] != names[i - 1]] + [len(names)]
    start = 0
    for end in ends:
        left_out: Counter[str] = Counter()
        taken, made = [], None
        for index in range(start, end):
            if reason := None if everything else _left_out(columns, index):
                left_out[reason] += 1
            else:
                taken.append(index)
        if taken:
            licenses = {text for index in taken if (text := columns["license"][index])}
            made = (*_run(names[start], columns, taken, first, codes, seed), licenses)
        yield names[start], left_out, made
        start = end


def _left_out(columns: dict[str, list[Any]], index: int) -> str | None:
    if not columns["keep"][index]:
        return "keep is false"
    if columns["split"][index] is not None and columns["weight"][index] is None:
        return NO_SPLIT  # it is kept since the split was made
    return "weight 0" if columns["weight"][index] == 0 else None


def _run(
    name: tuple[str, str],
    columns: dict[str, list[Any]],
    taken: list[int],
    first: int,
    codes: dict[str, int],
    seed: int,
) -> tuple[Run, NDArray[np.bool_]]:
    for part in name:
        if not part or set(part) & set("/\\\0") or part in (".", ".."):
            raise DatasetError(f"the manifest has a title or episode {part!r}, which is no name")
    sides = [columns["split"][index] for index in taken]
    for side in set(sides) - {None, *SIDES}:
        raise DatasetError(f"the manifest has a split {side!r}; there are {', '.join(SIDES)}")
    groups = [columns["group"][index] for index in taken]
    numbers = [
        -1 if group in (None, "", UNKNOWN) else codes.setdefault(group, len(codes))
        for group in groups
    ]
    ids = (f"{seed}/{columns['face_id'][index]}" for index in taken)
    orders = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8] for text in ids]
    run = Run(
        *name,
        np.array(taken, np.int64) + first,
        np.array([SIDES.index(side or "train") for side in sides], np.uint8),
        np.array(numbers, np.int32),
        np.frombuffer(b"".join(orders), ">u8").astype(np.uint64),
    )
    return run, np.array([side is None for side in sides])


def _joined(runs: list[Run]) -> list[Run]:
    """Runs of one episode that a batch's end cut apart, joined again."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is None or (last.title, last.episode) != (run.title, run.episode):
            joined.append(run)
            continue
        both = zip(
            (last.rows, last.sides, last.groups, last.order),
            (run.rows, run.sides, run.groups, run.order),
        )
        joined[-1] = Run(run.title, run.episode, *(np.concatenate(pair) for pair in both))
    return joined

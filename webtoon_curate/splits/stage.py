"""The `split` stage: every face gets a side that none of its relatives crosses, and a weight."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.files import digest, replacing, write_json
from webtoon_curate.lock import writing
from webtoon_curate.schema import SPLITS
from webtoon_curate.splits.assign import assigned, component_ids
from webtoon_curate.splits.components import NO_KEY, Keys, components
from webtoon_curate.splits.faces import (
    check_columns,
    constraints,
    groups_of,
    sides_before,
    split_table,
    splits_file,
)
from webtoon_curate.splits.report import SPLITS_REPORT, Found, report_of
from webtoon_curate.splits.settings import SIDES, TOGETHER, SplitSettings
from webtoon_curate.splits.weights import weights
from webtoon_curate.stages import finish_run
from webtoon_curate.tables import whole_table
from webtoon_curate.wording import plural

_COLUMNS = ["face_id", "title", "episode", "scene", "keep", "character", "phash"]
_ROW_GROUP = 65_536


_HISTORY = ("had_a_side", "moved", "exact", "warnings")
"""Of a report: how the division came from the one before it. The rest tells what it is."""


@dataclass(frozen=True)
class Split:
    """A division of a dataset's faces.

    Attributes:
        table: of `SPLITS`.
        report: of `splits.json`.
        unchanged: it was written before, and its files were left alone.
    """

    table: pa.Table
    report: dict[str, Any]
    unchanged: bool = False


def split_faces(
    dataset: Dataset, settings: SplitSettings | None = None, *, force: bool = False
) -> Split:
    """Divide the faces, write `tables/splits.parquet` and `splits.json`, and join the manifest.

    Where the division is the one that these files hold, they are left alone.

    Args:
        dataset: with a manifest.
        settings: shares, what stays together, groups.
        force: divide anew, and write; otherwise faces that have a side keep it.

    Raises:
        DatasetError: if there are no faces, or the settings do not fit them.
    """
    settings = settings or SplitSettings()
    started = datetime.now(timezone.utc)
    with writing(dataset.path, "split"):
        split = plan_split(dataset, settings, force=force)
        if not force:
            split = _compared(dataset, split)
        if not split.unchanged:
            _write(dataset, settings, split, force)
        counts = {name: side["kept"] for name, side in split.report["sides"].items()}
        finish_run(dataset, "split", started, counts)
    return split


def plan_split(
    dataset: Dataset, settings: SplitSettings | None = None, *, force: bool = False
) -> Split:
    """What `split_faces` would write; nothing is written."""
    settings = settings or SplitSettings()
    check_columns(settings.balance)
    if unknown := set(settings.together) - set(TOGETHER):
        raise DatasetError(f"cannot keep {min(unknown)!r} together: use {', '.join(TOGETHER)}")
    table = split_table(dataset, [*_COLUMNS, *settings.balance])
    keep = table["keep"].to_numpy()
    if not keep.any():
        raise DatasetError(dataset.why_no_faces())
    names, shares = _shares(settings, int(keep.sum()))
    groups = groups_of(table, settings.balance)
    ties = constraints(dataset, table, settings.together, settings.adjacent)
    _, component = np.unique(components(len(table), ties.values()), return_inverse=True)
    before = np.full(len(table), NO_KEY) if force else _before(dataset, table, names)
    ids = component_ids(table["face_id"], component)
    sides, exact = assigned(component, ids, groups, keep, shares, before, settings.seed)
    sides = sides[component]
    drawn = (groups, keep, sides, settings.cap, settings.min_group, settings.seed)
    weight = weights(table["face_id"], *drawn)
    unhashed = int((keep & table["phash"].is_null().to_numpy()).sum())
    found = Found(
        names, shares, groups, keep, sides, before, component, ties, exact, weight, unhashed
    )
    rows = [table["face_id"], table["title"], table["episode"], ids.take(pa.array(component))]
    rows += [pa.array(names).take(pa.array(sides)), pa.array(weight, mask=~keep)]
    return Split(pa.table(rows, schema=SPLITS), report_of(dataset, settings, found))


def _compared(dataset: Dataset, split: Split) -> Split:
    """The division that is in the dataset's files if it is the same, with how it came about."""
    try:
        known = json.loads((dataset.path / SPLITS_REPORT).read_bytes())
    except (OSError, ValueError):
        return split
    if not isinstance(known, dict) or not _same_table(dataset, split.table):
        return split
    told = [{k: v for k, v in r.items() if k not in _HISTORY} for r in (known, split.report)]
    same = digest(told[0]) == digest(told[1]) and known.keys() == split.report.keys()
    return Split(split.table, known, unchanged=True) if same else split


def _same_table(dataset: Dataset, table: pa.Table) -> bool:
    path = splits_file(dataset)
    return path.exists() and bool(whole_table(path, SPLITS).equals(table))


def _write(dataset: Dataset, settings: SplitSettings, split: Split, force: bool) -> None:
    """The files of a division; the report last, for it tells that the others are there."""
    if force or not _same_table(dataset, split.table):
        with replacing(splits_file(dataset)) as part:
            pq.write_table(split.table, part, compression="zstd", row_group_size=_ROW_GROUP)
    dataset.record_settings("split", asdict(settings))
    write_json(dataset.path / SPLITS_REPORT, split.report)


def _shares(settings: SplitSettings, kept: int) -> tuple[list[str], NDArray[np.float64]]:
    """The names of the sides, and the share of the kept faces that each is to have.

    Raises:
        DatasetError: if nothing would be left to train on.
    """
    wanted = {"val": settings.val, "test": settings.test}
    parts = {
        name: value if isinstance(value, float) else value / kept
        for name, value in wanted.items()
        if value
    }
    if min(parts.values(), default=1) < 0 or sum(parts.values()) >= 1:
        raise DatasetError(
            f"val {settings.val} and test {settings.test} leave nothing of "
            f"{plural(kept, 'kept face')} to train on: give smaller ones"
        )
    parts = {SIDES[0]: 1 - sum(parts.values()), **parts}
    return list(parts), np.array(list(parts.values()))


def _before(dataset: Dataset, table: pa.Table, names: list[str]) -> Keys:
    """The side that each face has, as an index of `names`; `NO_KEY` for none, or one not wanted."""
    sides, old = sides_before(dataset, table)
    wanted = [names.index(name) if name in names else NO_KEY for name in old]
    return np.array([*wanted, NO_KEY], np.int64)[sides]

"""The end of the `landmarks` stage: shapes compared within each title, qualities, filters.

What is ordinary for a title is known when its episodes are read. So the scores are a function of
all the tables of a title together, made anew when one of them or a filter changed: the same tables
give the same scores, whatever the order of the runs that made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.files import digest
from webtoon_curate.landmarks.points import POINTS
from webtoon_curate.landmarks.quality import MEASURES, Calibration, calibration
from webtoon_curate.landmarks.shape import distances

_STAGE = "landmarks"
_BOX = ("x", "y", "width", "height")
UNSCORED = "unscored"
"""Why a face is left out whose points wait for the others of its title."""
_SCORED = "scored"
"""Of a table's note: what its scores were made from."""


@dataclass(frozen=True)
class Filters:
    """Which faces exports leave out; see `webtoon_curate.landmarks.stage.LandmarkSettings`."""

    min_quality: float = 0.3
    max_covered: float = 0.35
    min_face: float = 0.5


def score(dataset: Dataset, filters: Filters) -> int:
    """Score all tables of points in a dataset; gives the number of tables that were written."""
    known, written = calibration(), 0
    for title, pairs in groupby(list(dataset.tables[_STAGE].episodes()), key=lambda pair: pair[0]):
        names = [name for _, name in pairs if dataset.current(_STAGE, title, name)]
        written += _score_title(dataset, title, names, filters, known)
    return written


def _score_title(
    dataset: Dataset, title: str, episodes: Sequence[str], filters: Filters, known: Calibration
) -> int:
    tables = dataset.tables[_STAGE]
    notes = {name: tables.note(title, name) or {} for name in episodes}
    made = [known.version, asdict(filters), [[name, notes[name]["key"]] for name in episodes]]
    wanted = digest(made)
    if all(note.get(_SCORED) == wanted for note in notes.values()):
        return 0
    empty = np.zeros((0, len(known.space.center)))
    numbers = {name: _numbers(tables.read(title, name), known) for name in episodes}
    prior = known.space.prior(np.concatenate([empty, *numbers.values()]))
    for name in episodes:
        table = tables.read(title, name)
        scored = _scored(table, distances(numbers[name], prior), known)
        chances = _face_chances(dataset, title, name, table)
        reasons = _reasons(scored, chances, filters)
        scored = _with(scored, "keep_reason", pa.array(reasons, pa.string()))
        tables.write(title, name, scored, {**notes[name], _SCORED: wanted})
    return len(episodes)


def _numbers(table: pa.Table, known: Calibration) -> NDArray[np.float64]:
    points = _lists(table["landmarks"]).reshape(-1, POINTS, 2)
    return known.space.numbers(points, np.stack([_floats(table[name]) for name in _BOX], axis=1))


def _scored(table: pa.Table, shape: NDArray[np.float64], known: Calibration) -> pa.Table:
    table = _with(table, "shape", pa.array(shape, pa.float32()))
    measures = {name: _floats(table[name]) for name in MEASURES}
    return _with(table, "quality", pa.array(known.quality(measures), pa.float32()))


def _reasons(
    table: pa.Table, chances: NDArray[np.float64], filters: Filters
) -> NDArray[np.object_]:
    reasons = np.full(len(table), None, object)
    # From the weakest to the strongest: the last one that holds is told.
    reasons[_floats(table["quality"]) < filters.min_quality] = "quality"
    reasons[_floats(table["covered"]) > filters.max_covered] = "covered"
    reasons[chances < filters.min_face] = "not_a_face"
    return reasons


def _face_chances(
    dataset: Dataset, title: str, episode: str, table: pa.Table
) -> NDArray[np.float64]:
    """(n,) the reader's probability that it is a face; NaN where no reader saw the box."""
    tables = dataset.tables["readings"]
    note, own = tables.note(title, episode), dataset.tables[_STAGE].note(title, episode)
    if note is None or own is None or note["key"] != own["key"]:
        return np.full(len(table), np.nan)
    readings = tables.read(title, episode)
    where = pc.index_in(table["face_id"], readings["face_id"].combine_chunks())
    return _floats(readings["face_probability"].take(where))


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)


def _lists(column: pa.ChunkedArray) -> NDArray[np.float64]:
    flat = column.combine_chunks().flatten()
    return flat.to_numpy(zero_copy_only=False).astype(np.float64)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)

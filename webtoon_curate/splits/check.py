"""Whether a split still holds: against the tables as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.schema import SPLITS
from webtoon_curate.splits.components import NO_KEY, Keys
from webtoon_curate.splits.faces import (
    constraints,
    sides_before,
    split_table,
    splits_file,
)
from webtoon_curate.splits.leaks import ties
from webtoon_curate.splits.settings import SIDES, SplitSettings
from webtoon_curate.tables import whole_table
from webtoon_curate.wording import plural, quoted

_COLUMNS = ["face_id", "title", "episode", "scene", "character", "split"]
EXAMPLES = 10
"""Of each kind of leak so many are named."""


@dataclass(frozen=True)
class Check:
    """What a check found.

    Attributes:
        leaks: number of sets of faces that lie on several sides, by constraint.
        examples: two faces of a set that crosses and their sides, a line each.
        faults: what else is wrong with the tables.
        without_side: kept faces that came after the split; they are in no side's exports.
    """

    leaks: dict[str, int]
    examples: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    without_side: int = 0

    @property
    def holds(self) -> bool:
        """No leak and no fault."""
        return not self.faults and not any(self.leaks.values())


def check_split(dataset: Dataset) -> Check:
    """Look for leaks in `tables/splits.parquet` by today's clusters, scenes and characters.

    Raises:
        DatasetError: if there is no split, or a table is damaged.
    """
    if not splits_file(dataset).exists():
        raise DatasetError(
            f"{dataset.path} has no splits yet; make them with: webtoon-curate split "
            f"{quoted(dataset.path)}"
        )
    settings = _settings(dataset)
    table = split_table(dataset, [*_COLUMNS, "keep"])
    sides, names = sides_before(dataset, table)
    found = constraints(dataset, table, settings.together, settings.adjacent)
    leaks, examples = {}, []
    for name, key in found.items():
        counted = ties(key, sides)
        leaks[name] = counted.crossing
        pairs = zip(counted.examples[:EXAMPLES], counted.others[:EXAMPLES])
        examples += [_example(name, table, sides, names, *pair) for pair in pairs]
    without = int((table["keep"].to_numpy() & (sides == NO_KEY)).sum())
    faults = list(_faults(dataset, table, sides, names))
    return Check(leaks, examples, faults, without)


def _settings(dataset: Dataset) -> SplitSettings:
    recorded = dataset.config["stages"].get("split", {})
    together = tuple(recorded.get("together", SplitSettings.together))
    return SplitSettings(together=together, adjacent=int(recorded.get("adjacent", 0)))


def _example(
    name: str, table: pa.Table, sides: Keys, names: list[str], one: int, other: int
) -> str:
    faces = [f"{table['face_id'][int(row)]} ({names[sides[row]]})" for row in (one, other)]
    return f"{name}: {faces[0]} and {faces[1]}"


def _faults(dataset: Dataset, table: pa.Table, sides: Keys, names: list[str]) -> Iterator[str]:
    faces = whole_table(splits_file(dataset), SPLITS, ("face_id",))["face_id"]
    if twice := len(faces) - len(pc.unique(faces)):
        yield f"{plural(twice, 'face')} listed twice in {splits_file(dataset).name}"
    if strange := sorted(set(names) - set(SIDES)):
        yield f"{', '.join(map(repr, strange))} is no side; sides are {', '.join(SIDES)}"
    joined = pc.fill_null(table["split"], "")
    listed = pa.array([*names, ""]).take(pa.array(np.where(sides == NO_KEY, len(names), sides)))
    if differ := int(pc.sum(pc.not_equal(joined, listed)).as_py() or 0):
        yield f"{plural(differ, 'face')} with another side in the manifest than in the splits table"

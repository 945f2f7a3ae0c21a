"""The embeddings of the faces of a dataset, with what people said of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.joined import same_boxes
from webtoon_curate.labels.fold import Label, matched
from webtoon_curate.manifest import face_rows
from webtoon_curate.schema import MANIFEST
from webtoon_curate.wording import quoted

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

LENGTH = 128
_SLACK = 0.05
"""By how much the length of a usable embedding may differ from 1."""


class NotReadError(DatasetError):
    """The faces of an episode were not read yet."""


class Embedded(NamedTuple):
    """Faces of an episode.

    Attributes:
        rows: in `MANIFEST`'s schema; of later stages' columns there is only what people said.
        embeddings: (n, 128) float32 of length 1.
        unusable: face_ids of those that a reader gave no such embedding.
    """

    rows: pa.Table
    embeddings: NDArray[np.float32]
    unusable: list[str]


NOTHING = Embedded(MANIFEST.empty_table(), np.zeros((0, LENGTH), np.float32), [])


def embedded_faces(
    dataset: Dataset, title: str, episode: str, labels: Sequence[Label] = ()
) -> Embedded:
    """The kept faces of an episode whose boxes a reader has read.

    What `landmarks` took for no face is left out, unless somebody spoke of it.

    Args:
        dataset: with faces.
        title, episode: of the work.
        labels: of the episode.

    Raises:
        NotReadError: if the episode's faces were not read.
    """
    rows = face_rows(dataset, title, episode, labels)
    if rows is None:
        return NOTHING
    rows = rows.filter(rows["keep"])
    if not dataset.current("readings", title, episode):
        raise NotReadError(
            f"the faces of {title}/{episode} were not read yet: webtoon-curate landmarks "
            f"{quoted(dataset.path)}"
        )
    table = dataset.tables["readings"].read(title, episode)
    where = pc.index_in(rows["face_id"], table["face_id"].combine_chunks())
    where = same_boxes(rows, table, where)
    rows, where = rows.filter(pc.is_valid(where)), where.drop_null()
    no_face = pc.less(table["face_probability"].take(where), least_chance(dataset))
    kept = pa.array(~np.asarray(pc.fill_null(no_face, False)) | _spoken_of(rows, labels))
    rows, where = rows.filter(kept), where.filter(kept)
    vectors, fine = _vectors(table["embedding"].take(where).combine_chunks())
    unusable = rows["face_id"].filter(pa.array(~fine)).to_pylist()
    return Embedded(rows.filter(pa.array(fine)), vectors, unusable)


def least_chance(dataset: Dataset) -> float:
    """Boxes with a lower probability of being a face were none to `landmarks`."""
    return float(dataset.config["stages"].get("landmarks", {}).get("min_face", 0))


def _spoken_of(rows: pa.Table, labels: Sequence[Label]) -> NDArray[np.bool_]:
    """(n,) of which somebody said something."""
    boxes = list(zip(*(rows[name].to_pylist() for name in ("x", "y", "width", "height"))))
    found = matched(labels, rows["face_id"].to_pylist(), boxes)
    return np.array([bool(said) for said in found], bool)


def _vectors(column: pa.ListArray) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The usable vectors, of length 1, and which they are."""
    right = pc.fill_null(pc.equal(pc.list_value_length(column), LENGTH), False)
    right = np.asarray(right.to_numpy(zero_copy_only=False), bool)
    values = column.filter(pa.array(right)).flatten().to_numpy(zero_copy_only=False)
    vectors = np.asarray(values, np.float32).reshape(-1, LENGTH)
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1)
        unit = np.abs(lengths - 1) <= _SLACK
    fine = right.copy()
    fine[right] = unit
    return vectors[unit] / lengths[unit, None], fine

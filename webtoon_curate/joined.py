"""What later stages found about faces, put into the manifest's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from webtoon_curate.schema import MANIFEST, WHOLE
from webtoon_curate.tables import file_state, whole_table

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

DUPLICATE = "duplicate"
"""`keep_reason` of faces that another face of their cluster stands for."""

_PARTS = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")
COLUMNS = {
    "landmarks": (
        "landmarks", "landmarks_z", "landmark_confidence", "quality", "yaw", "pitch", "roll",
        "view",
    ),
    "colors": (
        *_PARTS, *(f"{part}_raw" for part in _PARTS), "hair_name", "eye_name", "skin_name",
    ),
    "groups": ("gender", "glasses", "group", "group_probability", "group_source"),
    "hashes": ("pixel_sha256", "phash", "dhash"),
    "clusters": ("duplicate_cluster",),
    "characters": ("character",),
    "splits": ("split", "weight"),
}  # fmt: skip
"""Columns of the manifest, by the table that they come from."""
_BOX = ("x", "y", "width", "height")
_MORE = {"landmarks": ("keep_reason",)}


class Joined:
    """The tables of later stages. Reads a title of the tables of the whole dataset at a time, and
    keeps it while the next episodes are of that title and nobody writes the table anew."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._whole: dict[str, tuple[object, pa.Table]] = {}

    def __call__(self, title: str, episode: str, rows: pa.Table) -> pa.Table:
        """The rows with what was read in exactly their boxes.

        Args:
            title, episode: whose rows they are.
            rows: in `MANIFEST`'s schema.
        """
        for stage, names in COLUMNS.items():
            table = self._table(stage, title, episode)
            if table is None or not len(rows):
                continue
            where = pc.index_in(rows["face_id"], table["face_id"].combine_chunks())
            if stage not in WHOLE:
                where = same_boxes(rows, table, where)
            for name in names:
                number = rows.column_names.index(name)
                rows = rows.set_column(number, MANIFEST.field(name), table[name].take(where))
            if stage == "landmarks":
                rows = _left_out(rows, table["keep_reason"].take(where))
            if stage == "clusters":
                other = pc.not_equal(rows["duplicate_cluster"], rows["face_id"])
                rows = _left_out(rows, pc.if_else(other, DUPLICATE, pa.scalar(None, pa.string())))
        return rows

    def _table(self, stage: str, title: str, episode: str) -> pa.Table | None:
        if stage in WHOLE:
            table = self._of_title(stage, title)
            return table.filter(pc.equal(table["episode"], episode)) if len(table) else None
        if not self._dataset.current(stage, title, episode):
            return None
        columns = ("face_id", *_BOX, *COLUMNS[stage], *_MORE.get(stage, ()))
        return self._dataset.tables[stage].read(title, episode, columns)

    def _of_title(self, stage: str, title: str) -> pa.Table:
        path = self._dataset.path / "tables" / f"{stage}.parquet"
        key = title, file_state(path) if path.exists() else None
        if stage not in self._whole or self._whole[stage][0] != key:
            columns = ("face_id", "episode", *COLUMNS[stage])
            self._whole[stage] = key, whole_table(path, WHOLE[stage], columns, title)
        return self._whole[stage][1]


def same_boxes(rows: pa.Table, table: pa.Table, where: pa.ChunkedArray) -> pa.ChunkedArray:
    """`where`, null for rows whose box is not the one that was read."""
    same = pc.is_valid(where)
    for name in _BOX:
        same = pc.and_(same, pc.fill_null(pc.equal(rows[name], table[name].take(where)), False))
    return pc.if_else(same, where, pa.scalar(None, where.type))


def _left_out(rows: pa.Table, reasons: pa.ChunkedArray) -> pa.Table:
    """The rows; those that were kept are left out where there is a reason."""
    now = pc.and_(rows["keep"], pc.is_valid(reasons))
    reason = pc.if_else(now, reasons, rows["keep_reason"])
    keep = pc.and_(rows["keep"], pc.invert(now))
    for name, values in (("keep", keep), ("keep_reason", reason)):
        rows = rows.set_column(rows.column_names.index(name), MANIFEST.field(name), values)
    return rows

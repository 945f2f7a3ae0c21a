"""All that the report says, as plain data, from a few passes over the tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from webtoon_curate.dataset import Dataset
from webtoon_curate.info import reason
from webtoon_curate.report.counted import counted, listed
from webtoon_curate.report.counts import Tally
from webtoon_curate.report.rows import Rows, manifest_rows, numbers, truths
from webtoon_curate.report.samples import Sheet, face_keys
from webtoon_curate.report.shapes import SAMPLE, Spread, aligned, sample_mean, shapes_of
from webtoon_curate.report.sides import Pairs, crossings, most_frequent
from webtoon_curate.schema import REJECTS, WHOLE
from webtoon_curate.stages import OnProgress, Progress

QUALITIES = ("0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1")
FACES_EACH = 10
"""In each row of a contact sheet."""
SHEET_ROWS = {"groups": 8, "hair": 12, "eyes": 12, "reasons": 8, "clusters": 10, "titles": 12}
"""Rows of contact sheets at most."""
_SHAPES = 6
"""Groups whose mean shapes are told apart."""
_PASSES = 3
_FOLDERS = re.compile(r"""(?:(?<=[\s'"(])|^)(?:[A-Za-z]:)?[\\/]+(?:[^\\/\s'"]+[\\/]+)*""")
"""What stands before the last name of a path of this machine."""


def report_data(
    dataset: Dataset, faces_each: int = FACES_EACH, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """What is in a dataset and what is wrong with it.

    Reads the manifest in batches, several times; `docs/commands/report.md` says what each key is.

    Args:
        dataset: with a manifest.
        faces_each: of each row of a contact sheet, 0 for none.
        on_progress: told how many rows were read.

    Raises:
        DatasetError: if there is no manifest, or a table is damaged.
    """
    from webtoon_curate.report.findings import findings

    manifest = manifest_rows(dataset.path)
    done = 0

    def on_batch(rows: int) -> None:
        nonlocal done
        done += rows
        if on_progress is not None:
            on_progress(Progress("report", done, _PASSES * manifest.count, {}))

    data = counted(dataset, manifest, on_batch)
    data["shapes"] = _shapes(manifest, [row["name"] for row in data["groups"]][:_SHAPES], on_batch)
    data["duplicates"] = _duplicates(dataset, manifest)
    data["splits"]["proof"] = _proof(dataset, manifest) if data["splits"]["faces"] else {}
    data["rejects"] = _rejects(dataset)
    data["sheets"] = _sheets(manifest, data, faces_each, on_batch)
    data["findings"] = findings(data)
    return data


def _shapes(manifest: Rows, groups: list[str], on_batch: Callable[[int], None]) -> dict[str, Any]:
    """The second pass: mean shape and spread, of all kept faces and of each group."""
    columns = ("landmarks", "yaw", "group", "keep")
    sample: list[np.ndarray] = []
    mean = None
    all_faces, of_groups = Spread(), {group: Spread() for group in groups}
    waiting: list[tuple[np.ndarray, np.ndarray]] = []
    with_landmarks = 0

    def add(shapes: np.ndarray, names: np.ndarray) -> None:
        shapes = aligned(shapes, mean)
        all_faces.add(shapes)
        for group, spread in of_groups.items():
            spread.add(shapes[names == group])

    for table in manifest.batches(columns, on_batch):
        table = table.filter(pa.array(truths(table, "keep")))
        with_landmarks += len(table) - table["landmarks"].null_count
        shapes, rows = shapes_of(table)
        waiting.append((shapes, table["group"].take(rows).to_numpy().astype(object)))
        if mean is None:
            sample.append(shapes[: SAMPLE - sum(map(len, sample))])
            if sum(map(len, sample)) < SAMPLE:
                continue
            mean = sample_mean(np.concatenate(sample))
        while waiting:
            add(*waiting.pop(0))
    if mean is None and sum(map(len, sample)):
        mean = sample_mean(np.concatenate(sample))
        while waiting:
            add(*waiting.pop(0))
    return {
        "landmarks": with_landmarks,
        "all": all_faces.data(),
        "groups": [
            {"name": group, **spread.data()} for group, spread in of_groups.items() if spread.count
        ],
    }


def _duplicates(dataset: Dataset, manifest: Rows) -> dict[str, Any]:
    """Faces in clusters by kind, and the largest clusters."""
    path = dataset.path / "tables" / "clusters.parquet"
    table = Rows(path, WHOLE["clusters"])
    kinds = Tally(("kind",))
    for batch in table.batches(("kind",)):
        kinds.add(batch)
    extra = [row for row in listed(kinds) if row["name"] != "representative"]
    return {
        "ran": path.exists() or "dedup" in dataset.config["stages"],
        "faces": table.count,
        "extra": sum(row["faces"] for row in extra),
        "kinds": extra,
        "clusters": table.count - sum(row["faces"] for row in extra),
        "largest": most_frequent(
            lambda: (batch["duplicate_cluster"] for batch in table.batches(("duplicate_cluster",))),
            table.count,
            SHEET_ROWS["clusters"],
        ),
    }


def _proof(dataset: Dataset, manifest: Rows) -> dict[str, Any]:
    """For each kind of thing that may not lie on two sides, how many do."""

    def column(name: str) -> Callable[[], Pairs]:
        def read() -> Pairs:
            for batch in manifest.batches((name, "split")):
                yield pc.cast(batch[name], pa.string()), batch["split"]

        return read

    def joined(*names: str) -> Callable[[], Pairs]:
        def read() -> Pairs:
            for batch in manifest.batches((*names, "split")):
                parts = [pc.cast(batch[name], pa.string()) for name in names]
                yield pc.binary_join_element_wise(*parts, "/"), batch["split"]

        return read

    splits = Rows(dataset.path / "tables" / "splits.parquet", WHOLE["splits"])

    def components() -> Pairs:
        for batch in splits.batches(("component", "split")):
            yield batch["component"], batch["split"]

    rows = manifest.count
    return {
        "component": crossings(components, splits.count),
        "duplicate_cluster": crossings(column("duplicate_cluster"), rows),
        "pixels": crossings(column("pixel_sha256"), rows),
        "scene": crossings(joined("title", "episode", "scene"), rows),
        "character": crossings(column("character"), rows),
        "episode": crossings(joined("title", "episode"), rows),
        "title": crossings(column("title"), rows),
    }


def _rejects(dataset: Dataset) -> list[dict[str, Any]]:
    """Refused inputs by stage and reason, with an example of each; of paths the last name."""
    rows = Rows(dataset.path / "tables" / "rejects.parquet", REJECTS)
    tally, examples = Tally(("stage", "reason")), {}
    for batch in rows.batches(("stage", "reason", "path")):
        told = [{name: text or "" for name, text in row.items()} for row in batch.to_pylist()]
        for row in told:
            row["reason"] = _FOLDERS.sub("", reason(row))
            path = _FOLDERS.sub("", row["path"])
            examples.setdefault((row["stage"], row["reason"]), path)
        tally.add(pa.Table.from_pylist(told, batch.schema))
    return [
        {"stage": key[0], "reason": key[1], "count": int(row[0]), "example": examples.get(key)}
        for key, row in tally.items()
    ]


def _sheets(
    manifest: Rows, data: dict[str, Any], each: int, on_batch: Callable[[int], None]
) -> dict[str, list[dict[str, Any]]]:
    """The third pass: faces to show."""

    def names(rows: list[dict[str, Any]], limit: str) -> list[str]:
        return [row["name"] for row in rows if row["name"] is not None][: SHEET_ROWS[limit]]

    sheets = {
        "group": Sheet(names(data["groups"], "groups"), each),
        "hair_name": Sheet(names(data["colors"]["hair"], "hair"), each),
        "eye_name": Sheet(names(data["colors"]["eye"], "eyes"), each),
        "quality": Sheet(QUALITIES, each),
        "title": Sheet(names(_titled(data["titles"]), "titles"), each),
        "keep_reason": Sheet(names(data["left_out"], "reasons"), each),
        "duplicate_cluster": Sheet(names(data["duplicates"]["largest"], "clusters"), each),
    }
    columns = (*(name for name in sheets), "face_id", "crop", "keep")
    for table in manifest.batches(columns, on_batch) if each else ():
        table = table.filter(pc.is_valid(table["crop"]))
        kept = table.filter(pa.array(truths(table, "keep")))
        of_all, of_kept = face_keys(table), face_keys(kept)
        for name, sheet in sheets.items():
            if name in ("keep_reason", "duplicate_cluster"):
                sheet.add(table[name], table, of_all)
            else:
                column = _qualities(kept) if name == "quality" else kept[name]
                sheet.add(column, kept, of_kept)
    return {name: sheet.data() for name, sheet in sheets.items()}


def _titled(titles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": row["title"]} for row in titles]


def _qualities(table: pa.Table) -> pa.ChunkedArray:
    """The name of each face's bin in `QUALITIES`."""
    values = numbers(table, "quality")
    known = np.isfinite(values)
    codes = np.clip(np.where(known, values, 0) * len(QUALITIES), 0, len(QUALITIES) - 1).astype(int)
    names = np.where(known, np.array(QUALITIES, object)[codes], None)
    return pa.chunked_array([pa.array(names, pa.string())])

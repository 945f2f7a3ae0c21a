"""Datasets of faces without pictures: rows that a test chooses, in real tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.dataset import Dataset
from webtoon_curate.schema import CLUSTERS, FACES, GROUPS, PAGES, SCENES
from webtoon_curate.stages import finish_run


class Made(NamedTuple):
    """A face: where it is, its group, and whether exports take it."""

    title: str
    episode: str
    scene: int
    gender: str | None = None
    glasses: bool = False
    keep: bool = True


def make(path: Path, faces: Iterable[Made]) -> Dataset:
    """A dataset with these faces in this order, or the same one with other faces."""
    dataset = Dataset.create(path)
    episodes: dict[tuple[str, str], list[Made]] = {}
    for face in faces:
        episodes.setdefault((face.title, face.episode), []).append(face)
    for (title, episode), found in episodes.items():
        _write(dataset, title, episode, sorted(found, key=lambda face: face.scene))
    dataset.record_settings("detect", {"short_edge": 64, "aspect": 1.3, "blank_edge": 0.075})
    finish_run(dataset, "detect", datetime.now(timezone.utc), {})
    return dataset


def tie(dataset: Dataset, *clusters: list[str]) -> None:
    """Write the clusters table: each list of face_ids is one cluster."""
    rows = []
    for cluster in clusters:
        for face_id in cluster:
            title, episode = face_id.split("/")[:2]
            row = {"face_id": face_id, "title": title, "episode": episode}
            kind = "representative" if face_id == cluster[0] else "redrawn"
            rows.append(row | {"duplicate_cluster": cluster[0], "kind": kind, "distance": 0})
    table = pa.Table.from_pylist(sorted(rows, key=lambda row: row["face_id"]), CLUSTERS)
    pq.write_table(table, dataset.path / "tables" / "clusters.parquet")
    finish_run(dataset, "dedup", datetime.now(timezone.utc), {})


def _write(dataset: Dataset, title: str, episode: str, found: list[Made]) -> None:
    names = {"title": title, "episode": episode}
    height = 100 * (max(face.scene for face in found) + 1)
    page = {"index": 0, "page": "1.png", "y": 0, "width": 200, "height": height, "bytes": 1}
    page |= {"layout": "strip", "format": "PNG", "sha256": "0", "source": "s", "time": "t"}
    scenes, faces, groups = [], [], []
    for scene in sorted({face.scene for face in found}):
        box = {"x": 0, "y": 100 * scene, "width": 200, "height": 100}
        scenes.append(names | box | {"scene": scene, "kind": "panel", "page": "1.png", "pages": 1})
    for number, face in enumerate(found):
        box = {"x": float(number), "y": 100.0 * face.scene, "width": 80.0, "height": 80.0}
        row = names | box | {"scene": face.scene}
        row["face_id"] = f"{title}/{episode}/{face.scene:04d}/{number:02d}"
        place = {"page": "1.png", "page_x": box["x"], "page_y": box["y"], "score": 0.9}
        place |= {"scene_x": 0, "scene_y": 100 * face.scene, "detector": "made@1"}
        reason = None if face.keep else "short_edge"
        faces.append(row | place | {"blank_edge": 0.0, "keep": face.keep, "keep_reason": reason})
        if face.gender is not None:
            group = f"{face.gender}_{'glasses' if face.glasses else 'no_glasses'}"
            said = {"gender": face.gender, "glasses": face.glasses, "group": group}
            groups.append(row | said | {"group_probability": 1.0, "group_source": "made@1"})
    note = {"key": "made", "content": f"{title}/{episode}", "path": "x", "kind": "folder"}
    known = {"key": "made", "input": note["content"], "crops": 0}
    for stage, rows, schema in (
        ("pages", [names | page], PAGES),
        ("scenes", scenes, SCENES),
        ("faces", faces, FACES),
        ("groups", groups, GROUPS),
    ):
        table = pa.Table.from_pylist(rows, schema)
        made = note | {"pages": 1} if stage in ("pages", "scenes") else known
        dataset.tables[stage].write(title, episode, table, made)

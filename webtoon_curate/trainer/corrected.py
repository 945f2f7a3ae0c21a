"""Scenes of a dataset that people went through, as labelled pictures to train on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from webtoon_curate.crops import BAD_BOX
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.files import write_json
from webtoon_curate.images import encode
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.labels.fold import Label, labels_of
from webtoon_curate.labels.join import NOT_A_FACE
from webtoon_curate.manifest import face_rows
from webtoon_curate.trainer.pictures import LABELS
from webtoon_curate.wording import quoted

TALL = 4096
"""A page up to this height, in pixels, is gone through as a whole; of longer strips only the
scenes count in which somebody said something."""

Record = dict[str, Any]


def write_corrected(dataset: Dataset, folder: Path) -> int:
    """Write the scenes that people went through, with their faces as they are now.

    Faces there that nobody spoke of are taken to be right: whoever corrects a page should correct
    all of it.

    Args:
        dataset: with labels, e.g. of `webtoon-curate review`.
        folder: gets `labels.json`, as `webtoon_curate.evaluate.truth` describes it, and pictures.

    Returns:
        The number of scenes.

    Raises:
        DatasetError: if nobody has said anything.
    """
    records: dict[str, Record] = {}
    for (title, episode), labels in sorted(labels_of(dataset).items()):
        table = face_rows(dataset, title, episode, labels)
        if table is None:
            continue
        rows = table.to_pylist()
        said = {label.face.face_id: label for label in labels}
        spoken = [row for row in rows if row["face_id"] in said]
        scenes = dataset.tables["scenes"].read(title, episode).to_pylist()
        with episode_strip(dataset, title, episode) as strip:
            short = {page.name for page in strip.pages if page.height <= TALL}
            pages = {row["page"] for row in spoken} & short
            numbers = {row["scene"] for row in spoken}
            for scene in scenes:
                if scene["page"] in pages or scene["scene"] in numbers:
                    name = f"{title}/{episode}/{scene['scene']:04d}.png"
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    place = [scene[side] for side in ("x", "y", "width", "height")]
                    (folder / name).write_bytes(encode(strip.read(*place)))
                    here = [row for row in rows if row["scene"] == scene["scene"]]
                    records[name] = {"size": place[2:], "role": "train"} | _faces(here, scene, said)
    if not records:
        raise DatasetError(
            f"nobody has corrected a face of {dataset.path}: webtoon-curate review "
            f"{quoted(dataset.path)}"
        )
    write_json(folder / LABELS, {"about": str(dataset.path), "pages": records})
    return len(records)


def _faces(rows: list[Record], scene: Record, said: Mapping[str, Label]) -> Record:
    """The faces of a scene, what people said is none, and what only the reader refused."""
    found: dict[str, list[Any]] = {"faces": [], "mistakes": [], "ignore": []}
    for row in rows:
        if row["keep_reason"] == BAD_BOX:
            continue
        x, y = row["x"] - scene["x"], row["y"] - scene["y"]
        box = [x, y, x + row["width"], y + row["height"]]
        label = said.get(row["face_id"])
        if row["keep_reason"] == NOT_A_FACE:
            found["mistakes" if label and label.deleted else "ignore"].append(box)
            continue
        points = label.points if label else {}
        placed = {str(i): [px - scene["x"], py - scene["y"]] for i, (px, py) in points.items()}
        view, group = row["view"] or "frontal", row["group"] or "unknown"
        found["faces"].append({"box": box, "view": view, "group": group, "points": placed})
    return found

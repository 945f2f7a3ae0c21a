"""Datasets of plain rows for the report: nothing is drawn or detected, all is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from webtoon_curate.dataset import Dataset
from webtoon_curate.landmarks.points import CONTOURS
from webtoon_curate.schema import CLUSTERS, FACES, MANIFEST, REJECTS, SCENES, SPLITS

HOSTILE = "</title><script>alert(1)</script>\u202e\x07" + "긴" * 400
"""A name that breaks out of HTML, turns the writing around, rings a bell and does not end."""
SIZES = {"woman_no_glasses": 60, "man_no_glasses": 30, "woman_glasses": 12, "man_glasses": 3}
PANELS = 30
"""In each episode; two episodes make a title."""


def face_points(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 136) plausible faces, turned, scaled and moved at random, each point off by 0.02."""
    mean = np.zeros((68, 2))
    for number, contour in enumerate(CONTOURS):
        along = np.linspace(-1, 1, len(contour.points))
        mean[list(contour.points), 0] = (number % 3 - 1) * 0.5 + along * 0.3
        mean[list(contour.points), 1] = number / 4 - 1 + 0.2 * along**2
    points = mean + rng.normal(0, 0.02, (count, 68, 2))
    angle, scale = rng.normal(0, 0.3, count), rng.uniform(20, 200, count)
    turned = (points[..., 0] + 1j * points[..., 1]) * (scale * np.exp(1j * angle))[:, None]
    turned += rng.uniform(0, 5000, count)[:, None]
    return np.stack([turned.real, turned.imag], -1).reshape(count, 136)


def rows(titles: list[str], seed: int = 1) -> list[dict]:
    """Manifest rows, a face a scene, of all groups of `SIZES` in the first titles."""
    rng = np.random.default_rng(seed)
    groups = [group for group, size in SIZES.items() for _ in range(size)]
    points = face_points(rng, len(groups))
    found = []
    for i, group in enumerate(groups):
        place = i % (len(titles) * 2 * (PANELS - 4))
        title, rest = titles[place % len(titles)], place // len(titles)
        episode, scene = f"ep {rest % 2 + 1}", rest // 2
        side = float(rng.uniform(40, 400))
        gender, glasses = group.split("_")[0], not group.endswith("no_glasses")
        found.append(
            {
                "face_id": f"{title}/{episode}/{scene:04d}/00",
                "title": title,
                "episode": episode,
                "scene": scene,
                **{"x": 1.0, "y": 2.0, "width": side, "height": side, "page": "1.png"},
                **{"page_x": 1.0, "page_y": 2.0, "score": 0.9, "detector": "made@1"},
                **{"view": "frontal", "landmarks": points[i], "quality": float(rng.uniform())},
                **{"yaw": float(rng.normal(0, 25)), "pitch": 0.0, "roll": 3.0},
                **{"hair_color": [20, 30, 40], "hair_name": ["black", "red"][i % 2]},
                **{"left_eye_color": [90, 60, 30], "eye_name": ["brown", "blue", None][i % 3]},
                **{"gender": gender, "glasses": glasses, "group": group},
                **{"group_probability": 1.0, "group_source": "human", "keep": True},
                "pixel_sha256": f"{i:064x}",
                "phash": i,
                "split": ("train", "val", "test")[rest % 2],
                "weight": 1.0,
                "source": "https://example.org/comics/1.png",
                "license": "CC-BY-4.0",
            }
        )
    return found


def write(
    path: Path, manifest: list[dict], clusters: list[dict] = (), components: bool = True
) -> Dataset:
    """A dataset of these faces: scenes, faces' notes, manifest, clusters, splits, crops."""
    dataset = Dataset.create(path)
    (path / "tables").mkdir(exist_ok=True)
    for title, episode in {(row["title"], row["episode"]): 0 for row in manifest}:
        if title != HOSTILE:
            add_episode(dataset, title, episode)
    pq.write_table(pa.Table.from_pylist(manifest, MANIFEST), path / "manifest.parquet")
    if components:
        split = [
            {"component": row["face_id"], **{name: row[name] for name in _SPLIT}}
            for row in manifest
            if row.get("split")
        ]
        pq.write_table(pa.Table.from_pylist(split, SPLITS), path / "tables" / "splits.parquet")
    if clusters:
        table = pa.Table.from_pylist(list(clusters), CLUSTERS)
        pq.write_table(table, path / "tables" / "clusters.parquet")
    return dataset


_SPLIT = ("face_id", "title", "episode", "split", "weight")


def add_episode(dataset: Dataset, title: str, episode: str) -> None:
    """An episode's scenes, and the note that `detect` has run."""
    scenes = [
        {
            **{"title": title, "episode": episode, "scene": i, "x": 0, "y": i, "width": 9},
            **{"height": 9, "kind": "panel", "page": "1.png", "pages": 1},
        }
        for i in range(PANELS)
    ]
    scenes.append(scenes[0] | {"scene": PANELS, "kind": "text"})
    note = {"key": "k", "content": "c", "input": "c"}
    tables = dataset.tables
    tables["scenes"].write(title, episode, pa.Table.from_pylist(scenes, SCENES), note)
    tables["faces"].write(title, episode, FACES.empty_table(), note)


def add_crops(path: Path, manifest: list[dict]) -> None:
    """Crops of one color each, named in the rows."""
    (path / "crops").mkdir(parents=True, exist_ok=True)
    for i, row in enumerate(manifest):
        row["crop"] = f"crops/{i}.png"
        Image.new("RGB", (64, 64), (40 + i, 255 - i, 120)).save(path / row["crop"])


def reject(path: Path, records: list[tuple[str, str, str]]) -> None:
    """Refused inputs: stage, path and reason."""
    found = [
        {"title": "t", "episode": "e", "stage": stage, "path": name, "reason": reason}
        for stage, name, reason in records
    ]
    pq.write_table(pa.Table.from_pylist(found, REJECTS), path / "tables" / "rejects.parquet")

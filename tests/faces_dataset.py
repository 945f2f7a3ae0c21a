"""Small datasets whose faces a test places itself, and servers of the review page."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.schema import FACES, LANDMARKS, READINGS
from webtoon_curate.stages import finish_run

PAGE = (400, 600)
"""Width and height of each page; an episode has two, under each other."""
FACE = (100.0, 120.0, 90.0, 90.0)
OTHER = (230.0, 700.0, 80.0, 80.0)
"""Boxes of the faces that `make` places: on the first page and on the second."""
TITLE = "회사"
_READ = ("face_id", "title", "episode", "scene", "x", "y", "width", "height")


def make(path: Path, episodes: int = 2) -> Dataset:
    """A dataset with two faces in each episode, no crops."""
    source = path.with_name(f"{path.name}-source") / TITLE
    rng = np.random.default_rng(5)
    for number in range(1, episodes + 1):
        folder = source / f"ep {number}"
        folder.mkdir(parents=True)
        for page in (1, 2):
            blocks = rng.integers(0, 256, (6, 4, 3), np.uint8).repeat(100, 0).repeat(100, 1)
            Image.fromarray(blocks).save(folder / f"p{page}.png")
    data = Dataset.create(path)
    ingest_sources(data, source, IngestSettings("images"))
    data.record_settings("detect", {"short_edge": 64, "aspect": 1.3, "blank_edge": 0.2})
    for number in range(1, episodes + 1):
        place(data, f"ep {number}", [FACE, OTHER])
    return data


def place(data: Dataset, episode: str, boxes: list, detector: str = "made@1") -> None:
    """Write an episode's faces as a detector would, and finish the stage."""
    rows = []
    for number, (x, y, width, height) in enumerate(boxes):
        scene = int(y + height / 2) // PAGE[1]
        rows.append(
            {
                "face_id": f"{TITLE}/{episode}/{scene:04d}/{number:02d}",
                "title": TITLE,
                "episode": episode,
                "scene": scene,
                "scene_x": 0,
                "scene_y": scene * PAGE[1],
                "x": x,
                "y": y,
                "width": width,
                "height": height,
                "page": f"p{scene + 1}.png",
                "page_x": x,
                "page_y": y - scene * PAGE[1],
                "score": 0.9 - number / 10,
                "detector": detector,
                "blank_edge": 0.0,
                "keep": True,
            }
        )
    scenes = data.tables["scenes"].note(TITLE, episode)
    note = {"key": f"{detector}-{boxes}", "input": scenes["content"], "crops": 0}
    data.tables["faces"].write(TITLE, episode, pa.Table.from_pylist(rows, FACES), note)
    finish_run(data, "detect", datetime.now(timezone.utc), {})


def read(data: Dataset, embeddings: list) -> None:
    """Write readings with these embeddings, in the order of the faces; None: no row."""
    given = iter(embeddings)
    for title, episode in data.tables["faces"].episodes():
        rows = []
        for face in data.tables["faces"].read(title, episode).select(_READ).to_pylist():
            embedding = next(given)
            if embedding is None:
                continue
            numbers = dict.fromkeys((f.name for f in READINGS if f.type == pa.float32()), 0.0)
            texts = {"reader": "made@1", "parsing": ""}
            rows.append({**numbers, **texts, **face, "embedding": embedding})
        note = {"key": str(rows), "input": data.tables["scenes"].note(title, episode)["content"]}
        data.tables["readings"].write(title, episode, pa.Table.from_pylist(rows, READINGS), note)


def unread(data: Dataset, episode: str) -> None:
    """Make it so that `landmarks` has not seen an episode: it was found later, or is gone."""
    tables = data.tables["readings"]
    kept = [name for name in tables.episodes() if name[1] != episode]
    rows = {name: (tables.read(*name), tables.note(*name)) for name in kept}
    shutil.rmtree(tables.folder)
    for name, (table, note) in rows.items():
        tables.write(*name, table, note)


def write_points(data: Dataset) -> np.ndarray:
    """Write landmarks of every face, of quality 0.2, 0.5 … ; (68, 2) those of the first."""
    first = None
    quality = 0.2
    for title, episode in data.tables["faces"].episodes():
        rows = []
        for face in data.tables["faces"].read(title, episode).select(_READ).to_pylist():
            turn = np.linspace(0, 2 * np.pi, 68, endpoint=False)
            circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 0.4 * face["width"]
            x, y, width, height = (face[name] for name in _READ[4:])
            points = circle + np.array([x + width / 2, y + height / 2])
            first = points if first is None else first
            made = {"backend": "made@1", "landmarks": points.reshape(-1), "quality": quality}
            rows.append({**face, **made, "align": [1.0, 0.0, 0.0, 0.0]})
            quality += 0.3
        note = {"key": "made", "input": data.tables["scenes"].note(title, episode)["content"]}
        data.tables["landmarks"].write(title, episode, pa.Table.from_pylist(rows, LANDMARKS), note)
    return first

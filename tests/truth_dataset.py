"""Datasets of drawn episodes with every table filled in from the truth of the drawing.

`make(path)` draws pages, ingests them, and writes faces, readings (with parsing maps), landmarks,
colors and groups as the stages would if they made no mistake. What they hold is exact: landmarks
and parsing lie where the picture was drawn. `split(dataset)` puts episodes on sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from webtoon_curate.crops import CropSettings, blank_edges, cut, keep_reason, page_bounds, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.images import encode
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.reader.squares import reader_squares
from webtoon_curate.schema import (
    CHARACTERS,
    COLORS,
    FACES,
    GROUPS,
    LANDMARKS,
    MANIFEST,
    READINGS,
    SCENES,
    SPLITS,
)
from webtoon_curate.stages import finish_run
from webtoon_curate.synth.truth import TRUTH
from webtoon_curate.tables import StageTables

READER = "truth@1"
PARSING_SIDE = 128
CANONICAL = ((0.34, 0.40), (0.66, 0.40), (0.50, 0.58), (0.38, 0.75), (0.62, 0.75))
"""Eyes, nose and mouth corners in the unit square of `align`."""
_READ = ("face_id", "title", "episode", "scene", "x", "y", "width", "height")
_COLORS = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")
Row = dict[str, Any]


def make(
    path: Path, episodes: int = 2, *, seed: int = 3, panels: int = 5, crops: bool = True, **look
) -> Dataset:
    """A dataset at `path`, its pages in `<path>-source`; skips the test without the extra `synth`.

    Args:
        path: a new folder.
        episodes: three in a row make a title.
        seed, panels, look: of `webtoon_curate.synth.episode.SynthSettings`.
        crops: cut crops, as `detect` does.
    """
    pytest.importorskip("skia", reason="drawing needs the extra synth")
    from webtoon_curate.synth.episode import SynthSettings, synth_episodes

    source = path.with_name(f"{path.name}-source")
    synth_episodes(source, episodes, SynthSettings(seed=seed, panels=panels, **look))
    dataset = Dataset.create(path)
    ingest_sources(dataset, source, IngestSettings(license="CC0-1.0"))
    dataset.record_settings("detect", {"short_edge": 64, "aspect": 1.3, "blank_edge": 0.075})
    tables = {
        name: StageTables(source / "truth" / "tables" / name, schema)
        for name, schema in (("faces", FACES), ("scenes", SCENES), ("truth", TRUTH))
    }
    for title, episode in tables["faces"].episodes():
        found = {name: tables[name].read(title, episode).to_pylist() for name in tables}
        _write_episode(dataset, source, title, episode, found, crops)
    finish_run(dataset, "detect", datetime.now(timezone.utc), {})
    return dataset


def split(dataset: Dataset, sides: Sequence[str] = ("train", "val", "test")) -> None:
    """Put the episodes on sides in turn, and join the manifest."""
    rows = []
    for number, (title, episode) in enumerate(dataset.tables["faces"].episodes()):
        for face_id in dataset.tables["faces"].read(title, episode)["face_id"].to_pylist():
            row = {"face_id": face_id, "title": title, "episode": episode, "component": face_id}
            rows.append(row | {"split": sides[number % len(sides)], "weight": 1.0})
    pq.write_table(pa.Table.from_pylist(rows, SPLITS), dataset.path / "tables" / "splits.parquet")
    finish_run(dataset, "split", datetime.now(timezone.utc), {})


def _write_episode(
    dataset: Dataset,
    source: Path,
    title: str,
    episode: str,
    found: dict[str, list[Row]],
    crops: bool,
) -> None:
    note = dataset.tables["scenes"].note(title, episode)
    faces, truths = found["faces"], found["truth"]
    rows: dict[str, list[Row]] = {"readings": [], "landmarks": [], "colors": [], "groups": []}
    with episode_strip(dataset, title, episode) as strip:
        layout = dataset.tables["pages"].read(title, episode)["layout"][0].as_py()
        bounds = page_bounds(strip.pages, layout)
        labels = np.zeros((strip.height, strip.width), np.uint8)
        for page in strip.pages:
            name = f"{Path(page.name).stem}.png"
            mask = cv2.imread(str(source / "truth" / "masks" / title / episode / name), 0)
            labels[page.y : page.y + page.height, : page.width] = mask
        for face, truth in zip(faces, truths):
            _filter(face, bounds[face["page"]])
            if crops and face["keep"]:
                face["crop"] = _crop(dataset, strip, face, bounds[face["page"]])
            if not face["keep"]:
                continue
            read = {name: face[name] for name in _READ}
            read |= {name: np.float32(face[name]) for name in ("x", "y", "width", "height")}
            rows["readings"].append(read | _reading(dataset, labels, face, truth))
            rows["landmarks"].append(read | _landmarks(truth))
            rows["colors"].append(read | _colors(truth))
            rows["groups"].append(read | _group(truth))
    schemas = {"readings": READINGS, "landmarks": LANDMARKS, "colors": COLORS, "groups": GROUPS}
    known = {"key": "truth", "input": note["content"]}
    tables = {"scenes": found["scenes"], "faces": faces, **rows}
    schemas |= {"scenes": SCENES, "faces": FACES}
    notes = {"scenes": note, "faces": known | {"crops": int(crops)}}
    for stage, records in tables.items():
        table = pa.Table.from_pylist(records, schemas[stage])
        dataset.tables[stage].write(title, episode, table, notes.get(stage, known))


def _filter(face: Row, bounds: tuple[int, int, int, int]) -> None:
    box = [face[name] for name in ("x", "y", "width", "height")]
    face["blank_edge"] = float(blank_edges(squares(box, CropSettings()), bounds)[0])
    face["keep_reason"] = keep_reason(*box[2:], face["blank_edge"])
    face["keep"] = face["keep_reason"] is None


def _crop(dataset: Dataset, strip: Any, face: Row, bounds: tuple[int, int, int, int]) -> str:
    square = squares([face[name] for name in ("x", "y", "width", "height")], CropSettings())[0]
    name = "-".join(face["face_id"].split("/")[2:]) + ".png"
    path = dataset.crops_folder(face["title"], face["episode"]) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(cut(strip.read, square, bounds, CropSettings().size)))
    return path.relative_to(dataset.path).as_posix()


def _reading(dataset: Dataset, labels: np.ndarray, face: Row, truth: Row) -> Row:
    box = [face[name] for name in ("x", "y", "width", "height")]
    x, y, side = (np.float32(value) for value in reader_squares(box)[0])
    middles = (np.arange(PARSING_SIDE) + 0.5) * (float(side) / PARSING_SIDE)
    columns, lines = np.floor(x + middles).astype(int), np.floor(y + middles).astype(int)
    inside = ((lines >= 0) & (lines < len(labels)))[:, None]
    inside = inside & ((columns >= 0) & (columns < labels.shape[1]))
    grid = np.ix_(lines.clip(0, len(labels) - 1), columns.clip(0, labels.shape[1] - 1))
    parsing = np.where(inside, labels[grid], 0).astype(np.uint8)
    path = dataset.path / "parsing" / f"{face['face_id']}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", parsing)[1].tobytes())
    seed = int.from_bytes(hashlib.sha256(truth["character"].encode()).digest()[:8], "big")
    embedding = np.random.default_rng(seed).normal(size=128)
    return {
        "reader": READER,
        "face_probability": 1.0,
        "woman": float(truth["gender"] == "woman"),
        "glasses": float(truth["glasses"]),
        "facial_hair": float(truth["facial_hair"] is not None),
        "hat": float(truth["hat"]),
        **{name: truth[name] for name in ("yaw", "pitch", "roll")},
        "embedding": embedding / np.linalg.norm(embedding),
        "parsing": path.relative_to(dataset.path).as_posix(),
        "parsing_x": x,
        "parsing_y": y,
        "parsing_side": side,
    }


def _landmarks(truth: Row) -> Row:
    points = np.reshape(truth["landmarks"], (68, 2))
    visible = np.asarray(truth["landmark_visible"], float)
    return {
        "backend": READER,
        "landmarks": points.reshape(-1),
        "landmarks_z": truth["landmarks_z"],
        "landmark_confidence": visible,
        **{name: truth[name] for name in ("yaw", "pitch", "roll", "view")},
        "quality": float(visible.mean()),
        "align": similarity(five(points), np.array(CANONICAL)),
    }


def five(points: np.ndarray) -> np.ndarray:
    """(5, 2): middles of the eyes, tip of the nose, corners of the mouth."""
    eyes = points[36:42].mean(0), points[42:48].mean(0)
    return np.stack([*eyes, points[30], points[48], points[54]])


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4,) a, b, tx, ty of the least-squares map (a x - b y + tx, b x + a y + ty)."""
    (x, y), one, zero = source.T, np.ones(len(source)), np.zeros(len(source))
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    return np.linalg.lstsq(system, target.T.reshape(-1), rcond=None)[0]


def _colors(truth: Row) -> Row:
    row: Row = {name: truth[name] for name in _COLORS}
    row |= {f"{name}_raw": truth[f"{name}_raw"] for name in _COLORS}
    for name in _COLORS:
        row |= {f"{name}_share": 1.0, f"{name}_spread": 0.0, f"{name}_confidence": 1.0}
    return row


def _group(truth: Row) -> Row:
    row = {name: truth[name] for name in ("gender", "glasses", "group")}
    return row | {"group_probability": 1.0, "group_source": READER}


def name_characters(dataset: Dataset) -> dict[str, str]:
    """Write the characters of the drawing, and join the manifest; those of kept faces by id."""
    source = dataset.path.with_name(f"{dataset.path.name}-source")
    tables = StageTables(source / "truth" / "tables" / "truth", TRUTH)
    rows = []
    for title, episode in tables.episodes():
        for truth in tables.read(title, episode).to_pylist():
            row = {name: truth[name] for name in ("face_id", "title", "episode", "character")}
            rows.append(row | {"confidence": 1.0})
    table = pa.Table.from_pylist(rows, CHARACTERS)
    pq.write_table(table, dataset.path / "tables" / "characters.parquet")
    finish_run(dataset, "characters", datetime.now(timezone.utc), {})
    faces = dataset.tables["faces"]
    kept = {
        row["face_id"]
        for name in faces.episodes()
        for row in faces.read(*name).to_pylist()
        if row["keep"]
    }
    return {row["face_id"]: row["character"] for row in rows if row["face_id"] in kept}


def spoil(dataset: Dataset, change: Callable[[list[dict]], object]) -> list[dict[str, Any]]:
    """Change the manifest's kept rows in place, and drop the others."""
    path = dataset.path / "manifest.parquet"
    rows = [row for row in pq.read_table(path).to_pylist() if row["keep"]]
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST), path)
    return rows

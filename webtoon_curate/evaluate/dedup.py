"""How well clusters of duplicates are found, on drawn episodes whose copies are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.crops import CropSettings, blank_edges, keep_reason, page_bounds, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.stage import DedupSettings, find_duplicates
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.schema import FACES, SCENES
from webtoon_curate.stages import finish_run
from webtoon_curate.tables import StageTables

JITTER = 0.03
"""Standard deviation of a detector's boxes, in sides of the box."""


@dataclass(frozen=True)
class DedupFigures:
    """What was found of what is there.

    Attributes:
        faces: kept ones.
        copies, found: of each kind of edit, those of which another face of the same drawing is
            kept, and those in a cluster with one.
        joined, right: of each kind in the table `clusters`, its faces, and those whose cluster
            holds another face of the same drawing.
        pairs, right_pairs: of faces in one cluster, and those of one drawing.
    """

    faces: int
    copies: dict[str, int]
    found: dict[str, int]
    joined: dict[str, int]
    right: dict[str, int]
    pairs: int
    right_pairs: int


def drawn_dataset(path: Path, episodes: int, seed: int) -> tuple[Dataset, dict[str, Any]]:
    """A dataset of drawn episodes, its boxes the true ones moved as a detector's would be.

    Args:
        path: a new folder; the pages are drawn in `<path>-source`.
        episodes, seed: of the drawing.

    Returns:
        The dataset, and by face_id the face_id of its drawing's first face, and its edit.
    """
    from webtoon_curate.synth.episode import SynthSettings, synth_episodes
    from webtoon_curate.synth.truth import TRUTH

    source = path.with_name(f"{path.name}-source")
    synth_episodes(source, episodes, SynthSettings(seed=seed))
    dataset = Dataset.create(path)
    ingest_sources(dataset, source, IngestSettings(license="CC0-1.0"))
    schemas = {"faces": FACES, "scenes": SCENES, "truth": TRUTH}
    tables = {
        name: StageTables(source / "truth" / "tables" / name, schema)
        for name, schema in schemas.items()
    }
    rng, truth = np.random.default_rng(seed), {}
    for title, episode in tables["faces"].episodes():
        for row in tables["truth"].read(title, episode).to_pylist():
            truth[row["face_id"]] = (row["copy_of"] or row["face_id"], row["edit"])
        note = dataset.tables["scenes"].note(title, episode) or {}
        scenes = tables["scenes"].read(title, episode)
        dataset.tables["scenes"].write(title, episode, scenes, note)
        rows = tables["faces"].read(title, episode).to_pylist()
        _place(dataset, title, episode, rows, rng)
        made = {"key": f"truth-{seed}", "input": note["content"], "crops": 0}
        dataset.tables["faces"].write(title, episode, pa.Table.from_pylist(rows, FACES), made)
    finish_run(dataset, "detect", datetime.now(timezone.utc), {})
    return dataset, truth


def _place(
    dataset: Dataset, title: str, episode: str, rows: list[dict[str, Any]], rng: np.random.Generator
) -> None:
    layout = dataset.tables["pages"].read(title, episode)["layout"][0].as_py()
    with episode_strip(dataset, title, episode) as strip:
        bounds = page_bounds(strip.pages, layout)
    for row in rows:
        moved = rng.normal(0, JITTER, 4)
        for name, by, of in zip(("x", "y", "width", "height"), moved, ("width", "height") * 2):
            row[name] += by * row[of]
        box = np.array([[row[name] for name in ("x", "y", "width", "height")]], np.float32)
        row["blank_edge"] = float(blank_edges(squares(box, CropSettings()), bounds[row["page"]])[0])
        row["keep_reason"] = keep_reason(row["width"], row["height"], row["blank_edge"])
        row["keep"] = row["keep_reason"] is None


def evaluate_dedup(
    path: Path, episodes: int, settings: DedupSettings, *, seed: int = 0, jobs: int = 1
) -> DedupFigures:
    """Draw episodes in a new folder, find their duplicates, and count.

    Args:
        path: a new folder.
        episodes, seed: of the drawing.
        settings: of the search.
        jobs: episodes hashed side by side.
    """
    dataset, truth = drawn_dataset(path, episodes, seed)
    find_duplicates(dataset, settings, jobs=jobs)
    return figures(dataset, truth)


def figures(dataset: Dataset, truth: dict[str, Any]) -> DedupFigures:
    """Count what is right in the table `clusters`.

    Args:
        dataset: with hashes and clusters.
        truth: of `drawn_dataset`.
    """
    kept = [
        face
        for names in dataset.tables["hashes"].episodes()
        for face in dataset.tables["hashes"].read(*names)["face_id"].to_pylist()
    ]
    table = pq.read_table(dataset.path / "tables" / "clusters.parquet").to_pylist()
    cluster = {row["face_id"]: row["duplicate_cluster"] for row in table}
    drawings: dict[str, list[str]] = {}
    clusters: dict[str, list[str]] = {}
    for face in kept:
        drawings.setdefault(truth[face][0], []).append(face)
        if face in cluster:
            clusters.setdefault(cluster[face], []).append(face)
    copies: dict[str, int] = {}
    found: dict[str, int] = {}
    for face in kept:
        others = [other for other in drawings[truth[face][0]] if other != face]
        if (edit := truth[face][1]) and others:
            copies[edit] = copies.get(edit, 0) + 1
            near = face in cluster and any(cluster.get(o) == cluster[face] for o in others)
            found[edit] = found.get(edit, 0) + near
    joined: dict[str, int] = {}
    right: dict[str, int] = {}
    for row in table:
        kind, face = row["kind"], row["face_id"]
        others = [other for other in clusters[cluster[face]] if other != face]
        joined[kind] = joined.get(kind, 0) + 1
        right[kind] = right.get(kind, 0) + any(truth[o][0] == truth[face][0] for o in others)
    sizes = [len(members) for members in clusters.values()]
    same = [
        sum(truth[o][0] == truth[face][0] for o in members) - 1
        for members in clusters.values()
        for face in members
    ]
    ordered = (dict(sorted(part.items())) for part in (copies, found, joined, right))
    return DedupFigures(len(kept), *ordered, sum(n * (n - 1) // 2 for n in sizes), sum(same) // 2)

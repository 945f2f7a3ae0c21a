"""Drawn episodes, of which is known who is who, to measure the clustering of characters on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import linear_of, oklab_of
from webtoon_curate.characters.clustering import SIMILARITY, Faces, characters, places
from webtoon_curate.crops import page_bounds
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.characters import CharacterFigures, figures
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import readings_of
from webtoon_curate.landmarks.patches import Patches, cut_patch
from webtoon_curate.reader import FaceReader
from webtoon_curate.schema import FACES
from webtoon_curate.synth.truth import TRUTH
from webtoon_curate.tables import StageTables

SHORT_EDGE = 64
"""Pixels; smaller faces are left out, as by `detect`."""
LENGTH = 128
Row = dict[str, Any]


def evaluate_drawn_characters(
    reader: FaceReader | None = None,
    *,
    episodes: int = 6,
    panels: int = 40,
    noise: float = 0.0,
    colors: bool = True,
    heldout: bool = False,
    similarity: float = SIMILARITY,
    seed: int = 0,
    jobs: int = 1,
) -> CharacterFigures:
    """Draws episodes and clusters their faces.

    Args:
        reader: gives the embeddings; None for a random vector a character, the same in all faces.
        episodes: how many; three in a row make a title.
        panels: an episode at least has.
        noise: length of the Gaussian noise that is added to each embedding.
        colors: use the hair and eye colors of the drawing, which have no errors.
        heldout: draw in the styles that no model is trained on.
        similarity: see `webtoon_curate.characters.clustering.SIMILARITY`.
        seed: of the drawing and the noise.
        jobs: processes that draw.

    Raises:
        DatasetError: if no face is large enough.
    """
    from webtoon_curate.synth.episode import SynthSettings, synth_episodes

    rng = np.random.default_rng([seed, 1])
    by_title: dict[str, list[tuple[Row, NDArray[np.float64]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "drawn"
        settings = SynthSettings(seed=seed, panels=panels, heldout=heldout)
        synth_episodes(source, episodes, settings, jobs=jobs)
        for row, vector in _drawn_faces(source, Path(folder) / "data", reader):
            by_title.setdefault(row["title"], []).append((row, vector))
    if not by_title:
        raise DatasetError("no face was drawn large enough: draw more panels")
    found, truth = [], []
    for drawn in by_title.values():
        vectors = np.array([vector for _, vector in drawn])
        vectors += rng.normal(size=vectors.shape) * noise / LENGTH**0.5
        rows = [row for row, _ in drawn]
        found.append(characters(_faces(rows, vectors, colors), similarity)[0])
        truth.append([row["character"] for row in rows])
    return figures(found, truth)


def _faces(rows: list[Row], vectors: NDArray[np.float64], colors: bool) -> Faces:
    """A title's faces, that nobody named, with vectors of any length."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scenes = np.unique([f"{row['episode']}/{row['scene']}" for row in rows], return_inverse=True)[1]
    tops, heights = (np.array([row[name] for row in rows]) for name in ("y", "height"))
    return Faces(
        vectors.astype(np.float32),
        _looks(rows) if colors else np.full((len(rows), 2, 3), np.nan),
        places(scenes, tops, heights),
        np.full(len(rows), -1),
    )


def _drawn_faces(
    source: Path, path: Path, reader: FaceReader | None
) -> Iterator[tuple[Row, NDArray[np.float64]]]:
    """(truth, embedding) of each face, episode by episode."""
    dataset = Dataset.create(path)
    ingest_sources(dataset, source, IngestSettings())
    tables = {
        name: StageTables(source / "truth" / "tables" / name, schema)
        for name, schema in (("faces", FACES), ("truth", TRUTH))
    }
    for title, episode in tables["faces"].episodes():
        faces, truths = (tables[name].read(title, episode).to_pylist() for name in tables)
        large = [i for i, f in enumerate(faces) if min(f["width"], f["height"]) >= SHORT_EDGE]
        rows = [faces[i] | truths[i] for i in large]
        if not rows:
            continue
        if reader is None:
            vectors = [_own_vector(row["character"]) for row in rows]
        else:
            vectors = list(_read(dataset, rows, reader, title, episode))
        yield from zip(rows, vectors)


def _own_vector(character: str) -> NDArray[np.float64]:
    """(128,) of length 1, by the name."""
    rng = np.random.default_rng(list(character.encode()))
    vector = rng.normal(size=LENGTH)
    return vector / np.linalg.norm(vector)


def _read(
    dataset: Dataset, rows: list[Row], reader: FaceReader, title: str, episode: str
) -> NDArray[np.float64]:
    """(n, 128) embeddings of the faces, as `landmarks` reads them."""
    boxes = np.array([[row[n] for n in ("x", "y", "width", "height")] for row in rows])
    with episode_strip(dataset, title, episode) as strip:
        layout = dataset.tables["pages"].read(title, episode)["layout"][0].as_py()
        bounds = page_bounds(strip.pages, layout)
        backend = ReaderBackend(reader)
        cuts = [
            cut_patch(strip.read, box, bounds[row["page"]], backend.framing)
            for row, box in zip(rows, boxes.reshape(-1, 4))
        ]
    found = readings_of(backend, Patches.stacked(cuts, backend.framing))
    return found.embedding.astype(np.float64)


def _looks(rows: list[Row]) -> NDArray[np.float64]:
    """(n, 2, 3) OKLab of hair and eyes; NaN where a drawing has no colors."""
    parts = ("hair_color", "left_eye_color", "right_eye_color")
    hair, left, right = (
        oklab_of(linear_of(np.array([row[part] for row in rows], np.uint8))) for part in parts
    )
    painted = np.array([row["painted"] for row in rows])
    looks = np.stack([hair, (left + right) / 2], axis=1)
    return np.where(painted[:, None, None], looks, np.nan)

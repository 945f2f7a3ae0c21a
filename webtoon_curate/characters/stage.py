"""The `characters` stage: the faces of each title, clustered, in `tables/characters.parquet`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.attributes.colorspace import linear_of, oklab_of
from webtoon_curate.attributes.palette import SURE
from webtoon_curate.characters.clustering import Faces, characters, places
from webtoon_curate.characters.settings import CharacterSettings
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import digest, replacing
from webtoon_curate.joined import same_boxes
from webtoon_curate.labels.embeddings import (
    NOTHING,
    Embedded,
    NotReadError,
    embedded_faces,
    least_chance,
)
from webtoon_curate.labels.fold import Label, Labels, labels_of
from webtoon_curate.lock import writing
from webtoon_curate.schema import CHARACTERS
from webtoon_curate.stages import OnProgress, Progress, Summary, finish_run
from webtoon_curate.tables import readable, whole_table
from webtoon_curate.wording import quoted

STAGE = "characters"
MAX_FACES = 200_000
"""Of a title: more is more than any work has."""
_TITLES = b"titles"
"""Key in the file's metadata: the digest of all that each title's rows were made of."""
_MADE_OF = ("faces", "readings", "colors")
_ROW_GROUP = 65_536


@dataclass(frozen=True)
class _Title:
    name: str
    episodes: list[str]
    labels: dict[str, list[Label]]
    key: str


def find_characters(
    dataset: Dataset,
    settings: CharacterSettings | None = None,
    *,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Cluster the faces of each title whose readings, colors, labels or settings have changed.

    Writes `tables/characters.parquet` and joins the manifest. An episode that was not read yet is a
    reject; its title is done without it, and again when it has been read.

    Args:
        dataset: with readings, of `landmarks`.
        settings: of the clustering.
        limit: only the first so many titles; others keep the rows that they have.
        force: also titles that are done.
        on_progress: called as titles are done.

    Raises:
        DatasetError: if no face was read yet.
    """
    settings = settings or CharacterSettings()
    started = datetime.now(timezone.utc)
    with writing(dataset.path, STAGE):
        titles = _titles(dataset, settings, labels_of(dataset))
        done = _done(dataset)
        keys = {title.name: title.key for title in titles}
        todo = set(_waiting(titles[:limit], done, force))
        kept = {name: key for name, key in done.items() if name in keys and name not in todo}
        notes = {name: keys[name] for name in sorted(todo)} | kept
        counts = {"titles": 0, "faces": 0, "characters": 0}
        dataset.record_settings(STAGE, asdict(settings))
        if todo or notes != done:
            _write(dataset, titles, todo, notes, settings, counts, on_progress)
        finish_run(dataset, STAGE, started, counts)
    skipped = len(titles[:limit]) - len(todo)
    covered = [(title.name, episode) for title in titles[:limit] for episode in title.episodes]
    rejects = dataset.refused(STAGE, covered)
    return Summary(dataset.path, STAGE, len(todo), skipped, counts, rejects)


def _write(
    dataset: Dataset,
    titles: Sequence[_Title],
    todo: set[str],
    notes: dict[str, str],
    settings: CharacterSettings,
    counts: dict[str, int],
    on_progress: OnProgress | None,
) -> None:
    """Write the table: the rows of the titles in `todo` made anew, those of the others as before.

    Titles, faces and characters that are done are added to `counts`.
    """
    schema = CHARACTERS.with_metadata({**CHARACTERS.metadata, _TITLES: json.dumps(notes).encode()})
    with (
        replacing(table_path(dataset)) as part,
        pq.ParquetWriter(part, schema, compression="zstd") as writer,
    ):
        for title in titles:
            if title.name not in todo:
                table = _of_title(dataset, title.name)
            else:
                table = _clustered(dataset, title, settings)
                counts["titles"] += 1
                counts["faces"] += len(table)
                counts["characters"] += pc.count_distinct(table["character"]).as_py()
                if on_progress is not None:
                    on_progress(Progress(STAGE, counts["titles"], len(todo), dict(counts)))
            writer.write_table(table.cast(schema), row_group_size=_ROW_GROUP)


def to_do(
    dataset: Dataset,
    settings: CharacterSettings,
    *,
    limit: int | None = None,
    force: bool = False,
) -> list[str]:
    """The titles that `find_characters` would cluster."""
    titles = _titles(dataset, settings, labels_of(dataset))[:limit]
    return _waiting(titles, _done(dataset), force)


def _waiting(titles: Sequence[_Title], done: dict[str, str], force: bool) -> list[str]:
    """The names of those that are not done as they are."""
    return [title.name for title in titles if force or done.get(title.name) != title.key]


def table_path(dataset: Dataset) -> Path:
    """Where the clusters are written."""
    return dataset.path / "tables" / f"{STAGE}.parquet"


def _titles(dataset: Dataset, settings: CharacterSettings, labels: Labels) -> list[_Title]:
    episodes: dict[str, list[str]] = {}
    for title, episode in dataset.tables["faces"].episodes():
        if dataset.current("faces", title, episode):
            episodes.setdefault(title, []).append(episode)
    if not episodes:
        raise DatasetError(dataset.why_no_faces())
    every = [(title, name) for title, names in episodes.items() for name in names]
    if not any(dataset.current("readings", *name) for name in every):
        raise DatasetError(
            f"no face of {dataset.path} was read yet; first run: "
            f"webtoon-curate landmarks {quoted(dataset.path)}"
        )
    titles = []
    for title, names in episodes.items():
        said = {name: labels.get((title, name), []) for name in names}
        parts: list[Any] = [asdict(settings), least_chance(dataset)]
        for name in names:
            notes = [dataset.tables[stage].note(title, name) or {} for stage in _MADE_OF]
            words = [
                (asdict(label.face), label.box, label.character, label.deleted, label.keep)
                for label in said[name]
            ]
            parts.append([name, [note.get("key") for note in notes], words])
        titles.append(_Title(title, names, said, digest(parts)))
    return titles


def _done(dataset: Dataset) -> dict[str, str]:
    path = table_path(dataset)
    if not path.exists():
        return {}
    with readable(path, path.with_suffix("")):
        titles: dict[str, str] = json.loads(pq.read_metadata(path).metadata[_TITLES])
        if missing := sorted(set(CHARACTERS.names) - set(pq.read_schema(path).names)):
            raise ValueError(f"it has no column {missing[0]}")
    return titles


def _of_title(dataset: Dataset, title: str) -> pa.Table:
    return whole_table(table_path(dataset), CHARACTERS, title=title)


def _clustered(dataset: Dataset, title: _Title, settings: CharacterSettings) -> pa.Table:
    """The rows of a title."""
    parts = [_read(dataset, title, episode) for episode in title.episodes]
    if not parts or not sum(len(part.rows) for part in parts):
        return CHARACTERS.empty_table()
    rows = pa.concat_tables([part.rows for part in parts])
    if len(rows) > MAX_FACES:
        raise DatasetError(
            f"{title.name} has {len(rows):,} faces; characters are found among up to "
            f"{MAX_FACES:,}: divide the title's episodes into several titles"
        )
    said = rows["character"].combine_chunks().dictionary_encode()
    names = said.indices.fill_null(-1).to_numpy().astype(np.int64)
    colors = [_colors(dataset, part) for part in parts]
    faces = Faces(
        np.concatenate([part.embeddings for part in parts]),
        np.concatenate(colors),
        _places(rows),
        names,
    )
    found, confidence = characters(faces, settings.similarity)
    words = _words(title.name, found, names, said.dictionary.to_pylist())
    character = pa.array(words).take(pa.array(found))
    columns = [rows["face_id"], rows["title"], rows["episode"], character, pa.array(confidence)]
    return pa.table(columns, schema=CHARACTERS)


def _read(dataset: Dataset, title: _Title, episode: str) -> Embedded:
    """The faces of an episode; those that cannot be clustered are rejects."""
    try:
        found = embedded_faces(dataset, title.name, episode, title.labels[episode])
        refused = dict.fromkeys(found.unusable, "its embedding is no vector of length 1")
    except NotReadError as error:
        found = NOTHING
        refused = {f"{title.name}/{episode}": str(error)}
    rejects = [Reject(title.name, episode, STAGE, path, why) for path, why in refused.items()]
    dataset.write_rejects(STAGE, title.name, episode, rejects)
    return found


def _places(rows: pa.Table) -> NDArray[np.int64]:
    episode = rows["episode"].combine_chunks().dictionary_encode().indices.to_numpy()
    scene = rows["scene"].to_numpy().astype(np.int64)
    scenes = episode.astype(np.int64) * (int(scene.max()) + 1) + scene
    return places(scenes, rows["y"].to_numpy(), rows["height"].to_numpy())


def _colors(dataset: Dataset, faces: Embedded) -> NDArray[np.float64]:
    """(n, 2, 3) OKLab of hair and eyes, NaN where they are not known."""
    colors = np.full((len(faces.rows), 2, 3), np.nan)
    if not len(faces.rows):
        return colors
    name = (faces.rows["title"][0].as_py(), faces.rows["episode"][0].as_py())
    if not dataset.current("colors", *name):
        return colors
    table = dataset.tables["colors"].read(*name)
    where = pc.index_in(faces.rows["face_id"], table["face_id"].combine_chunks())
    where = same_boxes(faces.rows, table, where)
    colors[:, 0] = _oklab(table["hair_color"].take(where))
    eyes = [_oklab(_sure(table, f"{side}_eye_color").take(where)) for side in ("left", "right")]
    known = np.isfinite(eyes).sum(axis=0)
    colors[:, 1] = np.where(known, np.nansum(eyes, axis=0) / np.maximum(known, 1), np.nan)
    return colors


def _sure(table: pa.Table, eye: str) -> pa.ChunkedArray:
    """A column of eye colors, null where they are as unsure as those without a name."""
    sure = pc.fill_null(pc.greater_equal(table[f"{eye}_confidence"], SURE), False)
    return pc.if_else(sure, table[eye], pa.scalar(None, table[eye].type))


def _oklab(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """(n, 3) OKLab of a column of sRGB colors, NaN for null and for what is no color."""
    colors = np.full((len(column), 3), np.nan)
    known = np.asarray(pc.fill_null(pc.equal(pc.list_value_length(column), 3), False))
    values = column.filter(pa.array(known)).combine_chunks().flatten().to_numpy()
    colors[known] = oklab_of(linear_of(values.reshape(-1, 3)))
    return colors


def _words(
    title: str, found: NDArray[np.int64], names: NDArray[np.int64], said: list[str]
) -> list[str]:
    """The name of each cluster: what people said, else `title/number`, by falling size."""
    taken = {name for name in said if re.fullmatch(re.escape(title) + r"/\d+", name)}
    free: Iterator[str] = (
        name for number in range(1, 10**9) if (name := f"{title}/{number:03d}") not in taken
    )
    named = dict(zip(found[names >= 0].tolist(), names[names >= 0].tolist()))
    return [
        said[named[cluster]] if cluster in named else next(free)
        for cluster in range(int(found.max()) + 1)
    ]

"""The `dedup` stage: hashes episode by episode, then clusters over the whole dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.clusters import (
    Clusters,
    Links,
    clusters,
    embedding_links,
    exact_groups,
    hash_links,
    nearest_links,
)
from webtoon_curate.dedup.hash_stage import TABLE, hash_episode
from webtoon_curate.dedup.judging import judged, redrawn
from webtoon_curate.dedup.settings import DedupSettings
from webtoon_curate.dedup.stored import BOX, Stored
from webtoon_curate.errors import DatasetError
from webtoon_curate.face_stages import FaceTask, face_tasks, run_face_stage
from webtoon_curate.files import replacing
from webtoon_curate.joined import same_boxes
from webtoon_curate.schema import CLUSTERS, HASHES
from webtoon_curate.stages import OnProgress, Summary
from webtoon_curate.wording import quoted

_AFTER = ("faces",)
"""What `detect` cuts otherwise is hashed again, also where the boxes are the same."""
EMBEDDING_CANDIDATE = 0.8
"""Scalar product from which the reader's neighbours are looked at; their pictures decide."""
NEAREST, FARTHEST, SMALL_TITLE = 6, 26, 5_000
"""In titles of at most so many faces, all are compared, and of each the nearest are candidates."""
TITLE_DISTANCE, LARGE_TITLE, PER_FACE = (16, 10), 10_000, 3
"""Within larger titles, hashes up to 16 bits apart are candidates (10 where it has more faces than
`LARGE_TITLE`), for each face the nearest few: a box that lies a little otherwise moves 4 to 24 bits
(`evaluate dedup` with the drawing seed 7)."""
_ROW_GROUP = 65_536
"""Rows of the table that are read at once, at most: those of one title are joined at a time."""


def find_duplicates(
    dataset: Dataset,
    settings: DedupSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Hash every kept face of a dataset, find those that show one drawing, write the manifest.

    The clusters are made anew over the whole dataset where anything changed; hashes only of the
    faces that did.

    Args:
        dataset: with faces, from `webtoon_curate.detect.stage.detect_faces`.
        settings: of the search.
        jobs: episodes hashed side by side, threads of the search, and processes that compare.
        limit: hash only the first so many episodes.
        force: also episodes that are done.
        on_progress: called as faces are done.

    Returns:
        Its counts have `clusters`, and the faces of each kind that another one stands for.

    Raises:
        DatasetError: if `detect` has not run.
    """
    settings = settings or DedupSettings()

    def finish() -> dict[str, int]:
        counts = cluster_faces(dataset, settings, jobs)
        dataset.record_settings("dedup", asdict(settings))
        return counts

    return run_face_stage(
        dataset,
        TABLE,
        settings,
        hash_episode,
        resolved=_resolved(settings),
        after=_AFTER,
        jobs=jobs,
        limit=limit,
        force=force,
        on_progress=on_progress,
        finish=finish,
        finish_reads=("readings", "landmarks", "clusters"),
    )


def plan_duplicates(
    dataset: Dataset, settings: DedupSettings, *, limit: int | None = None, force: bool = False
) -> tuple[list[FaceTask], int]:
    """What `find_duplicates` would hash: the episodes, and the number of those that are done."""
    return face_tasks(dataset, TABLE, settings, _resolved(settings), _AFTER, limit, force)


def cluster_faces(dataset: Dataset, settings: DedupSettings, jobs: int = 1) -> dict[str, int]:
    """Write `tables/clusters.parquet` from the tables `hashes`, `readings` and `landmarks`.

    Memory: about 120 bytes a face and 25 a candidate; 64 MB and 512 bytes a face of the largest
    title; 50 MB a job.
    """
    faces = _Faces(dataset, settings.hash)
    exact = exact_groups(faces.pixels, faces.places)
    leaders = np.unique(exact)
    mirrors = faces.mirrored[leaders] if settings.redrawn and settings.hash == "phash" else None
    found = hash_links(faces.hash[leaders], faces.order[leaders], settings.distance, mirrors, jobs)
    parts = [Links(leaders[found.pairs], found.distance, found.mirrored)]
    if settings.redrawn and settings.verify:
        for title in faces.titles():
            parts += _within_title(faces, leaders[slice(*np.searchsorted(leaders, title))], mirrors
                                   is not None, jobs)  # fmt: skip
    links = Links.concatenate(parts)
    like = np.full(len(links), np.nan, np.float32)
    if settings.verify:
        like = judged(faces.stored, links, settings, jobs)
        links, like = links[~np.isnan(like)], like[~np.isnan(like)]
    result = clusters(exact, links, like, faces.rank(), redrawn(links, settings))
    _write(dataset, faces, result)
    kinds, counts = np.unique(result.kind, return_counts=True)
    by_kind = dict(zip(kinds.tolist(), counts.tolist()))
    return {"clusters": by_kind.pop("representative", 0), **by_kind}


def _within_title(
    faces: _Faces, numbers: NDArray[np.int64], mirrored: bool, jobs: int
) -> list[Links]:
    """Candidates for re-drawings among the faces of a title: a few of each, from farther away."""
    hashes, mirrors = faces.hash[numbers], faces.mirrored[numbers] if mirrored else None
    if len(numbers) <= SMALL_TITLE:
        straight = nearest_links(hashes, hashes, NEAREST, FARTHEST)
        turned = Links.of([], 0)
        if mirrors is not None:
            turned = nearest_links(hashes, mirrors, NEAREST, FARTHEST, True)
    else:
        distance = TITLE_DISTANCE[len(numbers) > LARGE_TITLE]
        links = hash_links(hashes, faces.order[numbers], distance, mirrors, jobs)
        turned = links[links.mirrored].nearest(PER_FACE)
        straight = links[~links.mirrored].nearest(PER_FACE)
    alike = embedding_links(faces.stored.embeddings(numbers), EMBEDDING_CANDIDATE)
    found = [turned, straight, alike]
    if mirrored:
        found.append(Links(alike.pairs, alike.distance, ~alike.mirrored))
    return [Links(numbers[part.pairs], part.distance, part.mirrored) for part in found]


class _Faces:
    """What is known of every hashed face, in columns; names and pictures stay on disk."""

    def __init__(self, dataset: Dataset, kind: str) -> None:
        self._dataset = dataset
        tables = dataset.tables[TABLE]
        column = kind if kind in ("phash", "dhash") else "other_hash"
        values = (column, "dhash", "phash_mirrored")
        wanted = dict.fromkeys(("face_id", *BOX, "pixel_sha256", "place_sha256", *values))
        episodes = [names for names in tables.episodes() if dataset.current(TABLE, *names)]
        if not episodes:
            raise DatasetError(
                f"no face of {dataset.path} could be hashed; webtoon-curate info "
                f"{quoted(dataset.path)} --rejects says why"
            )
        lengths, parts = [], []
        for names in episodes:
            table = tables.read(*names, tuple(wanted))
            lengths.append(len(table))
            parts.append(self._columns(table, values, names))
        ends = np.cumsum(lengths)
        self.stored = Stored(dataset.path, episodes, np.stack([ends - lengths, ends], axis=1))
        columns = (np.concatenate(column) for column in zip(*parts))
        self.pixels, self.places, self.hash, self.order, self.mirrored, *others = columns
        self._worth, self._size = others

    def _columns(
        self, table: pa.Table, values: tuple[str, ...], names: tuple[str, str]
    ) -> tuple[NDArray[Any], ...]:
        if table[values[0]].null_count:
            raise DatasetError(f"{'/'.join(names)} has hashes of another kind: run with --force")
        try:
            keys = [_digests(table[name]) for name in ("pixel_sha256", "place_sha256")]
        except ValueError:
            raise DatasetError(f"{'/'.join(names)} has damaged hashes: run with --force") from None
        worth = _worth(self._dataset, names, table)
        size = np.sqrt(table["width"].to_numpy() * table["height"].to_numpy())
        return *keys, *(table[name].to_numpy() for name in values), worth, size.astype(np.float32)

    def titles(self) -> Iterator[tuple[int, int]]:
        """The first face of each title, and the one after its last."""
        pairs = zip(self.stored.episodes, self.stored.bounds.tolist())
        for _, several in groupby(pairs, key=lambda pair: pair[0][0]):
            bounds = [own for _, own in several]
            yield bounds[0][0], bounds[-1][1]

    def rank(self) -> NDArray[np.int64]:
        """(n,) 0 for the best: not left out, of better landmarks, then larger, then earlier."""
        # Twice as large counts as much as a quality better by a half.
        worth = self._worth + 0.5 * np.log2(np.maximum(self._size, 1))
        order = np.lexsort((np.arange(len(worth)), -worth))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank


def _digests(column: pa.ChunkedArray) -> NDArray[np.void]:
    """(n,) the first 16 bytes of hexadecimal digests.

    Raises:
        ValueError: if one is none.
    """
    digests = [bytes.fromhex(text)[:16] for text in column.to_pylist()]
    return np.array(digests, "V16") if digests else np.zeros(0, "V16")


def _worth(dataset: Dataset, names: tuple[str, str], table: pa.Table) -> NDArray[np.float32]:
    """(n,) landmark quality, 0-1; unread faces 0.5; below all others where exports leave it out."""
    if not dataset.current("landmarks", *names):
        return np.full(len(table), 0.5, np.float32)
    columns = ("face_id", *BOX, "quality", "keep_reason")
    read = dataset.tables["landmarks"].read(*names, columns)
    where = pc.index_in(table["face_id"], read["face_id"].combine_chunks())
    read = read.take(same_boxes(table, read, where))
    worth = pc.fill_null(read["quality"], 0.5).to_numpy().astype(np.float32)
    return worth - np.float32(100) * read["keep_reason"].is_valid().to_numpy()


def _write(dataset: Dataset, faces: _Faces, found: Clusters) -> None:
    """Sorted as the hashes are: by title, episode and face."""
    ids = faces.stored.ids(found.faces)
    representative = pa.array(np.searchsorted(found.faces, found.representative))
    columns = {
        **{name: ids[name] for name in ids.column_names},
        "duplicate_cluster": ids["face_id"].take(representative),
        "kind": found.kind,
        "likeness": pa.array(found.likeness, pa.float32(), from_pandas=True),
        "distance": pa.array(found.distance, pa.int32(), mask=found.distance < 0),
    }
    with replacing(dataset.path / "tables" / "clusters.parquet") as part:
        table = pa.table(columns, schema=CLUSTERS)
        pq.write_table(table, part, compression="zstd", row_group_size=_ROW_GROUP)


def _resolved(settings: DedupSettings) -> dict[str, Any]:
    other = None if settings.hash in ("phash", "dhash") else settings.hash
    return {"other_hash": other, "columns": HASHES.names}

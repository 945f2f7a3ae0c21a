"""The `dedup` stage: hashes episode by episode, then clusters over the whole dataset."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
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
from webtoon_curate.dedup.hashes import SMALL
from webtoon_curate.dedup.likeness import likeness
from webtoon_curate.dedup.redrawing import SIDE, redrawing
from webtoon_curate.errors import DatasetError
from webtoon_curate.face_stages import FaceTask, face_tasks, run_face_stage
from webtoon_curate.files import replacing
from webtoon_curate.schema import CLUSTERS, HASHES
from webtoon_curate.stages import OnProgress, Summary

EMBEDDING_CANDIDATE = 0.8
"""Scalar product from which the reader's neighbours are looked at; their pictures decide."""
NEAREST, FARTHEST, SMALL_TITLE = 6, 26, 5_000
"""In titles of at most so many faces, all are compared, and of each the nearest are candidates."""
TITLE_DISTANCE, LARGE_TITLE, PER_FACE = (16, 10), 10_000, 3
"""Within larger titles, hashes up to 16 bits apart are candidates (10 where it has more faces than
`LARGE_TITLE`), for each face the nearest few: a box that lies a little otherwise moves 4 to 24 bits
(`evaluate dedup` with the drawing seed 7)."""
WORTH_A_LOOK = 0.55
"""Likeness of the small pictures from which faces are laid over each other; on those pages 0.45
took twice as long and found no more."""
_EMBEDDING = 128
_READ = 16_384
"""Candidates that are judged at a time: their pictures and embeddings are 120 MB at most."""


@dataclass(frozen=True)
class DedupSettings:
    """What decides the clusters.

    Attributes:
        distance: hashes that differ in at most so many of 64 bits are candidates, 0-16.
        hash: `phash`, `dhash`, or another of `imagehash` by name.
        redrawn: look for mirrored drawings, and within titles for edited ones.
        verify: compare the pictures of candidates; else all of them are joined.
        min_likeness: of their small pictures, 0-1, of candidates by hash.
        min_redrawn: of the lines of their faces, 0-1, of all other candidates.
        min_embedding: faces that are less alike to the reader (scalar product) are not joined.
    """

    distance: int = 6
    hash: str = "phash"
    redrawn: bool = True
    verify: bool = True
    min_likeness: float = 0.75
    min_redrawn: float = 0.88
    min_embedding: float = 0.3


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

    The clusters are made anew over the whole dataset in each run; hashes only where faces changed.

    Args:
        dataset: with faces, from `webtoon_curate.detect.stage.detect_faces`.
        settings: of the search.
        jobs: episodes hashed side by side, and threads of the search.
        limit: hash only the first so many episodes.
        force: also episodes that are done.
        on_progress: called as faces are done.

    Returns:
        Its counts have `clusters`, and the faces of each kind that another one stands for.

    Raises:
        DatasetError: if `detect` has not run.
    """
    settings = settings or DedupSettings()
    counts: dict[str, int] = {}

    def finish() -> None:
        counts.update(cluster_faces(dataset, settings, jobs))
        dataset.record_settings("dedup", asdict(settings))

    summary = run_face_stage(
        dataset,
        TABLE,
        settings,
        hash_episode,
        resolved=_resolved(settings),
        jobs=jobs,
        limit=limit,
        force=force,
        on_progress=on_progress,
        finish=finish,
    )
    summary.counts.update(counts)
    return summary


def plan_duplicates(
    dataset: Dataset, settings: DedupSettings, *, limit: int | None = None, force: bool = False
) -> tuple[list[FaceTask], int]:
    """What `find_duplicates` would hash: the episodes, and the number of those that are done."""
    return face_tasks(dataset, TABLE, settings, _resolved(settings), (), limit, force)


def cluster_faces(dataset: Dataset, settings: DedupSettings, jobs: int = 1) -> dict[str, int]:
    """Write `tables/clusters.parquet` from the tables `hashes`, `readings` and `landmarks`.

    Memory: about 120 bytes a face and 25 a candidate, and 120 MB.
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
        like = _judged(faces, links, settings, jobs)
        links, like = links[~np.isnan(like)], like[~np.isnan(like)]
    result = clusters(exact, links, like, faces.rank(), _redrawn(links, settings))
    _write(dataset, faces, result)
    kinds, counts = np.unique(result.kind, return_counts=True)
    by_kind = dict(zip(kinds.tolist(), counts.tolist()))
    return {"clusters": by_kind.pop("representative", 0), **by_kind}


def _redrawn(links: Links, settings: DedupSettings) -> NDArray[np.bool_]:
    """Which links are no near hashes: mirrored ones, far ones, and those by embedding."""
    return links.mirrored | (links.distance < 0) | (links.distance > settings.distance)


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
    alike = embedding_links(faces.embeddings(numbers), EMBEDDING_CANDIDATE)
    found = [turned, straight, alike]
    if mirrored:
        found.append(Links(alike.pairs, alike.distance, ~alike.mirrored))
    return [Links(numbers[part.pairs], part.distance, part.mirrored) for part in found]


def _judged(faces: _Faces, links: Links, settings: DedupSettings, jobs: int) -> NDArray[np.float32]:
    """(k,) of links that are to be joined, how like their pictures are; NaN of the others."""
    parts = [links[start : start + _READ] for start in range(0, len(links), _READ)]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        found = pool.map(lambda part: _judged_part(faces, part, settings), parts)
        return np.concatenate([np.empty(0, np.float32), *found])


def _judged_part(faces: _Faces, links: Links, settings: DedupSettings) -> NDArray[np.float32]:
    like = likeness(*faces.pictures("grey", links))
    good = ~_redrawn(links, settings) & (like >= settings.min_likeness)
    # What is not joined at once is looked at closely.
    rest = np.flatnonzero(~good & (like >= WORTH_A_LOOK))
    rest = rest[~(faces.alike(links.pairs[rest]) < settings.min_embedding)]
    like[rest] = redrawing(*faces.pictures("face", links[rest]))
    good[rest] = like[rest] >= settings.min_redrawn
    near = np.flatnonzero(good & ~np.isin(np.arange(len(links)), rest))
    good[near] = ~(faces.alike(links.pairs[near]) < settings.min_embedding)
    return np.where(good, like, np.float32(np.nan))


class _Faces:
    """What is known of every hashed face, in columns; names and pictures stay on disk."""

    def __init__(self, dataset: Dataset, kind: str) -> None:
        self._dataset = dataset
        self._tables = dataset.tables[TABLE]
        column = kind if kind in ("phash", "dhash") else "other_hash"
        self._episodes: list[tuple[str, str]] = []
        lengths, parts = [], []
        for names in self._tables.episodes():
            if not dataset.current(TABLE, *names):
                continue
            table = self._tables.read(*names)
            self._episodes.append(names)
            lengths.append(len(table))
            parts.append(self._columns(table, column, names))
        if not parts:
            raise DatasetError(f"{dataset.path} has no hashed faces")
        self.starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = (np.concatenate(column) for column in zip(*parts))
        self.pixels, self.places, self.hash, self.order, self.mirrored, *others = columns
        self._worth, self._size = others

    def _columns(self, table: pa.Table, column: str, names: tuple[str, str]) -> tuple[Any, ...]:
        if table[column].null_count:
            raise DatasetError(f"{'/'.join(names)} has hashes of another kind: run with --force")
        keys = (_digests(table[name]) for name in ("pixel_sha256", "place_sha256"))
        worth = _worth(self._dataset, names, table)
        size = np.sqrt(table["width"].to_numpy() * table["height"].to_numpy())
        values = (table[name].to_numpy() for name in (column, "dhash", "phash_mirrored"))
        return *keys, *values, worth, size.astype(np.float32)

    def titles(self) -> Iterator[tuple[int, int]]:
        """The first face of each title, and the one after its last."""
        begin = 0
        for number, (title, _) in enumerate(self._episodes):
            if number + 1 == len(self._episodes) or self._episodes[number + 1][0] != title:
                yield int(self.starts[begin]), int(self.starts[number + 1])
                begin = number + 1

    def rank(self) -> NDArray[np.int64]:
        """(n,) 0 for the best: not left out, of better landmarks, then larger, then earlier."""
        # Twice as large counts as much as a quality better by a half.
        worth = self._worth + 0.5 * np.log2(np.maximum(self._size, 1))
        order = np.lexsort((np.arange(len(worth)), -worth))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank

    def pictures(self, name: str, links: Links) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(k, side, side) both pictures of each link, the second mirrored where it is to be."""
        side = {"grey": SMALL, "face": SIDE}[name]
        wanted = np.unique(links.pairs)
        known = np.empty((len(wanted), side, side), np.uint8)
        for names, where, rows in self._reading(wanted):
            column = self._tables.read(*names)[name].take(pa.array(rows))
            joined = b"".join(column.to_pylist())
            if len(joined) != len(rows) * side * side:
                raise DatasetError(f"{'/'.join(names)} has damaged hashes: run with --force")
            known[where] = np.frombuffer(joined, np.uint8).reshape(-1, side, side)
        first, second = (known[np.searchsorted(wanted, links.pairs[:, end])] for end in (0, 1))
        second[links.mirrored] = second[links.mirrored][:, :, ::-1]
        return first, second

    def embeddings(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(k, 128) of the reader, NaN where there is none, of faces, ascending."""
        out = np.full((len(numbers), _EMBEDDING), np.nan, np.float32)
        for names, where, rows in self._reading(numbers):
            if not self._dataset.current("readings", *names):
                continue
            ids = self._tables.read(*names)["face_id"].take(pa.array(rows)).to_pylist()
            read = self._dataset.tables["readings"].read(*names).select(["face_id", "embedding"])
            known = dict(zip(*(read[name].to_pylist() for name in read.column_names)))
            for place, face_id in zip(range(where.start, where.stop), ids):
                if len(known.get(face_id) or ()) == _EMBEDDING:
                    out[place] = known[face_id]
        return out

    def alike(self, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
        """(k,) scalar products of the reader's embeddings, NaN where one is missing."""
        wanted = np.unique(pairs)
        vectors = self.embeddings(wanted)
        first, second = (vectors[np.searchsorted(wanted, pairs[:, end])] for end in (0, 1))
        return np.einsum("ij,ij->i", first, second)

    def ids(self, numbers: NDArray[np.int64]) -> list[tuple[str, str, str]]:
        """face_id, title and episode of faces, ascending."""
        out = []
        for names, _, rows in self._reading(numbers):
            ids = self._tables.read(*names)["face_id"].take(pa.array(rows)).to_pylist()
            out += [(face_id, *names) for face_id in ids]
        return out

    def _reading(
        self, numbers: NDArray[np.int64]
    ) -> Iterator[tuple[tuple[str, str], slice, NDArray[np.int64]]]:
        """Each episode with some of the faces: its names, their places, and their rows in it."""
        bounds = np.searchsorted(numbers, self.starts)
        for number, names in enumerate(self._episodes):
            where = slice(int(bounds[number]), int(bounds[number + 1]))
            if where.stop > where.start:
                yield names, where, numbers[where] - self.starts[number]


def _digests(column: pa.ChunkedArray) -> NDArray[np.void]:
    """(n,) the first 16 bytes of hexadecimal digests."""
    digests = [bytes.fromhex(text)[:16] for text in column.to_pylist()]
    return np.array(digests, "V16") if digests else np.zeros(0, "V16")


def _worth(dataset: Dataset, names: tuple[str, str], table: pa.Table) -> NDArray[np.float32]:
    """(n,) landmark quality, 0-1; unread faces 0.5; below all others where exports leave it out."""
    worth = np.full(len(table), 0.5, np.float32)
    if not dataset.current("landmarks", *names):
        return worth
    read = dataset.tables["landmarks"].read(*names).select(["face_id", "quality", "keep_reason"])
    known = {row["face_id"]: row for row in read.to_pylist()}
    for number, face_id in enumerate(table["face_id"].to_pylist()):
        if row := known.get(face_id):
            left_out = row["keep_reason"] is not None
            worth[number] = row["quality"] - (100 if left_out else 0)
    return worth


def _write(dataset: Dataset, faces: _Faces, found: Clusters) -> None:
    """Sorted as the hashes are: by title, episode and face."""
    ids = faces.ids(found.faces)
    names = {int(number): row[0] for number, row in zip(found.faces, ids)}
    columns = {
        "face_id": [row[0] for row in ids],
        "title": [row[1] for row in ids],
        "episode": [row[2] for row in ids],
        "duplicate_cluster": [names[int(number)] for number in found.representative],
        "kind": found.kind.tolist(),
        "likeness": pa.array(found.likeness, pa.float32(), from_pandas=True),
        "distance": pa.array(found.distance, pa.int32(), mask=found.distance < 0),
    }
    with replacing(dataset.path / "tables" / "clusters.parquet") as part:
        pq.write_table(pa.table(columns, schema=CLUSTERS), part, compression="zstd")


def _resolved(settings: DedupSettings) -> dict[str, Any]:
    other = None if settings.hash in ("phash", "dhash") else settings.hash
    return {"other_hash": other, "columns": HASHES.names}

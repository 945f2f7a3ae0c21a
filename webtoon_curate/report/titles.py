"""What was found in each title and episode, so that a style that the detector fails on shows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from webtoon_curate.dataset import Dataset

Name = tuple[str, str]
_Z = 1.96
"""Of a 95% interval."""
STANDS_OUT = 0.6
"""A title stands out when even the upper end of its interval is below this share of the median of
the other titles: at half, an interval of any width would hide a detector that finds half."""


class SceneCounts:
    """Counts panels with and without faces from a manifest's rows, in the manifest's order."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # A manifest from elsewhere may name episodes that are not here, as no file can be named.
        self._known = {name: i for i, name in enumerate(dataset.tables["scenes"].episodes())}
        self._name: Name | None = None
        self._row: dict[str, Any] = {}
        self._scenes: set[int] = set()
        self._done: dict[Name, dict[str, Any]] = {}

    def add(self, table: pa.Table) -> None:
        """Count a batch with `title`, `episode`, `scene`, `kept` and `score`."""
        grouped = table.group_by(["title", "episode", "scene"], use_threads=False).aggregate(
            [([], "count_all"), ("kept", "sum"), ("score", "sum")]
        )
        names = ("title", "episode", "scene", "count_all", "kept_sum", "score_sum")
        rows = zip(*(grouped[name].to_pylist() for name in names))
        for title, episode, scene, faces, kept, score in rows:
            if (title, episode) != self._name:
                self._finish()
                self._begin((title, episode))
            self._scenes.add(scene)
            self._row["faces"] += faces
            self._row["kept"] += kept or 0
            self._row["score"] += score or 0.0

    def episodes(self) -> list[dict[str, Any]]:
        """A row an episode, also of those without faces: `title`, `episode`, `panels`,
        `with_faces` (None without scenes), `faces`, `kept` (None before `detect`), `score` (sum).
        """
        self._finish()
        for name in self._known:
            if name not in self._done:
                self._begin(name)
                if not self._dataset.current("faces", *name):
                    self._row |= {"faces": None, "kept": None}
                self._finish()
        return [self._done[n] for n in sorted(self._done, key=lambda n: self._known.get(n, -1))]

    def _begin(self, name: Name) -> None:
        self._name = name
        # An episode whose rows do not lie together, as only other programs write them, goes on.
        fresh = {"title": name[0], "episode": name[1], "faces": 0, "kept": 0, "score": 0.0}
        self._row = self._done.get(name, fresh)
        self._scenes = set()

    def _finish(self) -> None:
        if self._name is None:
            return
        panels = found = None
        if self._name in self._known:
            table = self._dataset.tables["scenes"].read(*self._name, ("scene", "kind"))
            kinds = zip(table["scene"].to_pylist(), table["kind"].to_pylist())
            drawn = {scene for scene, kind in kinds if kind == "panel"}
            panels = len(drawn)
            found = min(panels, self._row.get("with_faces", 0) + len(drawn & self._scenes))
            if self._row["faces"] is None:
                found = None
        self._done[self._name] = self._row | {"panels": panels, "with_faces": found}
        self._name = None


def by_title(episodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a title, those with the smallest share of panels with faces first.

    Each has `title`, `episodes`, `detected` (episodes with `detect` done), `panels`, `with_faces`,
    `share` with `low` and `high` of its 95% interval (Wilson 1927), `faces`, `kept`,
    `per_panel`, `score` (mean) and `stands_out`. Panels count where `detect` has run.
    """
    titles = [_title(title, list(rows)) for title, rows in _grouped(episodes)]
    shares = sorted(row["share"] for row in titles if row["share"] is not None)
    for row in titles:
        row["stands_out"] = (
            row["share"] is not None
            and len(shares) > 1
            and row["high"] < STANDS_OUT * median_without(shares, row["share"])
        )
    return sorted(
        titles,
        key=lambda row: (
            not row["stands_out"],
            row["share"] is None,
            row["share"] or 0.0,
            row["title"],
        ),
    )


def _grouped(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    return groupby(sorted(rows, key=lambda row: row["title"]), key=lambda row: row["title"])


def _title(title: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    done = [row for row in rows if row["faces"] is not None]
    cut = [row for row in done if row["panels"] is not None]
    faces = sum(row["faces"] for row in done)
    panels, found = (sum(row[name] for row in cut) for name in ("panels", "with_faces"))
    low, high = wilson(found, panels) if panels else (None, None)
    return {
        "title": title,
        "episodes": len(rows),
        "detected": len(done),
        "panels": panels,
        "with_faces": found,
        "share": round(found / panels, 4) if panels else None,
        "low": low,
        "high": high,
        "faces": faces,
        "kept": sum(row["kept"] for row in done),
        "per_panel": round(sum(row["faces"] for row in cut) / panels, 4) if panels else None,
        "score": round(sum(row["score"] for row in done) / faces, 4) if faces else None,
    }


def median_without(values: Sequence[float], one: float) -> float:
    """The median of two sorted values or more without one of them: of thousands of titles each
    wants its own."""
    left_out, rest = bisect_left(values, one), len(values) - 1
    low, high = (at + (at >= left_out) for at in ((rest - 1) // 2, rest // 2))
    return (values[low] + values[high]) / 2


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927); `tries` at least 1."""
    share, square = hits / tries, _Z * _Z
    middle = (share + square / (2 * tries)) / (1 + square / tries)
    half = _Z / (1 + square / tries)
    half *= np.sqrt(share * (1 - share) / tries + square / (4 * tries * tries))
    return round(float(max(0.0, middle - half)), 4), round(float(min(1.0, middle + half)), 4)

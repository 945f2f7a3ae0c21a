"""The first pass over the manifest: everything that is counted face by face."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from webtoon_curate.dataset import Dataset
from webtoon_curate.report.counts import Histogram, Tally
from webtoon_curate.report.rows import Rows, numbers, truths
from webtoon_curate.report.titles import SceneCounts, by_title

HISTOGRAMS = {
    "size": (0, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024),
    "score": tuple(np.linspace(0, 1, 21)),
    "quality": tuple(np.linspace(0, 1, 21)),
    "yaw": tuple(range(-90, 91, 10)),
    "pitch": tuple(range(-60, 61, 10)),
    "roll": tuple(range(-60, 61, 10)),
}
"""Edges of bins: pixels of the longer side, 0-1, 0-1, degrees."""
_COLORS = ("hair", "eye", "skin")


def counted(dataset: Dataset, manifest: Rows, on_batch: Callable[[int], None]) -> dict[str, Any]:
    """The first pass: everything that is counted row by row."""
    scenes = SceneCounts(dataset)
    tallies = {
        "group": Tally(("group",), ("kept",)),
        "title_group": Tally(("title", "group"), ("kept",)),
        "split": Tally(("group", "split"), ("kept", "weight")),
        "source": Tally(("group_source",)),
        "reason": Tally(("keep_reason",)),
        "view": Tally(("view",), ("kept",)),
        "detector": Tally(("detector",)),
        "colors": Tally(("hair_name", "eye_name")),
        "licenses": Tally(("license", "origin"), ("kept",)),
        **{name: Tally((f"{name}_name",), ("red", "green", "blue", "known")) for name in _COLORS},
    }
    bins = {name: Histogram(edges) for name, edges in HISTOGRAMS.items()}
    has = dict.fromkeys(
        ("faces", "kept", "crops", "landmarks", "colors", "groups", "hashes", "characters",
         "splits", "duplicates"), 0,
    )  # fmt: skip
    for table in manifest.batches(_COUNTED, on_batch):
        keep = truths(table, "keep")
        for name in ("score", "weight"):
            table = _finite(table, name)
        table = table.append_column("kept", pa.array(keep.astype(np.int64)))
        scenes.add(table)
        _measure(bins, table, keep)
        origin = [_origin(source) for source in table["source"].to_pylist()]
        table = table.append_column("origin", pa.array(origin, pa.string()))
        of_kept = table.filter(pa.array(keep))
        for name in ("group", "title_group", "view", "detector", "licenses"):
            tallies[name].add(table)
        tallies["reason"].add(table.filter(pa.array(~keep)))
        tallies["source"].add(of_kept.filter(pc.is_valid(of_kept["group"])))
        tallies["colors"].add(of_kept.filter(pc.is_valid(of_kept["hair_name"])))
        tallies["split"].add(table.filter(pc.is_valid(table["split"])))
        for name in _COLORS:
            tallies[name].add(_with_color(of_kept, name))
        has["faces"] += len(table)
        has["kept"] += len(of_kept)
        for stage, column in _STAGE_COLUMNS.items():
            has[stage] += len(of_kept) - of_kept[column].null_count
        has["duplicates"] += len(table) - table["duplicate_cluster"].null_count
    return _first(dataset, has, scenes.episodes(), tallies, bins)


_STAGE_COLUMNS = {
    "crops": "crop", "landmarks": "yaw", "colors": "hair_name", "groups": "group",
    "hashes": "phash", "characters": "character", "splits": "split",
}  # fmt: skip
"""A column of the manifest that is filled where a stage has read a face. `yaw` stands for the
landmarks, which are counted with their shapes."""
_COUNTED = (
    "title", "episode", "scene", "width", "height", "score", "detector", "view", "crop",
    "quality", "yaw", "pitch", "roll", "hair_color", "left_eye_color", "skin_color", "hair_name",
    "eye_name", "skin_name", "group", "group_source", "phash", "duplicate_cluster", "keep",
    "keep_reason", "character", "split", "weight", "source", "license",
)  # fmt: skip


def _finite(table: pa.Table, name: str) -> pa.Table:
    """The table; what is no finite number in a column is null."""
    values = pc.cast(table[name], pa.float64())
    values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
    return table.set_column(table.column_names.index(name), name, values)


def _measure(bins: dict[str, Histogram], table: pa.Table, keep: np.ndarray) -> None:
    bins["size"].add(np.maximum(numbers(table, "width"), numbers(table, "height")), keep)
    for name in ("score", "quality", "yaw", "pitch", "roll"):
        bins[name].add(numbers(table, name), keep)


def _with_color(table: pa.Table, part: str) -> pa.Table:
    """The rows with a name of the part, and their color in `red`, `green`, `blue`; `known` is 1
    where there is one."""
    table = table.filter(pc.is_valid(table[f"{part}_name"]))
    column = table["left_eye_color" if part == "eye" else f"{part}_color"].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(lengths == 3)
    colors = np.zeros((len(table), 3), np.int64)
    colors[rows] = pc.fill_null(column.take(pa.array(rows)).flatten(), 0).to_numpy().reshape(-1, 3)
    for number, name in enumerate(("red", "green", "blue")):
        table = table.append_column(name, pa.array(colors[:, number]))
    return table.append_column("known", pa.array((lengths == 3).astype(np.int64)))


def _origin(source: str | None) -> str | None:
    """The host of an address; `local files` for paths, which are nobody else's business."""
    if source is None:
        return None
    try:
        return urlsplit(source).hostname or "local files"
    except ValueError:
        return "local files"


def _first(
    dataset: Dataset,
    has: dict[str, int],
    episodes: list[dict[str, Any]],
    tallies: dict[str, Tally],
    bins: dict[str, Histogram],
) -> dict[str, Any]:
    titles = by_title(episodes)
    of_titles: dict[str, dict[str, int]] = {}
    for (title, group), (_, kept) in tallies["title_group"].items():
        of_titles.setdefault(title, {})[group or "none"] = int(kept)
    for row in titles:
        row["groups"] = of_titles.get(row["title"], {})
    totals = {
        "titles": len(titles),
        "episodes": len(episodes),
        "panels": sum(row["panels"] for row in titles),
        "with_faces": sum(row["with_faces"] for row in titles),
    }
    return {
        "dataset": dataset.path.resolve().name,
        "domain": dataset.domain,
        "sources": [_short(source) for source in dataset.config["sources"]],
        "totals": {**has, **totals},
        "titles": titles,
        "episodes": [
            {name: row[name] for name in _EPISODE_KEYS} for row in episodes
        ],
        "groups": [
            {"name": key[0], "faces": int(row[0]), "kept": int(row[1])}
            for key, row in tallies["group"].items()
            if key[0] is not None
        ],
        "group_sources": listed(tallies["source"]),
        "views": [row for row in listed(tallies["view"], "kept") if row["name"] is not None],
        "detectors": listed(tallies["detector"]),
        "left_out": listed(tallies["reason"]),
        "histograms": {name: histogram.data() for name, histogram in bins.items()},
        "colors": _colors(tallies),
        "splits": _splits(tallies["split"]),
        "licenses": [
            {"license": key[0], "origin": key[1], "faces": int(row[0]), "kept": int(row[1])}
            for key, row in tallies["licenses"].items()
        ],
    }  # fmt: skip


_EPISODE_KEYS = ("title", "episode", "panels", "with_faces", "faces", "kept")


def listed(tally: Tally, *sums: str) -> list[dict[str, Any]]:
    """A tally of one column as rows, the most frequent first."""
    return [
        {"name": key[0], "faces": int(row[0]), **dict(zip(sums, map(int, row[1:])))}
        for key, row in tally.items()
    ]


def _colors(tallies: dict[str, Tally]) -> dict[str, Any]:
    parts = {
        name: [
            {
                "name": key[0],
                "faces": int(count),
                "rgb": [round(value / known) for value in rgb] if known else None,
            }
            for key, (count, *rgb, known) in tallies[name].items()
        ]
        for name in _COLORS
    }
    pairs = [
        {"hair": key[0], "eye": key[1], "faces": int(row[0])}
        for key, row in tallies["colors"].items()
    ]
    return {**parts, "pairs": pairs}


def _splits(tally: Tally) -> dict[str, Any]:
    rows = [
        {
            "group": key[0],
            "split": key[1],
            "faces": int(row[0]),
            "kept": int(row[1]),
            "weight": round(row[2], 2),
        }
        for key, row in tally.items()
    ]
    return {"faces": sum(row["faces"] for row in rows), "rows": rows}


def _short(source: str) -> str:
    """A source as it may be shown to others: addresses whole, of paths the last name."""
    return source if "://" in source else Path(source).name or source
